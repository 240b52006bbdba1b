"""What a model and its worker could not do."""

from __future__ import annotations

from jimae.error_texts.text import BUSY, INVALID, SERVER, SETUP, Inside, Text

TEXTS: dict[str, Text] = {
    # --- the engine and its workers --------------------------------------------
    "worker_died": Text(
        503,
        SERVER,
        "The process that runs '{model}' ended unexpectedly. It is being restarted; send the "
        "request again.",
        "モデル「{model}」を動かすプロセスが予期せず終了しました。再起動しています。"
        "もう一度送信してください。",
        Inside(
            "The process that runs '{model}' ended unexpectedly ({reason}). "
            "It is being restarted; send the request again.",
            "モデル「{model}」を動かすプロセスが予期せず終了しました（{reason}）。"
            "再起動しています。もう一度送信してください。",
        ),
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
        "モデル「{model}」には {need} のメモリーが必要ですが、このマシンで使えるのは {free} です。"
        "収まるモデル: 導入済みでは {installed}、jimae pull で取得できるものでは {catalogue}",
    ),
    "model_context_too_large": Text(
        503,
        SERVER,
        "The model '{model}' needs {need} of memory with room for {kv_tokens} tokens; {free} can "
        "be had on this machine. It fits with kv_tokens = {fitting} in the table "
        '[model."{model}"] of jimae.toml. Other models that fit: here {installed}; with '
        "jimae pull {catalogue}.",
        "モデル「{model}」には、{kv_tokens} トークン分の領域を含めて {need} のメモリーが必要"
        "ですが、"
        'このマシンで使えるのは {free} です。jimae.toml の [model."{model}"] に '
        "kv_tokens = {fitting} と書けば収まります。ほかに収まるモデル: 導入済みでは {installed}、"
        "jimae pull で取得できるものでは {catalogue}",
    ),
    "model_no_room": Text(
        503,
        SERVER,
        "The model '{model}' needs {need} of memory, and {free} is free while these are in use: "
        "{used}. Send the request again when they are done.",
        "モデル「{model}」には {need} のメモリーが必要ですが、"
        "{used} が使用中のため空きは {free} です。"
        "それらの処理が終わってから、もう一度送信してください。",
    ),
    "draft_missing": Text(
        503,
        SERVER,
        "'{draft}', the draft model of '{model}', is not on this server. Get it with jimae pull, "
        'or take draft out of the table [model."{model}"] in jimae.toml. Models here: {available}.',
        "モデル「{model}」のドラフトモデル「{draft}」が、このサーバーにありません。jimae pull で"
        '取得するか、jimae.toml の [model."{model}"] から draft を消してください。'
        "導入済みのモデル: {available}",
    ),
    "draft_vocabulary": Text(
        503,
        SERVER,
        "'{draft}' cannot be the draft model of '{model}': their vocabularies differ. Set draft in "
        'the table [model."{model}"] of jimae.toml to a smaller model of the same family, or take '
        "it out.",
        "「{draft}」は「{model}」と語彙が異なるため、ドラフトモデルになれません。jimae.toml の "
        '[model."{model}"] の draft に同じ系列の小さなモデルを指定するか、draft を消してください。',
    ),
    "draft_unfit": Text(
        503,
        SERVER,
        "'{draft}' cannot be the draft model of '{model}': a draft model is another model, and "
        "both have to write text and to be able to take back what they read, which models with "
        'recurrent layers are not. Set draft in the table [model."{model}"] of jimae.toml to '
        "another model, or take it out.",
        "「{draft}」は「{model}」のドラフトモデルになれません。ドラフトモデルには別のモデルを指定し、"
        "両方とも文章を書くモデルで、読み込んだ内容を取り消せる必要があります（再帰型の層を持つモデルは"
        '使えません）。jimae.toml の [model."{model}"] の draft に別のモデルを指定するか、'
        "draft を消してください。",
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
    # --- vectors and scores ----------------------------------------------------
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
        "「{model}」で埋め込みを作るにはあと約 {need} のメモリーが必要ですが、空きは {free} です。"
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
        "There is no model on this server. Who runs it gets one with: jimae pull",
        "このサーバーにはモデルがありません。管理者が次のコマンドで取得できます: jimae pull",
        Inside(
            "There is no model in {path}. Get one with: jimae pull",
            "{path} にモデルがありません。次のコマンドで取得してください: jimae pull",
        ),
    ),
    "no_writing_model": Text(
        503,
        SETUP,
        "No model of this server writes text: {models} make vectors or scores. Who runs it gets "
        "one with: jimae pull. Or sets models.default to one of them.",
        "このサーバーに文章を書けるモデルがありません ({models} "
        "は埋め込みやスコアを作るモデルです)。"
        "管理者が jimae pull で取得するか、models.default にこの中の一つを設定する必要があります。",
        Inside(
            "No model in {path} writes text: {models} make vectors or scores. Get one with: jimae "
            "pull. Or set models.default to one of them.",
            "{path} に文章を書けるモデルがありません ({models} "
            "は埋め込みやスコアを作るモデルです)。"
            "jimae pull で取得するか、models.default にこの中の一つを設定してください。",
        ),
    ),
    "default_model_missing": Text(
        503,
        SETUP,
        "The model '{model}' is not on this server. There: {available}. Who runs it gets it with: "
        "jimae pull {model}",
        "モデル「{model}」がこのサーバーにありません。あるもの: {available}。"
        "管理者が次のコマンドで取得できます: jimae pull {model}",
        Inside(
            "The model '{model}' is not in {path}. There: {available}. Get it with: jimae pull "
            "{model}",
            "モデル「{model}」が {path} にありません。あるもの: {available}。"
            "取得するには: jimae pull {model}",
        ),
    ),
}
