"""What a person, a group or a key may use."""

from __future__ import annotations

from jimae.error_texts.text import Text

TEXTS: dict[str, Text] = {}
