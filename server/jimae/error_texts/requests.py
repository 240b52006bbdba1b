"""What a request asked for that cannot be."""

from __future__ import annotations

from jimae.error_texts.text import FORBIDDEN, INVALID, NOT_FOUND, SERVER, Text

TEXTS: dict[str, Text] = {
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
        "There is no parameter '{name}'. Nearest: {near}. Send the one that was meant, or none.",
        "「{name}」というパラメーターはありません。正しい名前で送るか、取り除いてください。"
        "近いもの: {near}",
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
        "'{name}' holds a part of type {value}, but the models of this server read text only. "
        "Send what is in it as text.",
        "「{name}」に {value} 形式の内容がありますが、"
        "このサーバーのモデルが読めるのは文字だけです。内容を文字で送ってください。",
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
}
