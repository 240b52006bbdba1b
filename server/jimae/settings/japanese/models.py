"""In Japanese: which models there are, and how they run."""

from __future__ import annotations

from typing import Final

TABLES: Final = {
    "models": "どのモデルがあるか。",
    "engine": "モデルの動かし方。",
    "model": "モデルごとに `[engine]` と変えること。ファイルにだけ書けます。",
}

SETTINGS: Final = {
    "models.default": "起動時に読み込むモデルの ID。なければ、手元にあるうちで最もよいもの。",
    "models.hub": "`jimae pull` が使うモデルハブのミラーの、基になる URL。",
    "models.ttl_minutes": "使われないモデルをメモリーから外すまでの分数。"
    "0 なら、メモリーが要るようになるまで外しません。標準のモデルは残ります。",
    "models.import_dir": "管理者がページでモデルを取り込むフォルダー。"
    "なければ、データディレクトリーの `import`。",
    "engine.context": "1 つのリクエストの最大のトークン数（質問と回答の合計）。"
    "0 なら、モデルと kv_tokens が許すだけ。",
    "engine.kv_tokens": "メモリーに同時に置く文脈のトークン数。すべてのリクエストと、"
    "再利用のために残すものの合計です。",
    "engine.parallel": "同時に書く回答の最大の数。",
    "engine.max_queue": "待てるリクエストの最大の数。超えると 429 で答えます。",
    "engine.target_itl": "誰かが回答を読んでいるあいだ、1 ステップにかけてよい秒数の目安。"
    "長い質問は、これに収まるように分けて読み込みます。",
    "engine.reproducible_tokens": "再現できる回答を求めるリクエストのための文脈のトークン数。"
    "専用のメモリーで 1 つずつ動きます。0 なら受け付けません。",
    "engine.embedding_tokens": "文章を書くためのモデルが、ベクトルにするときに一度に読む"
    "トークン数。メモリーは最初のリクエストで取ります。0 なら受け付けません。"
    "ベクトル専用のモデルは kv_tokens に従います。",
    "engine.kv_type": "KV キャッシュの数値の形式。",
    "engine.threads": "CPU のスレッド数。0 は物理コアごとに 1 つ。",
    "engine.batch": "1 ステップの最大のトークン数。誰も回答を読んでいないとき、質問はこれ以下に"
    "分けて読み込みます。足りる値は `jimae tune` が調べます。",
    "engine.gpu_layers": "GPU に載せる層の数。-1 は載るだけ。",
    "engine.disk_cache_mb": "再起動のあとに読み直さずに済むよう、会話のはじめをディスクに残す"
    "最大の量（モデルごと、MiB）。0 なら残しません。`audit.encryption_keys` があれば、"
    "それで暗号化します。",
    "engine.disk_cache_days": "残した会話のはじめを、最後に使ってから削除するまでの日数。",
    "engine.sharing": "プロンプトのはじめをメモリーで共有してよい範囲。"
    "同じ利用者、同じキー、同じグループ、またはこのサーバーの全員。",
    "model.context": "engine.context と同じ。",
    "model.kv_tokens": "engine.kv_tokens と同じ。",
    "model.parallel": "engine.parallel と同じ。",
    "model.kv_type": "engine.kv_type と同じ。",
    "model.threads": "engine.threads と同じ。",
    "model.batch": "engine.batch と同じ。",
    "model.gpu_layers": "engine.gpu_layers と同じ。",
    "model.draft": "ドラフトモデルの ID。語彙が同じで、ずっと小さいモデルを指定すると、速くなる"
    "あいだだけ続きを先に予想します。専用のメモリーを使います。",
}
