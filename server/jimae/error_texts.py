"""Every error's code, HTTP status, envelope type and sentences.

A sentence names the thing, the value and the way out. Placeholders are filled
from `JimaeError.values`; a test checks that both languages use the same ones.
"""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    status: int
    type: str
    en: str
    ja: str


INVALID = "invalid_request_error"
NOT_FOUND = "not_found_error"
FORBIDDEN = "permission_error"
SERVER = "server_error"
BUSY = "rate_limit_error"
SETUP = "setup_error"

TEXTS: dict[str, Text] = {
    # --- requests -------------------------------------------------------------
    "model_not_found": Text(
        404,
        NOT_FOUND,
        "The model '{model}' is not on this server. Available: {available}.",
        "モデル「{model}」はこのサーバーにありません。使えるモデル: {available}",
    ),
    "context_length_exceeded": Text(
        400,
        INVALID,
        "The prompt has {prompt_tokens} tokens, but a request can hold at most {limit} "
        "on this server. Shorten the conversation by {excess} tokens.",
        "入力が {prompt_tokens} トークンあり、このサーバーの上限 {limit} トークンを超えています。"
        "会話を {excess} トークン分短くしてください。",
    ),
    "max_tokens_too_large": Text(
        400,
        INVALID,
        "{param} is {value}; after a prompt of {prompt_tokens} tokens there is room for "
        "{room} in this model's context of {limit}. Ask for at most {room}.",
        "{param} に {value} が指定されていますが、入力 {prompt_tokens} トークンの後に使えるのは "
        "{room} トークンまでです（上限 {limit}）。{room} 以下にしてください。",
    ),
    "infill_unsupported": Text(
        400,
        INVALID,
        "'{model}' was not made to fill a gap: its vocabulary has no marks for one. "
        "Leave out 'suffix', or use a model such as qwen2.5-coder.",
        "モデル「{model}」は途中を埋める用途に対応していません（語彙に目印がありません）。"
        "'suffix' を外すか、qwen2.5-coder などのモデルをお使いください。",
    ),
    "not_answerable": Text(
        400,
        INVALID,
        "A question with a document is scored, not answered. Ask for its score at /v1/rerank.",
        "質問と文書の組は、回答ではなく関連度の計算に使うものです。/v1/rerank をお使いください。",
    ),
    "empty_prompt": Text(
        400,
        INVALID,
        "The prompt is empty. Send at least one token.",
        "入力が空です。1 トークン以上を送ってください。",
    ),
    "template_failed": Text(
        400,
        INVALID,
        "The chat template of '{model}' refused these messages: {reason}",
        "モデル「{model}」のチャットテンプレートがこの会話を受け付けませんでした: {reason}",
    ),
    "template_missing": Text(
        400,
        INVALID,
        "'{model}' has no chat template: it is not a chat model. Use /v1/completions with it.",
        "モデル「{model}」にはチャットテンプレートがありません（チャット用のモデルではありません）。"
        "/v1/completions でお使いください。",
    ),
    "template_timeout": Text(
        500,
        SERVER,
        "The chat template of '{model}' took longer than {seconds} s and was stopped. "
        "Its template may be damaged or hostile.",
        "モデル「{model}」のチャットテンプレートが {seconds} 秒以内に終わらず、停止しました。"
        "テンプレートが壊れているか、悪意のある可能性があります。",
    ),
    "token_out_of_range": Text(
        400,
        INVALID,
        "Token id {token} is outside this model's vocabulary of {n_vocab} tokens.",
        "トークン番号 {token} は、このモデルの語彙（{n_vocab} 個）の範囲外です。",
    ),
    "invalid_schema": Text(
        400,
        INVALID,
        "The JSON Schema is wrong at {path}: {reason}.",
        "JSON Schema の {path} に誤りがあります: {reason}",
    ),
    "tool_not_offered": Text(
        400,
        INVALID,
        "{param} names the function '{name}', which is not among tools. "
        "Name one of them, or add it.",
        "{param} の関数「{name}」が tools にありません。"
        "tools にある名前を指定するか、追加してください。",
    ),
    "unsupported_schema_keyword": Text(
        400,
        INVALID,
        "The keyword '{keyword}' at {path} of the JSON Schema cannot be enforced: {reason}.",
        "JSON Schema の {path} にあるキーワード「{keyword}」は強制できません: {reason}",
    ),
    "schema_not_enforceable": Text(
        400,
        INVALID,
        "The JSON Schema cannot be enforced as a whole: {reason}. Simplify it.",
        "JSON Schema 全体としては強制できません。簡単にしてください: {reason}",
    ),
    "invalid_grammar": Text(
        400,
        INVALID,
        "The {kind} grammar cannot be used: {reason}.",
        "{kind} の文法が使えません: {reason}",
    ),
    "grammar_too_large": Text(
        400,
        INVALID,
        "The schema or grammar has {value} {what}; at most {limit} are accepted.",
        "スキーマまたは文法が大きすぎます（{what}: {value}、上限 {limit}）。小さくしてください。",
    ),
    "grammar_too_complex": Text(
        400,
        INVALID,
        "The schema or grammar takes too much work: {reason}. Simplify it.",
        "スキーマまたは文法が複雑すぎます。簡単にしてください: {reason}",
    ),
    "grammar_dead_end": Text(
        400,
        INVALID,
        "The answer cannot go on: from here, no text fits the form that was asked for. "
        "Look for parts of it that exclude each other.",
        "ここから先は、指定された形式に合う文がないため、回答を続けられません。"
        "形式の中に、互いに矛盾する指定がないか確かめてください。",
    ),
    "invalid_json": Text(
        400,
        INVALID,
        "The request body is not valid JSON: {reason}",
        "リクエスト本文が正しい JSON ではありません: {reason}",
    ),
    "body_not_object": Text(
        400,
        INVALID,
        "The request body must be a JSON object, not {got}.",
        "リクエスト本文は JSON オブジェクトでなければなりません（{got} でした）。",
    ),
    "body_too_large": Text(
        413,
        INVALID,
        "The request body is larger than {limit} MiB, the limit of this server "
        "(setting server.max_body_mb).",
        "リクエスト本文が、このサーバーの上限 {limit} MiB"
        "（設定 server.max_body_mb）を超えています。",
    ),
    "media_type": Text(
        415,
        INVALID,
        "The Content-Type is '{value}'; send 'application/json'.",
        "Content-Type が「{value}」です。「application/json」で送信してください。",
    ),
    "missing_parameter": Text(
        400,
        INVALID,
        "'{name}' is missing. It is required.",
        "「{name}」がありません。必須の項目です。",
    ),
    "wrong_type": Text(
        400,
        INVALID,
        "'{name}' must be of type {expected}; got {value}.",
        "「{name}」の型は {expected} でなければなりません（{value} でした）。",
    ),
    "out_of_range": Text(
        400,
        INVALID,
        "'{name}' is {value}; it must be {limit}.",
        "「{name}」は {value} ですが、{limit} でなければなりません。",
    ),
    "wrong_length": Text(
        400,
        INVALID,
        "'{name}' has a length of {value}; it must be {limit}.",
        "「{name}」の長さは {value} ですが、{limit} でなければなりません。",
    ),
    "invalid_choice": Text(
        400,
        INVALID,
        "'{name}' is {value}; it must be one of: {choices}.",
        "「{name}」は {value} ですが、次のいずれかでなければなりません: {choices}",
    ),
    "invalid_value": Text(
        400,
        INVALID,
        "'{name}' cannot be {value}: {reason}.",
        "「{name}」に {value} は使えません: {reason}",
    ),
    "invalid_text": Text(
        400,
        INVALID,
        "'{name}' contains {what}, which is not text. Remove it.",
        "「{name}」に文字として扱えないもの（{what}）が含まれています。取り除いてください。",
    ),
    "unknown_parameter": Text(
        400,
        INVALID,
        "There is no parameter '{name}'. Nearest: {near}.",
        "「{name}」というパラメーターはありません。近いもの: {near}",
    ),
    "unsupported_parameter": Text(
        400,
        INVALID,
        "This server does not support '{name}' with the value {value}. Remove it; the page of "
        "compatibility (docs/compatibility.md) says what it takes.",
        "このサーバーは「{name}」の値 {value} に対応していません。取り除いてください。"
        "対応しているものは docs/compatibility.md にあります。",
    ),
    "tool_twice": Text(
        400,
        INVALID,
        "'{name}' is '{value}', and so is the name of a tool before it. Give each its own name.",
        "「{name}」の「{value}」は、前にあるツールと同じ名前です。別々の名前にしてください。",
    ),
    "tool_unknown": Text(
        400,
        INVALID,
        "'{name}' is '{value}', which is not among the tools: {tools}.",
        "「{name}」の「{value}」は tools にありません。あるもの: {tools}",
    ),
    "tool_result_unmatched": Text(
        400,
        INVALID,
        "'{name}' is '{value}', but the assistant's message before it has no open call of that "
        "id. Send the message with its {calls}, and one result for each.",
        "「{name}」の「{value}」に対応する呼び出しが、直前のアシスタントのメッセージにありません。"
        "{calls} を含むメッセージと、呼び出しごとに 1 つの結果を送ってください。",
    ),
    "tool_result_missing": Text(
        400,
        INVALID,
        "The call '{value}' of '{name}' has no result. Send it next, as '{result}' with this "
        "{key}.",
        "「{name}」の呼び出し「{value}」の結果がありません。"
        "この {key} を持つ「{result}」を後に続けてください。",
    ),
    "wrong_role": Text(
        400,
        INVALID,
        "'{name}' belongs to the role '{role}'; this message is of role '{value}'.",
        "「{name}」は role「{role}」のメッセージのものですが、"
        "このメッセージの role は「{value}」です。",
    ),
    "replaced_parameter": Text(
        400,
        INVALID,
        "'{name}' is {value}; this server takes '{instead}' for that. Send '{instead}'.",
        "「{name}」に {value} が指定されていますが、"
        "このサーバーでは代わりに「{instead}」を使います。「{instead}」で送ってください。",
    ),
    "conflicting_parameters": Text(
        400,
        INVALID,
        "'{name}' is {value} but '{other}' is {other_value}. Send one of them.",
        "「{name}」が {value}、「{other}」が {other_value} です。"
        "どちらか一方だけを送ってください。",
    ),
    "text_only": Text(
        400,
        INVALID,
        "'{name}' holds a part of type {value}, but this model reads text only. "
        "Send text, or choose another model.",
        "「{name}」に {value} 形式の内容がありますが、このモデルは文字だけを読めます。"
        "文字で送るか、別のモデルを選んでください。",
    ),
    "not_found": Text(
        404,
        NOT_FOUND,
        "There is nothing at {method} {path}. The API is under /v1; /openapi.json lists it.",
        "{method} {path} には何もありません。API は /v1 にあり、一覧は /openapi.json です。",
    ),
    "method_not_allowed": Text(
        405,
        INVALID,
        "{path} does not take {method}. Allowed: {allowed}.",
        "{path} では {method} を使えません。使えるもの: {allowed}",
    ),
    "models_by_command": Text(
        403,
        FORBIDDEN,
        "Models of this server are not changed over the API ({path}). On its machine, "
        "`jimae pull {model}` gets one, and `jimae models` lists them.",
        "このサーバーのモデルは API（{path}）では変更できません。サーバーのマシンで "
        "`jimae pull {model}` を実行すると取得でき、`jimae models` で一覧を見られます。",
    ),
    "http_error": Text(
        400,
        INVALID,
        "The request could not be understood: {reason}",
        "リクエストを解釈できませんでした: {reason}",
    ),
    "host_not_allowed": Text(
        403,
        FORBIDDEN,
        "Requests for the host '{host}' are not answered: without accounts this server only "
        "serves its own machine. Use http://127.0.0.1 or http://localhost.",
        "ホスト「{host}」宛てのリクエストには応答しません。アカウントがない間は、"
        "このマシン自身からだけ使えます。http://127.0.0.1 か http://localhost をお使いください。",
    ),
    "proxy_not_allowed": Text(
        403,
        FORBIDDEN,
        "The request came through a proxy (header {header}). Without accounts this server "
        "only serves its own machine, so a proxy would open it to everybody.",
        "プロキシー経由のリクエストです（ヘッダー {header}）。アカウントがない間は、"
        "誰にでも開かれてしまうため、このマシン自身からの直接の接続にだけ応答します。",
    ),
    "origin_not_allowed": Text(
        403,
        FORBIDDEN,
        "Pages from '{origin}' may not use this server. Without accounts only its own page may.",
        "「{origin}」のページからは、このサーバーを使えません。"
        "アカウントがない間は、このサーバー自身のページからだけ使えます。",
    ),
    # --- the engine and its workers -------------------------------------------
    "worker_died": Text(
        503,
        SERVER,
        "The process that runs '{model}' ended unexpectedly ({reason}). "
        "It is being restarted; send the request again.",
        "モデル「{model}」を動かすプロセスが予期せず終了しました（{reason}）。"
        "再起動しています。もう一度送信してください。",
    ),
    "model_loading": Text(
        503,
        SERVER,
        "The model '{model}' is still loading. Try again in a moment.",
        "モデル「{model}」を読み込んでいます。少し待ってからもう一度お試しください。",
    ),
    "model_load_failed": Text(
        503,
        SERVER,
        "The model '{model}' could not be loaded: {reason}",
        "モデル「{model}」を読み込めませんでした: {reason}",
    ),
    "model_too_large": Text(
        503,
        SERVER,
        "The model '{model}' needs {need} of memory; {free} can be had on this machine. "
        "What would fit: of the models here {installed}; with jimae pull {catalogue}.",
        "モデル「{model}」には {need} のメモリが必要ですが、このマシンで使えるのは {free} です。"
        "収まるモデル: 導入済みでは {installed}、jimae pull で取得できるものでは {catalogue}",
    ),
    "model_context_too_large": Text(
        503,
        SERVER,
        "The model '{model}' needs {need} of memory with room for {kv_tokens} tokens; {free} can "
        "be had on this machine. It fits with kv_tokens = {fitting} in the table "
        '[model."{model}"] of jimae.toml. Other models that fit: here {installed}; with '
        "jimae pull {catalogue}.",
        "モデル「{model}」には、{kv_tokens} トークン分の領域を含めて {need} のメモリが必要ですが、"
        'このマシンで使えるのは {free} です。jimae.toml の [model."{model}"] に '
        "kv_tokens = {fitting} と書けば収まります。ほかに収まるモデル: 導入済みでは {installed}、"
        "jimae pull で取得できるものでは {catalogue}",
    ),
    "model_no_room": Text(
        503,
        SERVER,
        "The model '{model}' needs {need} of memory, and {free} is free while these are in use: "
        "{used}. Send the request again when they are done.",
        "モデル「{model}」には {need} のメモリが必要ですが、"
        "{used} が使用中のため空きは {free} です。"
        "それらの処理が終わってから、もう一度送信してください。",
    ),
    "decode_failed": Text(
        500,
        SERVER,
        "The model could not be run (llama.cpp status {status}). Send the request again.",
        "モデルを実行できませんでした（llama.cpp の状態 {status}）。もう一度送信してください。",
    ),
    "reproducible_off": Text(
        400,
        INVALID,
        "This server does not run reproducible requests. Its administrator can set "
        "engine.reproducible_tokens; or leave 'reproducible' out.",
        "このサーバーでは再現可能な実行（reproducible）を使えません。管理者が "
        "engine.reproducible_tokens を設定するか、指定を外してください。",
    ),
    "queue_full": Text(
        429,
        BUSY,
        "{waiting} requests are already waiting. Try again in {seconds} s.",
        "すでに {waiting} 件が待っています。{seconds} 秒後にもう一度お試しください。",
    ),
    # --- vectors and scores ------------------------------------------------------
    "cannot_embed": Text(
        400,
        INVALID,
        "'{model}' makes no embeddings on this server. Models here that do: {able}.",
        "「{model}」は、このサーバーでは埋め込みを作れません。作れるモデル: {able}",
    ),
    "cannot_rerank": Text(
        400,
        INVALID,
        "'{model}' is not a reranker. Rerankers here: {able}.",
        "「{model}」はリランカーではありません。このサーバーのリランカー: {able}",
    ),
    "cannot_write": Text(
        400,
        INVALID,
        "'{model}' makes vectors or scores and writes no text. Models here that write: {able}.",
        "「{model}」は埋め込みやスコアを作るモデルで、文章は書けません。書けるモデル: {able}",
    ),
    "input_too_long": Text(
        400,
        INVALID,
        "'{param}' has {tokens} tokens; this model takes at most {limit} at a time here. Nothing "
        "is cut: shorten it by {excess} tokens or send it in parts.",
        "「{param}」は {tokens} トークンありますが、このモデルが一度に読めるのは "
        "{limit} トークンまでです。"
        "自動で切り詰めることはしません。{excess} トークン分短くするか、分けて送ってください。",
    ),
    "not_embeddable": Text(
        400,
        INVALID,
        "'{param}' has to be a text or token ids.",
        "「{param}」には文章かトークン ID を指定してください。",
    ),
    "embedding_no_room": Text(
        503,
        SERVER,
        "'{model}' needs about {need} more memory to make embeddings, and {free} are free. "
        "Try again later, or set engine.embedding_tokens to less.",
        "「{model}」で埋め込みを作るにはあと約 {need} のメモリが必要ですが、空きは {free} です。"
        "しばらくしてから試すか、engine.embedding_tokens を小さくしてください。",
    ),
    "dimensions_fixed": Text(
        400,
        INVALID,
        "dimensions is {value}; vectors of '{model}' have {size} numbers, and nothing says that "
        "fewer of them mean something. Leave dimensions out.",
        "dimensions に {value} が指定されていますが、「{model}」のベクトルは {size} 次元です。"
        "短くしても意味が保たれるという情報がないため、dimensions は指定しないでください。",
    ),
    "dimensions_unknown": Text(
        400,
        INVALID,
        "dimensions is {value}; '{model}' makes vectors of {choices}.",
        "dimensions に {value} が指定されていますが、「{model}」で作れる次元数は {choices} です。",
    ),
    "input_type_unknown": Text(
        400,
        INVALID,
        "input_type is '{value}', but the catalogue does not say what '{model}' wants before a "
        "text of that kind. Put it into input yourself.",
        "input_type に「{value}」が指定されていますが、「{model}」がその種類の文章の前に何を"
        "必要とするかはカタログにありません。input に直接書いてください。",
    ),
    "internal_error": Text(
        500,
        SERVER,
        "Something went wrong on the server. Its log has the details under {reference}.",
        "サーバーで問題が起きました。詳細はサーバーのログの {reference} にあります。",
    ),
    "server_stopping": Text(
        503,
        SERVER,
        "The server is being stopped, so this answer ends here. Send the request again later.",
        "サーバーを停止しているため、回答をここで終えます。しばらくしてからもう一度送信してください。",
    ),
    "no_models": Text(
        503,
        SETUP,
        "There is no model in {path}. Get one with: jimae pull",
        "{path} にモデルがありません。次のコマンドで取得してください: jimae pull",
    ),
    "no_writing_model": Text(
        503,
        SETUP,
        "No model in {path} writes text: {models} make vectors or scores. Get one with: jimae "
        "pull. Or set models.default to one of them.",
        "{path} に文章を書けるモデルがありません ({models} は埋め込みやスコアを作るモデルです)。"
        "jimae pull で取得するか、models.default にこの中の一つを設定してください。",
    ),
    "default_model_missing": Text(
        503,
        SETUP,
        "The model '{model}' is not in {path}. There: {available}. Get it with: jimae pull {model}",
        "モデル「{model}」が {path} にありません。あるもの: {available}。"
        "取得するには: jimae pull {model}",
    ),
    # --- starting and talking to a server -----------------------------------------
    "host_not_loopback": Text(
        500,
        SETUP,
        "Listening on {host} would open this server to everybody on the network, since it has no "
        "accounts. Listen on 127.0.0.1, and reach it from elsewhere through an SSH tunnel: "
        "ssh -L {port}:127.0.0.1:{port} THIS-MACHINE",
        "{host} で待ち受けると、アカウントがないためネットワーク上の誰でも使えてしまいます。"
        "127.0.0.1 で待ち受け、ほかのマシンからは SSH トンネルをお使いください: "
        "ssh -L {port}:127.0.0.1:{port} このマシン",
    ),
    "port_in_use": Text(
        500,
        SETUP,
        "Port {port} on {host} is in use by another program. Stop it, or choose another port: "
        "jimae serve --port {other}",
        "{host} のポート {port} は別のプログラムが使っています。それを止めるか、"
        "別のポートを選んでください: jimae serve --port {other}",
    ),
    "cannot_listen": Text(
        500,
        SETUP,
        "Cannot listen on {host} port {port}: {reason}",
        "{host} のポート {port} で待ち受けできません: {reason}",
    ),
    "server_unreachable": Text(
        500,
        SETUP,
        "No jimae server answers at {url} ({reason}). Start one with: jimae serve",
        "{url} で jimae サーバーが応答しません（{reason}）。起動するには: jimae serve",
    ),
    "server_answered": Text(
        500,
        SETUP,
        "The server at {url} answered: {message}",
        "{url} のサーバーからの応答: {message}",
    ),
    # --- settings ----------------------------------------------------------------
    "setting_unknown": Text(
        500,
        SETUP,
        "There is no setting '{name}'. Nearest: {near}. docs/settings.md lists all.",
        "「{name}」という設定はありません。近いもの: {near}。一覧は docs/settings.md にあります。",
    ),
    "setting_invalid": Text(
        500,
        SETUP,
        "The setting '{name}' cannot be {value}: {reason}.",
        "設定「{name}」に {value} は使えません: {reason}",
    ),
    "settings_file": Text(
        500,
        SETUP,
        "The settings file {path} cannot be read: {reason}.",
        "設定ファイル {path} を読めません: {reason}",
    ),
    # --- model files ------------------------------------------------------------
    "gguf_invalid": Text(
        422,
        INVALID,
        "{path} is not a usable GGUF file: {reason}",
        "{path} は使える GGUF ファイルではありません: {reason}",
    ),
    # --- catalogue and downloads --------------------------------------------------
    "catalogue_invalid": Text(
        500,
        SETUP,
        "The catalogue entry {path} is wrong at '{key}': {reason}. Correct it or remove the file.",
        "カタログの {path} の「{key}」に誤りがあります: {reason}。"
        "修正するか、ファイルを削除してください。",
    ),
    "model_unknown": Text(
        404,
        NOT_FOUND,
        "There is no model '{id}' in the catalogue. Nearest: {near}. `jimae models` lists all.",
        "カタログに「{id}」というモデルはありません。近いもの: {near}。"
        "一覧は `jimae models` で見られます。",
    ),
    "no_default_model": Text(
        503,
        SETUP,
        "No model can be chosen: none fits {memory} of memory and can be had. {reasons} "
        "Bring a file with `jimae pull --from FILE ID`.",
        "使えるモデルがありません。メモリ {memory} に収まり、入手できるものが見つかりませんでした。"
        "{reasons} `jimae pull --from ファイル ID` でファイルを取り込めます。",
    ),
    "source_unreachable": Text(
        503,
        SETUP,
        "{source} cannot be reached: {reason}.",
        "{source} に接続できません: {reason}。",
    ),
    "source_missing": Text(
        404,
        NOT_FOUND,
        "{source} does not have {what}.",
        "{source} に {what} がありません。",
    ),
    "source_damaged": Text(
        502,
        SETUP,
        "{source} sent something unusable: {reason}.",
        "{source} から正しいデータを受け取れませんでした: {reason}。",
    ),
    "pull_failed": Text(
        503,
        SETUP,
        "{id} could not be had from any source ({reasons}). "
        "What was received is kept: run the same command again to go on, "
        "or bring the file with `jimae pull --from FILE {id}`.",
        "{id} をどの取得元からも入手できませんでした（{reasons}）。"
        "受信した分は残してあり、同じコマンドで続きから再開できます。"
        "`jimae pull --from ファイル {id}` でファイルを取り込むこともできます。",
    ),
    "pull_busy": Text(
        409,
        BUSY,
        "{id} is being downloaded by another process (pid {pid}). Wait for it, or end that one.",
        "{id} は別のプロセス（pid {pid}）がダウンロードしています。"
        "終わるのを待つか、そのプロセスを止めてください。",
    ),
    "checksum_mismatch": Text(
        502,
        SETUP,
        "{file} from {source} is not the expected file and was removed: "
        "its sha256 is {actual}, expected {expected}. Run the command again; "
        "if it happens twice, the source is wrong.",
        "{source} から取得した {file} は期待したファイルではないため、削除しました。"
        "sha256 は {actual}、期待値は {expected} です。もう一度実行し、"
        "繰り返すときは取得元を疑ってください。",
    ),
    "disk_too_small": Text(
        507,
        SETUP,
        "{id} needs {need} more on the disk of {path}, where {free} are free. "
        "Free some space or choose another place with --data-dir.",
        "{id} には {path} のディスクにあと {need} 必要ですが、空きは {free} です。"
        "空きを作るか、--data-dir で別の場所を指定してください。",
    ),
    "models_dir_unusable": Text(
        507,
        SETUP,
        "{path} cannot be written: {reason}. Choose another place with --data-dir.",
        "{path} に書き込めません: {reason}。--data-dir で別の場所を指定してください。",
    ),
    # --- the bench ----------------------------------------------------------------
    "bench_unreachable": Text(
        503,
        SETUP,
        "No server answers at {url} ({reason}). Start it, or correct the URL.",
        "{url} のサーバーが応答しません（{reason}）。起動するか、URL を直してください。",
    ),
    "bench_refused": Text(
        502,
        SETUP,
        "The server at {url} cannot be measured: {reason}",
        "{url} のサーバーは計測できません: {reason}",
    ),
    "peer_source": Text(
        503,
        SETUP,
        "The llama.cpp source inside llama-cpp-python {version} could not be had: {reason}",
        "llama-cpp-python {version} に含まれる llama.cpp のソースを取得できません: {reason}",
    ),
    "peer_tools": Text(
        500,
        SETUP,
        "Building llama-server needs {tool}. On Debian: apt-get install g++ cmake ninja-build.",
        "llama-server のビルドには {tool} が必要です。"
        "Debian では apt-get install g++ cmake ninja-build で入ります。",
    ),
    "peer_build_failed": Text(
        500,
        SETUP,
        "Building llama-server failed in '{step}'. The log is {log}.",
        "llama-server のビルドが「{step}」で失敗しました。ログ: {log}",
    ),
    "peer_start": Text(
        503,
        SETUP,
        "{name} did not start: {reason}. Its log is {log}.",
        "{name} が起動しませんでした: {reason}。ログ: {log}",
    ),
    # --- tuning -------------------------------------------------------------------
    "tune_model_missing": Text(
        404,
        SETUP,
        "There is no model '{id}' in {path}. There are: {here}. `jimae pull {id}` brings one "
        "of the catalogue.",
        "モデル「{id}」は {path} にありません。あるもの: {here}。"
        "カタログのモデルは `jimae pull {id}` で入手できます。",
    ),
    "tuning_died": Text(
        500,
        SETUP,
        "The measuring process ended ({reason}). If memory ran out, end other programs "
        "and try again.",
        "計測のプロセスが終了しました（{reason}）。メモリー不足の場合は、"
        "ほかのプログラムを終えてからやり直してください。",
    ),
    "tune_format_missing": Text(
        404,
        SETUP,
        "'{id}' is not here in the format {format}. Here are: {here}. "
        "--requantise {format} makes it.",
        "「{id}」の形式 {format} はここにありません。あるもの: {here}。"
        "--requantise {format} で作れます。",
    ),
    "requantise_failed": Text(
        500,
        SETUP,
        "'{id}' could not be made into that format: {reason}",
        "「{id}」をその形式に変換できませんでした: {reason}",
    ),
    # --- files and batches ------------------------------------------------------------
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
    # --- what is stored -------------------------------------------------------------
    "storage_full": Text(
        507,
        SERVER,
        "The disk of this server's database is full: nothing was stored. "
        "Ask who runs the server to make room, then send this again.",
        "このサーバーのデータベースのディスクがいっぱいで、何も保存されませんでした。"
        "管理者に空きを作ってもらい、もう一度送信してください。",
    ),
    "storage_unavailable": Text(
        503,
        SERVER,
        "The database of this server cannot be used now, and nothing was stored: {reason}. "
        "Try again; if it stays so, tell who runs the server.",
        "このサーバーのデータベースが今は使えず、何も保存されませんでした: {reason}。"
        "もう一度お試しください。続くときは管理者にお知らせください。",
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
