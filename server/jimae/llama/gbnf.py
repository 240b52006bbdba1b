"""llama.cpp's notation of grammars, written as Lark."""

from __future__ import annotations

from llguidance.gbnf_to_lark import gbnf_to_lark


def to_lark(text: str) -> str:
    """Raises ValueError with the reason if the grammar is wrong."""
    try:
        return gbnf_to_lark(text)
    # Its own errors are plain exceptions; what else a damaged grammar leads to is one as well.
    except Exception as error:
        raise ValueError(" ".join(str(error).split())) from None
