"""A text of use to begin with, in two languages. It is in force only once it is published."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

_PLACE: Final = re.compile(r"[\[［]([^\[\]［］]+)[\]］](?!\()")


class Template(NamedTuple):
    ja: str
    en: str


def template() -> Template:
    """Both texts, in Markdown. Brackets [ ] mark what an organisation fills in."""
    here = files(__name__)
    return Template(*((here / name).read_text(encoding="utf-8") for name in ("ja.md", "en.md")))


def unfilled(text: str) -> list[str]:
    """The places of these texts that another one still has, in its order: `[組織名]`.

    Other brackets are Markdown's, or what an organisation means to write.
    """
    found = (match[1].strip() for match in _PLACE.finditer(text))
    return list(dict.fromkeys(f"[{name}]" for name in found if name in _places()))


@cache
def _places() -> frozenset[str]:
    return frozenset(match[1] for text in template() for match in _PLACE.finditer(text))
