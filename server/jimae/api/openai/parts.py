"""Parts of messages, which each of OpenAI's two APIs calls by names of its own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from jimae.api.parameters import shown
from jimae.errors import JimaeError

TEXTS: Final = frozenset(("text", "input_text", "output_text"))


def check_part(kind: str, path: str, read: Collection[str]) -> None:
    """Refuse a part by its type, before it looks like a wrong shape.

    Raises `invalid_choice` for a text under the name that the other API has for it, and
    `text_only` for what is no text.
    """
    if kind in read:
        return
    if kind not in TEXTS:
        raise JimaeError("text_only", param=path, name=path, value=kind)
    name = f"{path}.type"
    raise JimaeError(
        "invalid_choice", param=name, name=name, value=shown(kind), choices=", ".join(read)
    )
