"""A grammar that stands by itself, or as a named part of a larger one."""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

LARK_OPTIONS = "%llguidance {}\n"


class Part(NamedTuple):
    """One grammar as llguidance takes it: the text of a Lark grammar, or a JSON Schema."""

    kind: Literal["lark_grammar", "json_schema"]
    body: str | dict[str, Any]


def write(parts: dict[str, Part]) -> str:
    """Named parts as one grammar. The first is where an answer starts; `@name` in Lark
    refers to another."""
    grammars = [{"name": name, part.kind: part.body} for name, part in parts.items()]
    return json.dumps({"grammars": grammars}, ensure_ascii=False)
