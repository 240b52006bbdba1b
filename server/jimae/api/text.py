"""Text of a request: what may be in it."""

from __future__ import annotations

from typing import Final

from jimae.errors import JimaeError

NUL: Final = "\0"


def checked(text: str, path: str) -> str:
    """The text itself. Raises `invalid_text`, naming `path`, if it holds a NUL: that means
    nothing in a text, and ends one in native code."""
    if NUL in text:
        raise JimaeError("invalid_text", param=path, name=path, what="NUL (U+0000)")
    return text
