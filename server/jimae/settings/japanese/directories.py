"""In Japanese: the directories that people are known in."""

from __future__ import annotations

from typing import Final

TABLES: Final = {
    "scim": "ディレクトリーが SCIM 2.0 で管理するアカウント。",
    "oidc": "OpenID Connect によるサインイン（PKCE つきの認可コードフロー）。"
    "ファイルにだけ書けます。",
    "ldap": "LDAP か Active Directory によるサインイン。ファイルにだけ書けます。",
}

_MAPPING: Final = {
    "title": "サインインの画面に表示する名前。なければ、設定の名前。",
    "create": "初めてサインインした人のアカウントを作るか。",
    "allow": "受け入れるグループ（ディレクトリーでの名前）。空なら、全員を受け入れます。",
    "groups": "ディレクトリーのグループに対応する、ここでのグループ。これらのグループの"
    "メンバーは、サインインのたびにディレクトリーに合わせます。ほかのグループは変えません。",
    "all_groups": "ディレクトリーのすべてのグループを、同じ名前でここにも作るか。",
    "roles": "ディレクトリーのグループに対応する権限。いくつもあてはまれば、いちばん強いもの。"
    "空なら、権限はここの管理者が決めます。",
}

_OIDC: Final = {
    **_MAPPING,
    "issuer": "プロバイダーのアドレス。公開情報（discovery）にあるとおりに書きます。",
    "client_id": "プロバイダーに登録した、このサーバーの ID。",
    "client_secret": "このクライアントのシークレット。公開クライアントならなし。",
    "client_secret_file": "シークレットを書いたファイル。",
    "hosts": "プロバイダーがエンドポイントを置く、ほかのホスト（`host` か `host:port`）。"
    "これらと issuer のホストのほかには、決してつなぎません。",
    "ca_file": "プロバイダーの証明書に署名した認証局の証明書。なければ、システムのもの。",
    "timeout_seconds": "プロバイダーの応答を待つ秒数。",
    "scopes": "求めるスコープ。`openid` は必要です。",
    "algorithms": "受け入れる署名の方式。共有シークレットを使うものはありません。",
    "id_claim": "人を変わることなく示すクレーム。Entra ID では `oid`。",
    "name_claim": "サインインの名前のクレーム。",
    "display_name_claim": "表示名のクレーム。",
    "mail_claim": "メールアドレスのクレーム。",
    "groups_claim": "グループのクレーム。",
}

_LDAP: Final = {
    **_MAPPING,
    "url": "`ldaps://host`。STARTTLS を使うなら `ldap://host`。",
    "active_directory": "属性とフィルターの名前を、Active Directory のものにするか。",
    "ca_file": "サーバーの証明書に署名した認証局の証明書。なければ、システムのもの。",
    "timeout_seconds": "サーバーの応答を、1 段階ごとに待つ秒数。",
    "bind_dn": "人を検索するアカウント。なければ、user_dn で直接サインインします。",
    "bind_password": "そのパスワード。",
    "bind_password_file": "そのパスワードを書いたファイル。",
    "user_dn": "bind_dn がないときに、サインインする人の DN。例: "
    "`uid={name},ou=people,dc=example,dc=jp`。Active Directory では `{name}@example.jp`。",
    "base": "人を検索する場所。",
    "user_filter": "`{name}` で人を見つけるフィルター。なければ、通常のもの。",
    "id_attribute": "変わらない属性。なければ `entryUUID` か `objectGUID`。",
    "name_attribute": "サインインの名前の属性。なければ `uid` か `sAMAccountName`。",
    "display_name_attribute": "表示名の属性。なければ `cn` か `displayName`。",
    "mail_attribute": "メールアドレスの属性。",
    "groups_base": "グループを検索する場所。なければ base と同じ。",
    "groups_filter": "`{dn}`（か `{name}`）のグループを見つけるフィルター。なければ、通常のもの。",
    "group_attribute": "グループの名前の属性。",
    "nested_groups": "Active Directory で、グループの中のグループも数えるか。",
    "recheck_minutes": "サインインした人を調べ直す間隔（分）。停止された人やいなくなった人は、"
    "使えなくなります。bind_dn が必要です。0 なら調べ直しません。",
}

SETTINGS: Final = {
    "scim.directory": "この人たちがサインインに使う `[oidc.NAME]` の名前。"
    "externalId は、その id_claim が示すものになります。なければ、別々に扱います。",
    **{f"oidc.{name}": words for name, words in _OIDC.items()},
    **{f"ldap.{name}": words for name, words in _LDAP.items()},
}
