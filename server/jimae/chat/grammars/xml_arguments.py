"""Arguments as <parameter=key>value</parameter>, where strings stand without quotes.

What a schema asks of a text cannot be asked of one without quotes, but for its
being one of a few.
"""

from __future__ import annotations

import json
from typing import Any

from jimae.chat.grammars import json_schema, limits
from jimae.chat.grammars.part import LARK_OPTIONS, Part
from jimae.errors import JimaeError

_OF_TEXTS = ("pattern", "format", "minLength", "maxLength")
_END = "\n</parameter>\n"
_TEXT = f"text[lazy]: /(?s:.*)/ {json.dumps(_END)}\n"
_NAME = r"NAME: /[^<>\n]{1,64}/"


def any_parameters() -> Part:
    """Any parameters, with any text in them."""
    text = f'start: one*\none: "<parameter=" NAME ">\\n" text\n{_NAME}\n{_TEXT}'
    return Part("lark_grammar", LARK_OPTIONS + text)


def parameters(schema_text: str) -> Part:
    """The parameters of a schema, in its order. Raises as `json_schema.from_text` does."""
    json_schema.from_text(schema_text)  # as a whole: its limits, and what is no schema
    schema = limits.read_json(schema_text)
    properties = schema.get("properties", {})
    required = set(schema.get("required", ()))
    definitions = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    order, rules = [], []
    for index, (name, node) in enumerate(properties.items()):
        order.append(f"p{index}" + ("" if name in required else "?"))
        begin = json.dumps(f"<parameter={name}>\n", ensure_ascii=False)
        rules.append(f"p{index}: {begin} {_value(node, definitions, name)}\n")
    start = f"start: {' '.join(order)}\n" if order else 'start: ""\n'
    return Part("lark_grammar", LARK_OPTIONS + start + "".join(rules) + _TEXT)


def _value(node: Any, definitions: dict[str, Any], name: str) -> str:
    """A value and the mark behind it."""
    end = json.dumps(_END)
    values = _choices(node)
    if values is not None and all(isinstance(value, str) for value in values):
        options = " | ".join(json.dumps(value, ensure_ascii=False) for value in values)
        return f"({options}) {end}"
    if isinstance(node, dict) and node.get("type") == "string":
        for keyword in _OF_TEXTS:
            if keyword in node:
                raise JimaeError(
                    "unsupported_schema_keyword",
                    keyword=keyword,
                    path=f"#/properties/{name}",
                    reason="this model writes texts without quotes; use enum or leave it out",
                )
        return "text"
    if not isinstance(node, dict) or not ({"type", "$ref", "enum", "const"} & node.keys()):
        return "text"
    part = json_schema.from_text(json.dumps({**definitions, **node}, ensure_ascii=False))
    return f"%json {json.dumps(part.body, ensure_ascii=False)} {end}"


def _choices(node: Any) -> list[Any] | None:
    if not isinstance(node, dict):
        return None
    return [node["const"]] if "const" in node else node.get("enum")
