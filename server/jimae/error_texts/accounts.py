"""Who may come in, and what people may be called."""

from __future__ import annotations

from jimae.error_texts.text import BUSY, FORBIDDEN, INVALID, NOT_FOUND, UNKNOWN, Text

TEXTS: dict[str, Text] = {
    # --- coming in ---------------------------------------------------------------
    "credentials_missing": Text(
        401,
        UNKNOWN,
        "This server has accounts, and the request shows none. Sign in at its page, or send an "
        "API key as 'Authorization: Bearer jm-…'.",
        "このサーバーにはアカウントが必要です。画面でサインインするか、API キーを "
        "Authorization: Bearer jm-… として送ってください。",
    ),
    "credentials_conflict": Text(
        401,
        UNKNOWN,
        "The request shows two different credentials: a session and an API key, or two keys. "
        "Send one of them.",
        "リクエストに異なる資格情報が 2 つあります（セッションと API キー、または 2 つのキー）。"
        "どちらか 1 つだけ送ってください。",
    ),
    "credentials_malformed": Text(
        401,
        UNKNOWN,
        "The Authorization header begins with '{scheme}'. Send an API key as "
        "'Authorization: Bearer jm-…'.",
        "Authorization ヘッダーが「{scheme}」で始まっています。API キーを "
        "Authorization: Bearer jm-… として送ってください。",
    ),
    "session_ended": Text(
        401,
        UNKNOWN,
        "This session has ended: it was too long ago, or somebody ended it. Sign in again.",
        "セッションは終了しました（期限切れ、または終了操作）。もう一度サインインしてください。",
    ),
    "account_disabled": Text(
        401,
        UNKNOWN,
        "This account may not be used now. Ask an administrator.",
        "このアカウントは現在使えません。管理者にご相談ください。",
    ),
    "access_revoked": Text(
        401,
        UNKNOWN,
        "The answer was ended: the access with which it was asked for was taken back. Sign in "
        "again, or ask an administrator.",
        "アクセスが取り消されたため、回答を終了しました。もう一度サインインするか、"
        "管理者にご相談ください。",
    ),
    "csrf_wrong": Text(
        403,
        FORBIDDEN,
        "The request changes something with a session, but its X-JIMAE-CSRF header is not that "
        "of the session. GET /jimae/session tells it; reload the page.",
        "セッションでの変更には、そのセッションの X-JIMAE-CSRF ヘッダーが必要です。"
        "値は GET /jimae/session で得られます。ページを再読み込みしてください。",
    ),
    "cross_origin": Text(
        403,
        FORBIDDEN,
        "The request comes from a page of another site ({origin}) and would change something. "
        "Only this server's own page may, and programs with an API key.",
        "別のサイト（{origin}）のページからの変更リクエストです。"
        "変更できるのは、このサーバーの画面と、API キーを使うプログラムだけです。",
    ),
    "host_not_named": Text(
        403,
        FORBIDDEN,
        "Requests for the host '{host}' are not answered here. Use one of the names in the setting "
        "server.hosts.",
        "ホスト「{host}」宛てのリクエストには応答しません。"
        "設定 server.hosts にある名前をお使いください。",
    ),
    "sign_in_failed": Text(
        401,
        UNKNOWN,
        "The name or the password is wrong, or the account may not be used.",
        "名前かパスワードが違うか、アカウントが使えません。",
    ),
    "sign_in_wait": Text(
        429,
        BUSY,
        "There were too many failures to sign in. Try again in {seconds} s.",
        "サインインの失敗が続いています。{seconds} 秒後にもう一度お試しください。",
    ),
    "too_many_sign_ins": Text(
        429,
        BUSY,
        "Too many people are signing in at this moment. Try again in a few seconds.",
        "サインインが集中しています。数秒後にもう一度お試しください。",
    ),
    "password_change_needed": Text(
        403,
        FORBIDDEN,
        "The password of this account has to be changed before anything else: sign in at the page, "
        "or POST /jimae/me/password.",
        "このアカウントは、まずパスワードを変更する必要があります。画面でサインインするか、"
        "POST /jimae/me/password をお使いください。",
    ),
    "not_permitted": Text(
        403,
        FORBIDDEN,
        "This account may not do that: it needs the role of {needed}. Ask an administrator.",
        "このアカウントの権限では実行できません（必要な権限: {needed}）。管理者にご相談ください。",
    ),
    # --- names and passwords ---------------------------------------------------------
    "name_unusable": Text(
        400,
        INVALID,
        "'{param}' cannot be '{name}': {letter} may not be in a name. Letters, digits and "
        "._-@+' may.",
        "「{param}」を「{name}」にはできません。{letter} は使えません。"
        "文字、数字、._-@+' が使えます。",
    ),
    "name_length": Text(
        400,
        INVALID,
        "'{param}' has {length} characters. It takes 1 to {most}.",
        "「{param}」が {length} 文字です。1〜{most} 文字にしてください。",
    ),
    "name_taken": Text(
        409,
        INVALID,
        "There is already one with the name '{name}'. Names that differ only in case or width are "
        "the same.",
        "「{name}」は既に使われています。大文字と小文字、全角と半角は区別しません。",
    ),
    "password_length": Text(
        400,
        INVALID,
        "The password in '{param}' has {length} characters. It takes {least} to {most}.",
        "「{param}」のパスワードが {length} 文字です。{least}〜{most} 文字にしてください。",
    ),
    "password_guessable": Text(
        400,
        INVALID,
        "The password in '{param}' is easy to guess: it is mostly the name, a common word, or a "
        "few characters again and again. Take several words that do not belong together.",
        "「{param}」のパスワードは推測されやすいものです（名前、よくある語、同じ文字の繰り返しなど）。"
        "無関係な語をいくつか組み合わせてください。",
    ),
    "password_same": Text(
        400,
        INVALID,
        "The password in '{param}' is the one there is. Choose another.",
        "「{param}」が今のパスワードと同じです。別のものにしてください。",
    ),
    "password_wrong": Text(
        400,
        INVALID,
        "The password in '{param}' is not that of this account.",
        "「{param}」のパスワードが違います。",
    ),
    "password_elsewhere": Text(
        409,
        INVALID,
        "This account has no password here: '{source}' signs it in. Change it there.",
        "このアカウントのパスワードはここにはありません。「{source}」で変更してください。",
    ),
    # --- people ------------------------------------------------------------------------
    "user_not_found": Text(
        404,
        NOT_FOUND,
        "There is no user '{id}' here. `jimae users list` lists them.",
        "ユーザー「{id}」はここにありません。一覧は `jimae users list` で見られます。",
    ),
    "first_not_admin": Text(
        409,
        INVALID,
        "'{name}' would be the first account, and that has to be an administrator's: "
        "jimae users add {name} --role admin",
        "「{name}」は最初のアカウントになるため、管理者でなければなりません: "
        "jimae users add {name} --role admin",
    ),
    "last_admin": Text(
        409,
        INVALID,
        "'{name}' is the only administrator who can sign in. Make another one first: "
        "jimae users set NAME --role admin",
        "「{name}」はサインインできる唯一の管理者です。先に別の管理者を作ってください: "
        "jimae users set 名前 --role admin",
    ),
    "role_not_yours": Text(
        403,
        FORBIDDEN,
        "Only administrators may change '{param}'.",
        "「{param}」を変更できるのは管理者だけです。",
    ),
    "heir_same": Text(
        400,
        INVALID,
        "'{param}' is '{name}', who is to be deleted. Name somebody else.",
        "「{param}」の「{name}」は削除される本人です。別の人を指定してください。",
    ),
    "no_account": Text(
        409,
        INVALID,
        "There are no accounts on this server. The first one is made at its terminal: "
        "jimae users add NAME --role admin",
        "このサーバーにはまだアカウントがありません。最初の 1 つはサーバーの端末で作ります: "
        "jimae users add 名前 --role admin",
    ),
    "user_session_not_found": Text(
        404,
        NOT_FOUND,
        "There is no session '{id}' here. It may have ended.",
        "セッション「{id}」はありません。既に終了した可能性があります。",
    ),
    # --- groups ------------------------------------------------------------------------
    "group_not_found": Text(
        404,
        NOT_FOUND,
        "There is no group '{id}' here. `jimae groups list` lists them.",
        "グループ「{id}」はここにありません。一覧は `jimae groups list` で見られます。",
    ),
    "not_a_manager": Text(
        409,
        INVALID,
        "'{name}' has the role {role}, which cannot look after a group ({param}). First: "
        "jimae users set {name} --role manager",
        "「{name}」の権限は {role} のため、グループを管理できません（{param}）。先に: "
        "jimae users set {name} --role manager",
    ),
    "not_a_member": Text(
        404,
        NOT_FOUND,
        "'{name}' is not a member of '{group}'.",
        "「{name}」は「{group}」のメンバーではありません。",
    ),
    # --- the first administrator -----------------------------------------------------------
    "setup_done": Text(
        409,
        INVALID,
        "This server has accounts already. An administrator makes others.",
        "このサーバーには既にアカウントがあります。新しいアカウントは管理者が作成します。",
    ),
    "setup_no_code": Text(
        403,
        FORBIDDEN,
        "There is no code for the set-up, or its time or tries are used up. On the server's "
        "machine: jimae users setup-code",
        "設定用のコードがないか、期限または回数を過ぎています。サーバーのマシンで: "
        "jimae users setup-code",
    ),
    "setup_code_wrong": Text(
        400,
        INVALID,
        "The '{param}' is not the one that the terminal showed. It can be tried {left} more times.",
        "「{param}」が端末に表示されたものと違います。あと {left} 回試せます。",
    ),
    "passwords_differ": Text(
        400,
        INVALID,
        "The two passwords differ. Type the same one twice.",
        "2 つのパスワードが違います。同じものを 2 回入力してください。",
    ),
}
