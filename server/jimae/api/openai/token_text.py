"""Tokens as text: what a piece of bytes is called where JSON wants a string."""

from __future__ import annotations

from typing import Final

LEAST_LOGPROB: Final = -9999.0
"""What OpenAI sends for a token that cannot be; JSON has no infinity."""


def token_text(piece: bytes) -> str:
    """The text of a token, or `bytes:\\xe3\\x81` for one that is no whole text: OpenAI's
    notation, and as distinct as the bytes are."""
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in piece)


def finite(logprob: float) -> float:
    return max(logprob, LEAST_LOGPROB)
