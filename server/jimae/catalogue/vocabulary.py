"""Whether two models have the same vocabulary, so that each can read the other's tokens."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Final

from jimae.catalogue.gguf_header import Header

# Rows that the embedding has beyond the vocabulary: models of one family differ in their number.
_PADDING: Final = re.compile(rb"\[PAD\d+\]")
_LENGTH: Final = struct.Struct("<Q")


def same_vocabulary(one: Path, its: Header, other: Path, others: Header) -> bool:
    """Whether all token texts are the same, padding at the end excepted. Blocks."""
    texts = token_texts(one, its)
    return bool(texts) and texts == token_texts(other, others)


def token_texts(path: Path, header: Header) -> list[bytes]:
    """The texts of a file's tokens without the padding at their end. `header` was read from it."""
    if not header.vocab_size:
        return []
    with path.open("rb") as file:
        file.seek(header.tokens_offset)
        data = file.read(header.data_offset - header.tokens_offset)
    texts = []
    at = 0
    for _ in range(header.vocab_size):
        end = at + _LENGTH.size + _LENGTH.unpack_from(data, at)[0]
        texts.append(data[at + _LENGTH.size : end])
        at = end
    while texts and _PADDING.fullmatch(texts[-1]):
        texts.pop()
    return texts
