"""What `jimae audit` says of itself."""

from __future__ import annotations

from typing import Final

from jimae.cli.console import words

SEARCH: Final = words(
    """Find records, the newest first.

      jimae audit search --account hanako --since 2026-11-01 --until 2026-11-30

      jimae audit search --act user. --outcome refused

      jimae audit search --word 見積

    An act that ends with a dot means all of its area. A word is searched in what was asked and
    answered, also with two characters and however it is written in width and kana; what is
    encrypted is not found by words. A search for a word is recorded.
    """,
    """記録を新しい順に検索します。

      jimae audit search --account hanako --since 2026-11-01 --until 2026-11-30

      jimae audit search --act user. --outcome refused

      jimae audit search --word 見積

    操作名の末尾がピリオドなら、その分野すべてを探します。語は質問と回答の本文から探し、2 文字でも、
    全角・半角やひらがな・カタカナが違っても見つかります。暗号化された本文は語では見つかりません。
    語の検索は記録されます。
    """,
)
SHOW: Final = words(
    """Show one record whole. With --content also what was written, which is recorded.

      jimae audit show 1024 --content
    """,
    """1 件の記録をすべて表示します。--content を付けると本文も表示し、そのことが記録されます。

      jimae audit show 1024 --content
    """,
)
EXPORT: Final = words(
    """Write the log into a file, which is recorded.

      jimae audit export log.jsonl --content

      jimae audit export november.csv --format csv --encoding cp932 --since 2026-11-01

    JSON lines prove themselves: jimae audit verify log.jsonl needs nothing else. A table is for
    reading: spreadsheets open it, and it proves nothing.
    """,
    """ログをファイルに書き出します。書き出したことは記録されます。

      jimae audit export log.jsonl --content

      jimae audit export november.csv --format csv --encoding cp932 --since 2026-11-01

    JSON Lines はそれだけで検証できます（jimae audit verify log.jsonl）。
    CSV は表計算ソフトで読むためのもので、検証はできません。
    """,
)
VERIFY: Final = words(
    """Prove that the log was not touched: the database, or an export by itself.

      jimae audit verify

      jimae audit verify log.jsonl --key PUBLIC_KEY

    Says of every break where and what it is. --key is the public key that you noted when the
    log began (jimae audit checkpoint shows it): without it, an export is checked against the
    key that it names itself. The exit code is 1 if anything is wrong.
    """,
    """ログが改変されていないことを検証します。データベース、またはエクスポートだけで検証できます。

      jimae audit verify

      jimae audit verify log.jsonl --key 公開鍵

    問題があれば、場所と内容をすべて表示します。--key には運用開始時に控えた公開鍵を指定します
    （jimae audit checkpoint で表示）。指定しない場合、エクスポートは自身が名乗る鍵で検証されます。
    問題があれば終了コードは 1 です。
    """,
)
CHECKPOINT: Final = words(
    """Sign the end of the log now, and show the newest checkpoint and the public key.

      jimae audit checkpoint

    Print it or mail it to somebody: it proves later that nothing up to there was changed or cut
    off, even if this machine is taken over.
    """,
    """ログの末尾に今すぐ署名し、最新のチェックポイントと公開鍵を表示します。

      jimae audit checkpoint

    印刷するか、別の担当者にメールで送ってください。このマシンが乗っ取られても、そこまでの記録が
    改変・切り落としされていないことを後で証明できます。
    """,
)
RETENTION: Final = words(
    """Show or set how many days the log is kept, 0 for ever.

      jimae audit retention

      jimae audit retention --metadata 2555 --content 90

    What is older is deleted once a day by the server, or now with --now.
    """,
    """ログの保存日数を表示・設定します。0 は無期限です。

      jimae audit retention

      jimae audit retention --metadata 2555 --content 90

    古いものはサーバーが 1 日 1 回削除します。--now を付けると今すぐ削除します。
    """,
)
HOLD: Final = words(
    """Keep what may be needed from being deleted; without options, list what is kept.

      jimae audit hold --account hanako --since 2026-04-01 --reason "訴訟 12 号"

      jimae audit hold --lift hold-3f2a…
    """,
    """必要になりうる記録を削除から保全します。オプションなしなら保全の一覧です。

      jimae audit hold --account hanako --since 2026-04-01 --reason "訴訟 12 号"

      jimae audit hold --lift hold-3f2a…
    """,
)
DELETE: Final = words(
    """Delete what was asked and answered, and print the certificates of it.

      jimae audit delete --account hanako --reason "本人の請求" > certificate.json

    The records of it stay until their time is up; the log can still be proved.
    """,
    """質問と回答の本文を削除し、証明書を出力します。

      jimae audit delete --account hanako --reason "本人の請求" > certificate.json

    記録そのものは保存期間が過ぎるまで残り、ログの検証は引き続きできます。
    """,
)
CERTIFICATES: Final = words(
    """Print the newest certificates of what was deleted, one JSON a line.

      jimae audit certificates --limit 10
    """,
    """削除の証明書を新しい順に、1 行 1 件の JSON で出力します。

      jimae audit certificates --limit 10
    """,
)
ENCRYPTION_KEY: Final = words(
    """Add a new key to a file of keys; what is written from the next start on is encrypted
    with it.

      jimae audit encryption-key /etc/jimae/audit.keys

    Then set audit.encryption_keys to that file. Keep a copy elsewhere: without its key, what was
    encrypted cannot be read by anybody.
    """,
    """鍵のファイルに新しい鍵を加えます。次の起動から、本文はその鍵で暗号化されます。

      jimae audit encryption-key /etc/jimae/audit.keys

    設定 audit.encryption_keys にそのファイルを指定してください。鍵の複製を別の場所に保管して
    ください。鍵がなければ、暗号化された本文は誰にも読めません。
    """,
)

ACCOUNT: Final = words("Of this person, by name or id.", "人（名前または ID）。")
GROUP: Final = words("Of this group, by name or id.", "グループ（名前または ID）。")
ACT: Final = words("This act, or with a dot at its end its area.", "操作名。末尾が . なら分野。")
OUTCOME: Final = words(
    "begun, done, refused, failed or interrupted.", "begun・done・refused・failed・interrupted。"
)
MODEL: Final = words("With this model.", "モデルの ID。")
TARGET: Final = words("On what has this id.", "対象の ID。")
SINCE: Final = words(
    "From this day or time on: 2026-11-01 or 2026-11-01T09:00.",
    "この日時から（2026-11-01、2026-11-01T09:00）。",
)
UNTIL: Final = words("Until the end of this day, or this time.", "この日の終わり、または時刻まで。")
WORD: Final = words("What was written has this.", "本文にこの語があるもの。")
LIMIT: Final = words("At most this many.", "最大件数。")
JSON: Final = words("As JSON.", "JSON で出力。")
CONTENT: Final = words("With what was asked and answered.", "質問と回答の本文も含める。")
FORMAT: Final = words("jsonl, which proves itself, or csv.", "検証できる jsonl、または csv。")
ENCODING: Final = words(
    "Of a csv: utf-8 (with BOM) or cp932.", "csv の文字コード（utf-8・cp932）。"
)
FILE: Final = words("Where to write it; - is the terminal.", "書き出し先。- は標準出力。")
EXPORTED: Final = words(
    "An export in JSON lines; without it, the database.",
    "JSON Lines のエクスポート。省略時はデータベース。",
)
KEY: Final = words("Whose signatures count, in base64.", "署名を認める公開鍵（base64）。")
SEQ: Final = words("The number of the record.", "記録の番号。")
METADATA_DAYS: Final = words("Days that records are kept.", "記録の保存日数。")
CONTENT_DAYS: Final = words("Days that contents are kept.", "本文の保存日数。")
NOW: Final = words("Delete now what is too old.", "古いものを今すぐ削除する。")
REASON: Final = words("Why.", "理由。")
LIFT: Final = words("Lift the hold with this id.", "この ID の保全を解除する。")
YES: Final = words("Do not ask.", "確認しない。")
KEYS: Final = words("The file of keys; made if it is not there.", "鍵のファイル。なければ作成。")
