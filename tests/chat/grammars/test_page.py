"""The page on structured output names what is held and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

from jimae.chat.grammars import formats, keywords

PAGE = Path(__file__).parents[3] / "docs" / "structured-output.md"


def test_every_keyword_and_format_is_on_the_page() -> None:
    section = PAGE.read_text(encoding="utf-8").split("## Keywords")[1].split("## Other")[0]
    table, refused = section.split("\nRefused: ")
    named = set(re.findall(r"`([^`]+)`", refused.split("Annotations")[0]))
    held = {*keywords.VALUES, *keywords.SCHEMA, *keywords.SCHEMAS, *keywords.NAMED_SCHEMAS, "$ref"}

    assert named == set(keywords.NOT_ENFORCED)
    assert held | set(formats.PATTERNS) == set(re.findall(r"`(\$?[a-zA-Z][\w-]*)`", table))
