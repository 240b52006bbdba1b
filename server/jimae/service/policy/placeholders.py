"""What stands for a value that a model does not see: `〔電話番号1〕`.

A model that retells one may change widths, brackets and blanks; whatever it makes of one is
still read as that one.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from jimae.service.personal_data.found import Kind

LABELS: Final[dict[Kind, str]] = {
    "my_number": "マイナンバー",
    "card": "カード番号",
    "residence_card": "在留カード番号",
    "passport": "旅券番号",
    "bank_account": "口座番号",
    "phone": "電話番号",
    "mail": "メールアドレス",
    "address": "住所",
    "postal_code": "郵便番号",
    "birth_date": "生年月日",
    "name": "氏名",
    "corporate_number": "法人番号",
}
_KINDS: Final = {label: kind for kind, label in LABELS.items()}

OPENING: Final = "【[［〔「『〈《<＜(（{｛"
CLOSING: Final = "】]］〕」』〉》>＞)）}｝"
_BLANKS: Final = "[ 　_＿]?"
# Three digits: no request has a thousand different telephone numbers and one more.
_NUMBER: Final = "[0-9０-９]{1,5}"
PATTERN: Final = re.compile(
    f"[{re.escape(OPENING)}]{_BLANKS}(?P<label>{'|'.join(LABELS.values())}){_BLANKS}"
    f"(?P<number>{_NUMBER}){_BLANKS}[{re.escape(CLOSING)}]"
)
LONGEST: Final = 2 + 3 + max(map(len, LABELS.values())) + 5
_TAIL: Final = re.compile(f"{_BLANKS}(?:{_NUMBER}{_BLANKS})?")
_BLANK: Final = re.compile(_BLANKS)


class Placeholder(NamedTuple):
    kind: Kind
    number: int

    def __str__(self) -> str:
        return f"〔{LABELS[self.kind]}{self.number}〕"


def read(match: re.Match[str]) -> Placeholder:
    """The placeholder that a match of `PATTERN` is."""
    return Placeholder(_KINDS[match["label"]], int(match["number"]))


# A string, also one that does not end; or a placeholder outside of one.
_BARE: Final = re.compile(rf'"(?:[^"\\]|\\.)*+"?|{PATTERN.pattern}', re.DOTALL)


def quoted(text: str) -> str:
    """JSON, in which placeholders took the place of numbers, as JSON again."""
    return _BARE.sub(lambda match: f'"{match[0]}"' if match["label"] else match[0], text)


def may_become_one(text: str) -> bool:
    """Whether a text, which begins with an opening bracket, is the beginning of a match."""
    if len(text) >= LONGEST:
        return False
    blank = _BLANK.match(text, 1)
    rest = text[blank.end() if blank else 1 :]
    return any(
        label.startswith(rest)
        or (rest.startswith(label) and _TAIL.fullmatch(rest, len(label)) is not None)
        for label in _KINDS
    )
