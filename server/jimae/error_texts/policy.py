"""The rules of use, and personal data in what is sent."""

from __future__ import annotations

from jimae.error_texts.text import Text

TEXTS: dict[str, Text] = {}
