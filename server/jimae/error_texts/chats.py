"""Chats that people keep."""

from __future__ import annotations

from jimae.error_texts.text import Text

TEXTS: dict[str, Text] = {}
