"""Words of a text for a full-text index that finds Japanese, the same in every database.

Japanese has no spaces and most of its words have two characters, so the words of an index are
all pairs of neighbours. Each is written as eight letters and digits, which no database takes
apart or folds; a text that has every pair of a term is then looked at itself (`found`).

    請求書  ->  請求 求書 書_       the last character stands alone: 書 is found as a beginning
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

# Only this much of one text is indexed and searched: PostgreSQL holds at most 1 MiB of words.
LONGEST: Final = 50_000
MOST_TERMS: Final = 16
LONGEST_TERM: Final = 64

# A character with everything that may become one with it: accents, voicing marks, half-width
# ones included, and the vowels and finals of Korean syllables.
_CLUSTER: Final = re.compile(
    r".[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u1160-\u11ff\u1ab0-\u1aff"
    r"\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\u3099\u309a\ufe20-\ufe2f\uff9e\uff9f]*",
    re.DOTALL,
)
_TO_HIRAGANA: Final = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
# No character begins with it: the last one there is begins with an "n".
_OWNER: Final = "z"

Span = tuple[int, int]
"""From a character up to, without, another."""


class Word(NamedTuple):
    """A word to ask an index for. `begins`: any word that begins with it will do."""

    text: str
    begins: bool = False


def folded(text: str) -> str:
    """A text as it is compared: width, case, and katakana or hiragana make no difference."""
    return "".join(map(_folded, _CLUSTER.findall(text)))


def terms_of(query: str) -> tuple[str, ...]:
    """What a text must have of, folded: each part of a query between spaces, once."""
    parts = [part[:LONGEST_TERM] for part in folded(query).split()]
    return tuple(dict.fromkeys(parts))[:MOST_TERMS]


def indexed(text: str, owner: str) -> str:
    """The words of a text for an index, each once, with spaces between. One of them says whose
    it is, so that nobody's search reads through the texts of others."""
    words: dict[str, None] = {owner_word(owner): None}
    for run in folded(text[:LONGEST]).split():
        for at in range(len(run) - 1):
            words[_coded(run[at]) + _coded(run[at + 1])] = None
        words[_coded(run[-1])] = None
    return " ".join(words)


def wanted(terms: Sequence[str], owner: str) -> tuple[Word, ...]:
    """The words that a text which has these terms must have."""
    words = {Word(owner_word(owner)): None}
    for term in terms:
        if len(term) == 1:
            words[Word(_coded(term), begins=True)] = None
        for at in range(len(term) - 1):
            words[Word(_coded(term[at]) + _coded(term[at + 1]))] = None
    return tuple(words)


def owner_word(owner: str) -> str:
    return _OWNER + hashlib.sha256(owner.encode()).hexdigest()[:15]


def found(text: str, terms: Sequence[str]) -> bool:
    """Whether a text has every one of these terms."""
    whole = folded(text[:LONGEST])
    return all(term in whole for term in terms)


def spans(text: str, terms: Sequence[str]) -> list[Span]:
    """Where the terms are in the text as it was written, in order; what overlaps is one."""
    clusters = [(match.start(), match.end()) for match in _CLUSTER.finditer(text[:LONGEST])]
    pieces = [_folded(text[start:end]) for start, end in clusters]
    origin = [number for number, piece in enumerate(pieces) for _ in piece]
    whole = "".join(pieces)
    marked = sorted(
        (clusters[origin[at]][0], clusters[origin[at + len(term) - 1]][1])
        for term in terms
        for at in _occurrences(whole, term)
    )
    joined: list[Span] = []
    for start, end in marked:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _occurrences(whole: str, term: str) -> Iterator[int]:
    at = whole.find(term)
    while at >= 0:
        yield at
        at = whole.find(term, at + 1)


@lru_cache(maxsize=65_536)
def _folded(cluster: str) -> str:
    plain = unicodedata.normalize("NFKC", cluster).casefold().translate(_TO_HIRAGANA)
    # Case folding may leave what normalising joins.
    return unicodedata.normalize("NFKC", plain)


@lru_cache(maxsize=65_536)
def _coded(character: str) -> str:
    """A character as four letters and digits."""
    number = ord(character)
    digits = ""
    for _ in range(4):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
