"""Directories of people elsewhere."""

from __future__ import annotations

from jimae.error_texts.text import (
    FORBIDDEN,
    INVALID,
    NOT_FOUND,
    SERVER,
    SETUP,
    UNKNOWN,
    Inside,
    Text,
)

TEXTS: dict[str, Text] = {
    # --- signing in ------------------------------------------------------------
    "directory_unknown": Text(
        404,
        NOT_FOUND,
        "There is no directory '{name}'. Those of this server: {known}.",
        "「{name}」というディレクトリーはありません。このサーバーにあるもの: {known}。",
    ),
    "directory_unreachable": Text(
        503,
        SERVER,
        "The directory '{directory}' does not answer. Try again later, or sign in with an "
        "account of this server. An administrator finds the reason with: "
        "jimae directory test {directory}",
        "ディレクトリー「{directory}」が応答しません。あとでもう一度お試しになるか、このサーバーの"
        "アカウントでサインインしてください。管理者は次のコマンドで原因を確かめられます: "
        "jimae directory test {directory}",
    ),
    "directory_answer": Text(
        502,
        SERVER,
        "The directory '{directory}' gave an answer that cannot be used. An administrator finds "
        "the reason with: jimae directory test {directory}",
        "ディレクトリー「{directory}」からの応答を利用できません。管理者は次のコマンドで原因を"
        "確かめられます: jimae directory test {directory}",
    ),
    "directory_host": Text(
        502,
        SERVER,
        "The provider '{directory}' has an endpoint that the settings do not allow. An "
        "administrator finds which with: jimae directory test {directory}",
        "プロバイダー「{directory}」の接続先の一つが、設定で許可されていません。管理者は次のコマンドで"
        "確かめられます: jimae directory test {directory}",
        Inside(
            "The provider '{directory}' has an endpoint on {host}, which the settings do not "
            "allow. If it belongs to the provider, add it to oidc.{directory}.hosts.",
            "プロバイダー「{directory}」の接続先 {host} は、設定で許可されていません。"
            "プロバイダーのものであれば、oidc.{directory}.hosts に追加してください。",
        ),
    ),
    "directory_credentials": Text(
        503,
        SERVER,
        "The directory '{directory}' does not accept this server's own account. An administrator "
        "has to correct bind_dn or bind_password in ldap.{directory}.",
        "ディレクトリー「{directory}」が、このサーバー自身のアカウントを受け付けません。管理者が "
        "ldap.{directory} の bind_dn または bind_password を直す必要があります。",
    ),
    "directory_claim": Text(
        502,
        SERVER,
        "The directory '{directory}' does not say '{claim}' of this person. An administrator "
        "has to have it sent, or name another in the settings.",
        "ディレクトリー「{directory}」が、この人の「{claim}」を返しません。管理者が返すように"
        "設定するか、別の項目を設定で指定する必要があります。",
    ),
    "directory_not_allowed": Text(
        403,
        FORBIDDEN,
        "{name} is known to '{directory}', but in none of the groups that may use this server. "
        "Ask an administrator.",
        "{name} さんは「{directory}」に登録されていますが、このサーバーを利用できるグループに"
        "入っていません。管理者にご相談ください。",
    ),
    "directory_no_account": Text(
        403,
        FORBIDDEN,
        "{name} is known to '{directory}', but has no account here. Ask an administrator to "
        "make one.",
        "{name} さんは「{directory}」に登録されていますが、ここのアカウントがありません。"
        "管理者に作成を依頼してください。",
    ),
    "directory_name_taken": Text(
        403,
        FORBIDDEN,
        "The name '{name}' belongs to another account of this server, so '{directory}' cannot "
        "sign anybody in with it. An administrator can join the two with: "
        "jimae directory link {name} {directory}",
        "「{name}」という名前はこのサーバーの別のアカウントのものなので、「{directory}」では"
        "サインインできません。管理者は次のコマンドで両者を結び付けられます: "
        "jimae directory link {name} {directory}",
    ),
    "directory_id_taken": Text(
        409,
        INVALID,
        "This person of '{directory}' has the account '{name}' already.",
        "「{directory}」のこの人には、すでに「{name}」というアカウントがあります。",
    ),
    "directory_changed": Text(
        503,
        SERVER,
        "The settings of '{directory}' mean another directory than the one that accounts were made "
        "with, so nobody is signed in with it. An administrator finds what to do in the log of the "
        "server.",
        "「{directory}」の設定が、アカウント作成時とは別のディレクトリーを指しているため、"
        "サインインできません。管理者はサーバーのログで対処を確かめられます。",
        Inside(
            "The settings of '{directory}' mean another directory now ({now}; accounts were made "
            "with {before}), whose ids could be other people's. Give it another name in the "
            "settings, or, if it is the same: jimae directory accept {directory}",
            "「{directory}」の設定が別のディレクトリーを指しています（現在: {now}、"
            "アカウント作成時: {before}）。ID が別人のものになるおそれがあります。設定で別の名前を"
            "付けるか、同じものであれば次を実行してください: jimae directory accept {directory}",
        ),
    ),
    "sign_in_stale": Text(
        400,
        INVALID,
        "This attempt to sign in is over, was used already, or began in another browser. "
        "Begin again.",
        "このサインインは期限が切れたか、使用済みか、別のブラウザーで始められたものです。"
        "もう一度はじめからやり直してください。",
    ),
    "sign_in_refused": Text(
        403,
        FORBIDDEN,
        "The provider '{directory}' did not sign you in: {reason}.",
        "プロバイダー「{directory}」がサインインを認めませんでした: {reason}",
    ),
    "id_token_invalid": Text(
        401,
        UNKNOWN,
        "What the provider '{directory}' says cannot be trusted: {reason}. Nobody was signed in.",
        "プロバイダー「{directory}」の応答を信頼できません: {reason}。サインインはしていません。",
    ),
    "public_url_missing": Text(
        503,
        SERVER,
        "Signing in with '{directory}' needs the setting server.public_url: the address that "
        "people open this server at.",
        "「{directory}」でサインインするには、利用者が開くアドレスを設定 server.public_url に"
        "書く必要があります。",
    ),
    # --- LDAP ------------------------------------------------------------------
    "ldap_missing": Text(
        500,
        SETUP,
        "ldap.{directory} needs the package python-ldap, which is not installed. Debian needs "
        "libldap-dev, libsasl2-dev, python3-dev and gcc for it: install these, then run "
        "scripts/setup, or: pip install 'jimae[ldap]'",
        "ldap.{directory} には python-ldap が必要ですが、入っていません。Debian では libldap-dev、"
        "libsasl2-dev、python3-dev、gcc を入れてから scripts/setup、または "
        "pip install 'jimae[ldap]' を実行してください。",
    ),
}
