"""What is stored: files, batches, conversations, responses, the database itself."""

from __future__ import annotations

from jimae.error_texts.text import INVALID, NOT_FOUND, SERVER, SETUP, Inside, Text

TEXTS: dict[str, Text] = {
    # --- files and batches -----------------------------------------------------
    "file_not_found": Text(
        404,
        NOT_FOUND,
        "There is no file '{id}', or not any more. GET /v1/files lists yours.",
        "ファイル「{id}」はないか、すでに削除されています。一覧は GET /v1/files で見られます。",
    ),
    "file_in_use": Text(
        409,
        INVALID,
        "The file '{id}' is being read by the batch '{batch}'. Cancel the batch, or wait "
        "until it has ended; then delete the file.",
        "ファイル「{id}」はバッチ「{batch}」が使用中です。"
        "バッチを取り消すか、終わるのを待ってから削除してください。",
    ),
    "file_too_large": Text(
        413,
        INVALID,
        "The file is larger than {limit} MiB, the limit of this server (setting files.max_mb).",
        "ファイルが、このサーバーの上限 {limit} MiB（設定 files.max_mb）を超えています。",
    ),
    "wrong_purpose": Text(
        400,
        INVALID,
        "The file '{id}' has the purpose '{purpose}'; a batch reads files of the purpose "
        "'batch'. Upload it again with that.",
        "ファイル「{id}」の purpose は「{purpose}」ですが、バッチが読むのは「batch」のものです。"
        "purpose を「batch」にして、もう一度アップロードしてください。",
    ),
    "invalid_multipart": Text(
        400,
        INVALID,
        "The request body is not a valid multipart form: {reason}",
        "リクエスト本文が正しい multipart フォームではありません: {reason}",
    ),
    "batch_not_found": Text(
        404,
        NOT_FOUND,
        "There is no batch '{id}'. GET /v1/batches lists yours.",
        "バッチ「{id}」はありません。一覧は GET /v1/batches で見られます。",
    ),
    "batch_ended": Text(
        409,
        INVALID,
        "The batch '{id}' has ended with the status '{status}'; it cannot be cancelled any more.",
        "バッチ「{id}」はすでに終わっており（状態 {status}）、もう取り消せません。",
    ),
    "batch_empty": Text(
        400,
        INVALID,
        "The file has no requests. Write one JSON object on each line.",
        "ファイルにリクエストがありません。1 行に 1 つの JSON オブジェクトを書いてください。",
    ),
    "batch_too_long": Text(
        400,
        INVALID,
        "The file has more than {limit} requests, the limit of this server (setting "
        "batches.max_requests). Make several batches of it.",
        "ファイルのリクエストが、このサーバーの上限 {limit} 件（設定 batches.max_requests）を"
        "超えています。いくつかのバッチに分けてください。",
    ),
    "batch_line_too_long": Text(
        400,
        INVALID,
        "The line is longer than {limit} bytes, the limit of this server for a request (setting "
        "server.max_body_mb).",
        "行の長さが、このサーバーのリクエストの上限 {limit} バイト（設定 server.max_body_mb）を"
        "超えています。",
    ),
    "invalid_json_line": Text(
        400,
        INVALID,
        "The line is not valid JSON: {reason}",
        "この行は正しい JSON ではありません: {reason}",
    ),
    "invalid_batch_line": Text(
        400,
        INVALID,
        "The line is not a request of a batch: {reason}. It needs custom_id, method (POST), url "
        "and body with its model.",
        "この行はバッチのリクエストではありません: {reason}。"
        "custom_id、method（POST）、url と、model を含む body が必要です。",
    ),
    "duplicate_custom_id": Text(
        400,
        INVALID,
        "The custom_id '{value}' is also that of line {line}. Give each request its own.",
        "custom_id「{value}」は {line} 行目と同じです。リクエストごとに別のものにしてください。",
    ),
    "mismatched_url": Text(
        400,
        INVALID,
        "The url is '{value}', but this batch is for the endpoint '{endpoint}'. "
        "Put each endpoint's requests into a batch of its own.",
        "url は「{value}」ですが、このバッチの endpoint は「{endpoint}」です。"
        "endpoint ごとに別のバッチにしてください。",
    ),
    "batch_expired": Text(
        503,
        SERVER,
        "The batch's time was up before this request could be answered. Send it again in a "
        "new batch.",
        "このリクエストに回答する前に、バッチの期限が来ました。新しいバッチで送り直してください。",
    ),
    # --- what is stored --------------------------------------------------------
    "storage_full": Text(
        507,
        SERVER,
        "The disk where this server stores is full: nothing was stored. "
        "Ask who runs the server to make room, then try again.",
        "このサーバーの保存先のディスクがいっぱいで、何も保存されませんでした。"
        "管理者に空きを作ってもらい、もう一度お試しください。",
        Inside(
            "The disk of {place}, where this server stores, is full: nothing was stored. "
            "Make room there, then try again.",
            "このサーバーの保存先（{place}）のディスクがいっぱいで、何も保存されませんでした。"
            "空きを作ってから、もう一度お試しください。",
        ),
    ),
    "storage_unavailable": Text(
        503,
        SERVER,
        "The database of this server does not answer now, and nothing was stored. Try again; if it "
        "stays so, tell who runs the server.",
        "このサーバーのデータベースが今は応答せず、何も保存されませんでした。もう一度お試しください。"
        "続くときは管理者にお知らせください。",
        Inside(
            "The database of this server cannot be used now, and nothing was stored: {reason}. "
            "Try again; if it stays so, tell who runs the server.",
            "このサーバーのデータベースが今は使えず、何も保存されませんでした: {reason}。"
            "もう一度お試しください。続くときは管理者にお知らせください。",
        ),
    ),
    "changed_at_once": Text(
        409,
        INVALID,
        "Somebody else changed the same at the same moment, so nothing was changed by this "
        "request. Read it again, and send the request again if it is still wanted.",
        "同じものがほかの人によって同時に変更されたため、この変更は行われませんでした。"
        "最新の内容を確かめ、まだ必要な場合はもう一度送信してください。",
    ),
    "response_not_found": Text(
        404,
        NOT_FOUND,
        "There is no stored response '{id}'. It may have been deleted, or made with store: false.",
        "応答「{id}」は保存されていません。"
        "削除されたか、store: false で作成された可能性があります。",
    ),
    "response_unfinished": Text(
        409,
        INVALID,
        "The response '{id}' of '{param}' is still being written. Wait until it has ended.",
        "「{param}」の応答「{id}」はまだ書いている途中です。終わるまでお待ちください。",
    ),
    "response_not_background": Text(
        400,
        INVALID,
        "The response '{id}' does not run in the background. To end it, close its connection.",
        "応答「{id}」はバックグラウンドのものではありません。"
        "止めるには、その接続を閉じてください。",
    ),
    "response_events_gone": Text(
        400,
        INVALID,
        "The events of the response '{id}' cannot be read again: only those of a background "
        "response can, until 10 minutes after its end. Get it without stream.",
        "応答「{id}」のイベントはもう読み直せません。読み直せるのはバックグラウンドの応答だけで、"
        "終了後 10 分までです。stream なしで取得してください。",
    ),
    "response_interrupted": Text(
        500,
        SERVER,
        "The server ended before this response did. Send the request again.",
        "この応答が終わる前にサーバーが停止しました。もう一度送信してください。",
    ),
    "conversation_not_found": Text(
        404,
        NOT_FOUND,
        "There is no conversation '{id}'. It may have been deleted.",
        "会話「{id}」はありません。削除された可能性があります。",
    ),
    "conversation_busy": Text(
        409,
        INVALID,
        "The response '{response}' is being written for the conversation '{id}'. "
        "Wait until it has ended.",
        "会話「{id}」には応答「{response}」を書いている途中です。終わるまでお待ちください。",
    ),
    "item_not_found": Text(
        404,
        NOT_FOUND,
        "There is no item '{id}' here. It may have been deleted.",
        "項目「{id}」はここにありません。削除された可能性があります。",
    ),
    "database_url": Text(
        500,
        SETUP,
        "The setting database.url is not the address of a PostgreSQL database. Write it as "
        "postgresql://user:password@host:5432/name, or remove it to use a file.",
        "設定 database.url が PostgreSQL データベースのアドレスではありません。"
        "postgresql://user:password@host:5432/name の形で書くか、"
        "削除してファイルをお使いください。",
    ),
    "database_newer": Text(
        500,
        SETUP,
        "The database was written by a later version of jimae (its schema is {revision}). "
        "Start that version, or restore a backup from before it.",
        "データベースは、より新しい版の jimae が書いたものです（スキーマ {revision}）。"
        "その版を起動するか、それ以前のバックアップを復元してください。",
    ),
}
