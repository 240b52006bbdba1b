"""What values that are words of ours are called in Japanese sentences.

Names that people gave, and values as a request or a file has them, stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

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
_DAYS: Final = dict(
    zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "月火水木金土日", strict=True)
)

JA: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "subject_unknown": {"kind": _KINDS},
    "not_permitted": {"needed": _LEVELS},
    "not_a_manager": {"role": _ROLES},
    "grammar_too_large": {"what": _SIZES},
    "decode_failed": {"status": {"a vector that is no number": "数でないベクトル"}},
    "peer_tools": {"tool": {"cmake and ninja": "cmake と ninja"}},
    "model_not_allowed": {"whose": _EVERYBODY},
    "quota_exceeded": {"whose": _EVERYBODY},
    "rate_limited": {"whose": _EVERYBODY},
    "too_many_answers": {"whose": _EVERYBODY},
    "hours_closed": {"whose": _EVERYBODY, "hours": _DAYS},
    "hours_never": {"whose": _EVERYBODY, "hours": _DAYS},
}
"""By code, and by the placeholder of its sentence."""

_WORD: Final = re.compile(r"[a-z]+(?: [a-z]+)*")


def in_japanese(code: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values of an error, with ours in Japanese, also where several are joined."""
    tables = JA.get(code, {})

    def said(name: str, value: Value) -> Value:
        table = tables.get(name)
        if table is None or not isinstance(value, str):
            return value
        return _WORD.sub(lambda match: table.get(match[0], match[0]), value)

    return {name: said(name, value) for name, value in values.items()}
