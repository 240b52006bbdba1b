"""Every error's code, HTTP status, envelope type and sentences: one file for each subject.

A sentence names the thing, the value and the way out. Placeholders are filled
from `JimaeError.values`; a test checks that both languages use the same ones, and that
no code is given twice.
"""

from __future__ import annotations

from typing import Final

from jimae.error_texts import (
    accounts,
    audit,
    chats,
    directories,
    engine,
    importing,
    limits,
    measuring,
    page,
    policy,
    requests,
    starting,
    storage,
    weights,
)
from jimae.error_texts.text import Text

PARTS: Final = (
    requests,
    engine,
    accounts,
    importing,
    limits,
    policy,
    chats,
    page,
    audit,
    directories,
    storage,
    starting,
    weights,
    measuring,
)
TEXTS: Final[dict[str, Text]] = {code: text for part in PARTS for code, text in part.TEXTS.items()}
