"""Directories of people elsewhere."""

from __future__ import annotations

from jimae.error_texts.text import Text

TEXTS: dict[str, Text] = {}
