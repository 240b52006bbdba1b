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
