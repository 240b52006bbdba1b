"""Chats that people keep."""

from __future__ import annotations

from jimae.error_texts.text import FORBIDDEN, INVALID, NOT_FOUND, Text

TEXTS: dict[str, Text] = {
    "chat_not_found": Text(
        404,
        NOT_FOUND,
        "There is no chat '{id}', or not any more. GET /jimae/chats lists yours.",
        "チャット「{id}」はないか、すでに削除されています。一覧は GET /jimae/chats で見られます。",
    ),
    "chat_in_trash": Text(
        409,
        INVALID,
        "The chat '{id}' is in the trash. Restore it, then ask again.",
        "チャット「{id}」はごみ箱にあります。元に戻してから、もう一度質問してください。",
    ),
    "turn_not_found": Text(
        404,
        NOT_FOUND,
        "This chat has no question or answer '{id}', or not any more. Open the chat again to "
        "see what it has.",
        "このチャットに質問・回答「{id}」はないか、すでに削除されています。"
        "チャットを開き直して確かめてください。",
    ),
    "turn_not_question": Text(
        400,
        INVALID,
        "'{id}' is an answer; only a question can be answered again. Name the question above it.",
        "「{id}」は回答です。答え直せるのは質問だけなので、その上の質問を指定してください。",
    ),
    "turn_not_cut": Text(
        409,
        INVALID,
        "'{id}' is no answer that broke off with some text, so it cannot be gone on with. "
        "Ask for another answer instead.",
        "「{id}」は途中で切れた回答ではないか、まだ本文がないため、続きを書けません。"
        "答え直してください。",
    ),
    "turn_running": Text(
        409,
        INVALID,
        "The answer '{id}' is still being written. Wait for its end or stop it, then ask.",
        "回答「{id}」はまだ書かれている途中です。終わるのを待つか停止してから、質問してください。",
    ),
    "run_not_found": Text(
        404,
        NOT_FOUND,
        "There is no run '{id}', or its events are not kept any more. Open the chat: its answer "
        "is there.",
        "実行「{id}」はないか、その経過はもう残っていません。チャットを開くと、回答はそこにあります。",
    ),
    "folder_not_found": Text(
        404,
        NOT_FOUND,
        "There is no folder '{id}', or not any more. GET /jimae/folders lists yours.",
        "フォルダー「{id}」はないか、すでに削除されています。"
        "一覧は GET /jimae/folders で見られます。",
    ),
    "folder_too_deep": Text(
        400,
        INVALID,
        "The folder '{id}' cannot hold this one: folders go {limit} levels deep. Choose a folder "
        "further out.",
        "フォルダー「{id}」には入れられません。フォルダーは {limit} 段までです。"
        "もっと外側のフォルダーを選んでください。",
    ),
    "folder_inside_itself": Text(
        400,
        INVALID,
        "The folder '{id}' is in the one that is to be moved there, or is that one. Choose a "
        "folder outside of it.",
        "移動先「{id}」は、移動するフォルダー自身か、その中にあります。"
        "外にあるフォルダーを選んでください。",
    ),
    "too_many_folders": Text(
        409,
        INVALID,
        "You have {limit} folders, the most there can be. Delete one first.",
        "フォルダーが上限の {limit} 個あります。先に 1 つ削除してください。",
    ),
    "found_not_found": Text(
        404,
        NOT_FOUND,
        "The search has no result '{id}' to go on from, or not any more. Search again.",
        "検索結果「{id}」はないか、すでに削除されています。もう一度検索してください。",
    ),
    "share_not_member": Text(
        403,
        FORBIDDEN,
        "You do not belong to the group '{group}', so you cannot share with it. Choose a group "
        "of yours.",
        "グループ「{group}」に所属していないため、共有できません。"
        "所属しているグループを選んでください。",
    ),
    "import_unreadable": Text(
        400,
        INVALID,
        "The file cannot be read as chats: {reason}. Export it again from jimae, ChatGPT "
        "(conversations.json) or Open WebUI.",
        "ファイルをチャットとして読み込めません（{reason}）。jimae、ChatGPT（conversations.json）、"
        "Open WebUI のいずれかから、もう一度書き出してください。",
    ),
    "import_too_large": Text(
        413,
        INVALID,
        "The file is larger than {limit} MiB, the limit of this server (setting "
        "chats.max_import_mb).",
        "ファイルが、このサーバーの上限 {limit} MiB（設定 chats.max_import_mb）を超えています。",
    ),
}
