"""What values that are words of ours are called in Japanese sentences.

Names that people gave, and values as a request or a file has them, stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from jimae.error_texts.reasons import FORMS, reason_in_japanese

Value = str | int | float

_KINDS: Final = {
    "account": "アカウント",
    "group": "グループ",
    "key": "API キー",
    "everybody": "全員",
}
_ROLES: Final = {
    "user": "利用者",
    "manager": "グループ管理者",
    "admin": "管理者",
    "auditor": "監査担当",
}
_LEVELS: Final = {
    **_ROLES,
    "anyone": "だれでも",
    "person": "アカウントを持つ人",
}
_EVERYBODY: Final = {"everybody": "全員"}
_SIZES: Final = {
    "characters": "文字数",
    "characters in one text": "1 つの文字列の文字数",
    "levels": "入れ子の深さ",
    "schemas": "スキーマの数",
}
_SETTING_KINDS: Final = {
    "a whole number": "整数",
    "a number": "数値",
    "true or false": "true か false",
    "a text": "文字列",
    "a list": "リスト",
    "a table": "表",
}
_REASONS: Final = {
    "no time zone is called that; a name is such as Asia/Tokyo": (
        "その名前のタイムゾーンはありません。Asia/Tokyo のような名前です"
    ),
    "it must be an address such as https://ai.example.jp": (
        "https://ai.example.jp のようなアドレスを書いてください"
    ),
    "it must be a host such as login.example.jp or login.example.jp:8443": (
        "login.example.jp や login.example.jp:8443 のようなホストを書いてください"
    ),
    "issuer must be an address such as https://login.example.jp": (
        "issuer には https://login.example.jp のようなアドレスを書いてください"
    ),
    "issuer must begin with https://": "issuer は https:// で始まるアドレスにしてください",
    "scopes must contain openid": "scopes には openid が必要です",
    "give client_secret or client_secret_file, not both": (
        "client_secret と client_secret_file は、どちらか一方だけを書いてください"
    ),
    "url must be ldaps://host or ldap://host": (
        "url は ldaps://ホスト または ldap://ホスト にしてください"
    ),
    "give either bind_dn or user_dn": "bind_dn か user_dn の、どちらか一方を書いてください",
    "bind_dn needs bind_password or bind_password_file": (
        "bind_dn には bind_password か bind_password_file の、どちらか一方が必要です"
    ),
    "nested_groups needs active_directory": "nested_groups には active_directory が必要です",
}
_FACTS: Final = {
    "architecture": "アーキテクチャー",
    "layers": "層の数",
    "heads of keys and values": "キーと値のヘッドの数",
    "bytes": "バイト数",
}
_DAYS: Final = dict(
    zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "月火水木金土日", strict=True)
)

JA: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "invalid_value": {"reason": {"it must match": "この形にしてください:"}},
    "setting_kind": {"kind": _SETTING_KINDS},
    "setting_invalid": {"reason": _REASONS},
    "setting_wrong": {"reason": _REASONS},
    "subject_unknown": {"kind": _KINDS},
    "not_permitted": {"needed": _LEVELS},
    "not_a_manager": {"role": _ROLES},
    "grammar_too_large": {"what": _SIZES},
    "decode_failed": {"status": {"a vector that is no number": "数でないベクトル"}},
    "peer_tools": {"tool": {"cmake and ninja": "cmake と ninja"}},
    "model_not_allowed": {"kind": _KINDS, "whose": _EVERYBODY},
    "quota_exceeded": {"kind": _KINDS, "whose": _EVERYBODY},
    "rate_limited": {"kind": _KINDS, "whose": _EVERYBODY},
    "too_many_answers": {"kind": _KINDS, "whose": _EVERYBODY},
    "model_misnamed": {"differences": _FACTS},
    "hours_closed": {"whose": _EVERYBODY, "hours": _DAYS},
    "hours_never": {"whose": _EVERYBODY, "hours": _DAYS},
}
"""By code, and by the placeholder of its sentence."""

_WORD: Final = re.compile(r"[a-z]+(?: [a-z]+)*")


def in_japanese(code: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values of an error, with ours in Japanese, also where several are joined."""
    tables = JA.get(code, {})

    def said(name: str, value: Value) -> Value:
        if name == "reason" and code in FORMS:
            return reason_in_japanese(code, str(value))
        table = tables.get(name)
        if table is None or not isinstance(value, str):
            return value
        if value in table:
            return table[value]
        return _WORD.sub(lambda match: table.get(match[0], match[0]), value)

    return {name: said(name, value) for name, value in values.items()}
