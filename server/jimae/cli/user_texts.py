"""What `jimae users --help` says."""

from __future__ import annotations

from typing import Final

from jimae.cli.console import words

LIST: Final = words(
    """List the accounts of this server.

    Examples:

      jimae users list

      jimae users list --group 総務課 --json
    """,
    """アカウントの一覧です。

    例:

      jimae users list

      jimae users list --group 総務課 --json
    """,
)
ADD: Final = words(
    """Make an account. The first one is an administrator's, and ends single-user mode at once.

    The password is asked for twice. With --one-time a password is made up and shown, which has
    to be changed at the first sign-in; with --password-stdin it is read from standard input.

      jimae users add yamada --role admin

      jimae users add hanako --display-name 佐藤花子 --one-time

      pass show jimae | jimae users add yamada --role admin --password-stdin

    Roles: user asks models; manager also looks after groups; admin looks after everything;
    auditor reads the audit log and nothing else.
    """,
    """アカウントを作ります。最初の 1 つは管理者で、作るとすぐに一人用モードが終わります。

    パスワードは 2 回たずねます。--one-time を付けると、最初のサインインで変更が必要な
    パスワードを作って表示します。--password-stdin では標準入力から読みます。

      jimae users add yamada --role admin

      jimae users add hanako --display-name 佐藤花子 --one-time

      pass show jimae | jimae users add yamada --role admin --password-stdin

    権限: user はモデルを使う人、manager はグループも管理する人、admin は全体の管理者、
    auditor は監査ログだけを読む人です。
    """,
)
IMPORT: Final = words(
    """Make accounts for all people of a table, as a spreadsheet saves it (CSV).

    The first line has the headings: name, display_name, mail, role, groups, or the same in
    Japanese; only the name to sign in with is needed. The file is UTF-8 or Shift_JIS. Several
    groups stand in one cell, with a semicolon between them.

      jimae users import people.csv --dry-run

      jimae users import people.csv --passwords first-passwords.csv

      jimae users import people.csv --update --make-groups

    Either all lines are taken or none: everything that is wrong is told, with its line. Everybody
    who is new gets a password that has to be changed at the first sign-in; without --passwords
    they are printed as CSV. With --update, people who have an account are changed where the line
    says something; what it leaves empty stays, and nobody leaves a group.
    """,
    """表計算ソフトで作った名簿（CSV）から、全員のアカウントをまとめて作ります。

    1 行目は見出しです: サインイン名、表示名、メール、権限、グループ（英語の name、display_name、
    mail、role、groups でも可）。必要なのはサインイン名だけです。文字コードは UTF-8 か
    Shift_JIS。グループがいくつもあるときは、1 つのセルに「;」か「、」で区切って書きます。

      jimae users import 名簿.csv --dry-run

      jimae users import 名簿.csv --passwords 初回パスワード.csv

      jimae users import 名簿.csv --update --make-groups

    全部の行を取り込むか、1 行も取り込まないかのどちらかです。誤りは行番号を付けてすべて
    表示します。新しい人には、最初のサインインで変更が必要なパスワードを作ります。--passwords が
    なければ CSV で表示します。--update を付けると、既にあるアカウントも変更します。空のセルの
    項目はそのままで、グループから外れることはありません。
    """,
)
SET: Final = words(
    """Change an account.

      jimae users set hanako --role manager

      jimae users set hanako --name h.sato --display-name 佐藤花子
    """,
    """アカウントを変更します。

      jimae users set hanako --role manager

      jimae users set hanako --name h.sato --display-name 佐藤花子
    """,
)
DISABLE: Final = words(
    """Keep somebody out, at once: sessions end, keys are refused, running answers stop within two
    seconds. What they own stays.

      jimae users disable hanako
    """,
    """利用をすぐに止めます。セッションは終わり、キーは拒否され、書きかけの回答も 2 秒以内に
    止まります。データは残ります。

      jimae users disable hanako
    """,
)
ENABLE: Final = words(
    """Let somebody in again, and forget failures to sign in.

      jimae users enable hanako
    """,
    """利用を再開し、サインインの失敗回数も消します。

      jimae users enable hanako
    """,
)
PASSWORD: Final = words(
    """Give somebody another password; it ends their sessions.

      jimae users password hanako --one-time
    """,
    """パスワードを付け直します。その人のセッションは終わります。

      jimae users password hanako --one-time
    """,
)
DELETE: Final = words(
    """Delete an account and everything its owner made, or give that to somebody else.

    What the audit log and the statistics tell of them stays. The name is asked for once more;
    with --yes, for scripts, it is not.

      jimae users delete hanako

      jimae users delete hanako --transfer-to yamada --yes
    """,
    """アカウントと、その人が作ったものをすべて削除します。ほかの人に引き継ぐこともできます。

    監査ログと統計の記録は残ります。確認のために名前をもう一度たずねます。スクリプトでは --yes を
    付けると、たずねません。

      jimae users delete hanako

      jimae users delete hanako --transfer-to yamada --yes
    """,
)
CODE: Final = words(
    """Show a code with which the first administrator can be made in the page.

    It is valid for one hour and five tries, once, and only while there is no account.

      jimae users setup-code
    """,
    """画面で最初の管理者を作るための、一度だけ使えるコードを表示します。

    有効なのは 1 時間、5 回までで、アカウントがまだない間だけです。

      jimae users setup-code
    """,
)
NAME: Final = words("The name to sign in with.", "サインインに使う名前。")
DISPLAY: Final = words("The name to be shown.", "画面に表示する名前。")
MAIL: Final = words("Mail address.", "メールアドレス。")
ROLE: Final = words("What they may do.", "権限。")
GROUP: Final = words("Only members of this group.", "このグループのメンバーだけ。")
STDIN: Final = words("Read the password from standard input.", "パスワードを標準入力から読む。")
ONE_TIME: Final = words(
    "Make up a password that has to be changed.", "変更が必要なパスワードを作る。"
)
YES: Final = words("Do not ask back.", "確認をたずねない。")
HEIR: Final = words("Who gets what they made.", "作ったものを引き継ぐ人。")
JSON: Final = words("As JSON.", "JSON で出力。")
PEOPLE_FILE: Final = words("The table; - is standard input.", "名簿。- は標準入力。")
PASSWORDS_FILE: Final = words(
    "Write passwords for the first sign-in to this new file (CSV).",
    "最初のパスワードを書く、新しい CSV ファイル。",
)
UPDATE: Final = words(
    "Change people who have an account already.", "既にあるアカウントも変更する。"
)
MAKE_GROUPS: Final = words("Make groups that are missing.", "足りないグループを作る。")
DRY_RUN: Final = words("Only show what would be done.", "何が起きるかを表示するだけ。")
