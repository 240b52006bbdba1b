"""Probabilities in the form of OpenAI's older endpoint: parallel lists, and texts as keys."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from jimae.api.openai.completions.answers import TextLogprobs
from jimae.api.openai.token_text import finite, token_text
from jimae.types import TokenLogprob


class Offsets:
    """Where tokens begin in a text, in characters. One that begins within a character is at
    this character."""

    def __init__(self, start: int = 0) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._characters = start

    def next(self, piece: bytes) -> int:
        """Where this piece begins, which follows the one before it."""
        here = self._characters
        self._characters += len(self._decoder.decode(piece))
        return max(0, here)


def empty() -> TextLogprobs:
    return {"tokens": [], "token_logprobs": [], "top_logprobs": [], "text_offset": []}


def add(body: TextLogprobs, tokens: Iterable[TokenLogprob], offsets: Offsets) -> None:
    """Append tokens to the lists."""
    for token in tokens:
        body["tokens"].append(token_text(token.piece))
        body["text_offset"].append(offsets.next(token.piece))
        if token.logprob is None:
            body["token_logprobs"].append(None)
            body["top_logprobs"].append(None)
        else:
            body["token_logprobs"].append(finite(token.logprob))
            body["top_logprobs"].append(_alternatives(token, token.logprob))


def add_end(body: TextLogprobs, offsets: Offsets) -> None:
    """An entry for the end of a text that came before anything was written: readers expect one
    behind those of the prompt."""
    body["tokens"].append("")
    body["text_offset"].append(offsets.next(b""))
    body["token_logprobs"].append(None)
    body["top_logprobs"].append(None)


def _alternatives(token: TokenLogprob, logprob: float) -> dict[str, float]:
    """The most likely tokens, and the one that is there. Of two with the same text, the less
    likely one goes by its number: none may hide another."""
    named: dict[str, float] = {}
    chosen = (token.token, token.piece, logprob)
    rest = () if any(top[0] == token.token for top in token.top) else (chosen,)
    for number, piece, probability in (*token.top, *rest):
        text = token_text(piece)
        named[f"token_id:{number}" if text in named else text] = finite(probability)
    return named
