"""In Japanese: how the server is reached, who signs in, and what it writes."""

from __future__ import annotations

from typing import Final

TABLES: Final = {
    "": "ファイルでは、どの表よりも前に書きます。",
    "server": "サーバーの待ち受け方。",
    "accounts": "サインインする人。",
    "log": "サーバーがログに書くもの。",
}

SETTINGS: Final = {
    "data_dir": "サーバーが書き込むすべて（モデル、データベース、ログ）を置くディレクトリー。",
    "server.host": "待ち受けるアドレス。ループバック以外には、管理者のアカウントが必要です。",
    "server.port": "待ち受けるポート。0 は空いているものを選びます。",
    "server.max_body_mb": "リクエスト本文の最大の大きさ（MiB）。超えると 413 で答えます。",
    "server.hosts": "このサーバーが呼ばれる名前（ポートは除く）。同じ端末を指す名前は、いつでも"
    "使えます。空なら、アカウントができたあとはどの名前でも受け付けます。",
    "server.public_url": "利用者がこのサーバーを開くアドレス（例: `https://ai.example.jp`）。"
    "OpenID Connect のプロバイダーは、ここへ戻します。",
    "server.trusted_proxies": "リバースプロキシのアドレスかネットワーク。アカウントができたあと、"
    "ここから来たものに限り X-Forwarded-For、-Proto、-Host を信用します。",
    "server.drain_seconds": "停止のとき、書きかけの回答を打ち切るまでに待つ秒数。",
    "server.time_zone": "上限と統計で、日・月・時刻を数えるタイムゾーン。",
    "accounts.password_length": "パスワードの最少の文字数。",
    "accounts.session_idle_minutes": "使わないまま過ぎると、もう一度サインインを求める分数。",
    "accounts.session_hours": "サインインしてから、もう一度サインインを"
    "求めるまでの時間（時間単位）。",
    "log.level": "ログに書く、いちばん低い重要度。",
}
