"""A text of use to begin with, in two languages. It is in force only once it is published."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple


class Template(NamedTuple):
    ja: str
    en: str


def template() -> Template:
    """Both texts, in Markdown. Brackets [ ] mark what an organisation fills in."""
    here = files(__name__)
    return Template(*((here / name).read_text(encoding="utf-8") for name in ("ja.md", "en.md")))
