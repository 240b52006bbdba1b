"""The names that people sign in with, folded so that one name is one person.

`Ｙａｍａｄａ`, `yamada` and `YAMADA` are the same name, and so are か + ゛ and が: whoever types
with an IME need not know in which form it wrote them. What cannot be seen is not part of a name.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from jimae.errors import JimaeError
from jimae.store.account_tables import NAME_LENGTH

PUNCTUATION: Final = frozenset("._-@+'")
# Letters, by their category, that leave nothing on the screen: fillers of Hangul.
_UNSEEN: Final = frozenset("\u115f\u1160\u3164\uffa0")
# Marks that choose between forms of one character, such as those of 葛: the same name.
_SELECTORS: Final = frozenset(
    {
        *map(chr, range(0xFE00, 0xFE10)),
        *map(chr, range(0xE0100, 0xE01F0)),
        *"\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f",
    }
)


def folded(name: str) -> str:
    """Any text as it is compared; folding it again changes nothing."""
    while True:
        visible = "".join(letter for letter in name if letter not in _SELECTORS)
        again = unicodedata.normalize("NFKC", visible.casefold()).strip()
        if again == name:
            return name
        name = again


def cut(name: str) -> str:
    """What somebody tried as a name, short enough to be compared and recorded."""
    return folded(name[: 2 * NAME_LENGTH])[:NAME_LENGTH]


def sign_in_name(name: str, param: str = "name") -> str:
    """The folded name of an account. Raises `name_unusable`, which says what cannot stay."""
    found = folded(name[: 4 * NAME_LENGTH])
    if not found or len(found) > NAME_LENGTH:
        raise JimaeError("name_length", param=param, length=len(found), most=NAME_LENGTH)
    for letter in found:
        if not _usable(letter):
            shown = f"U+{ord(letter):04X}"
            raise JimaeError("name_unusable", param=param, name=_printable(found), letter=shown)
    return found


def _usable(letter: str) -> bool:
    if letter in PUNCTUATION:
        return True
    return unicodedata.category(letter)[0] in "LMN" and letter not in _UNSEEN


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in name)
