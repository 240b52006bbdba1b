"""Arguments in Gemma 4's notation: {city:<|"|>東京<|"|>,days:2,flags:[true]}.

Keys stand in the order of the alphabet, as its template shows them. Of a schema it
holds what says which values there are, not what bounds them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from jimae.chat.grammars import json_schema, keywords, limits
from jimae.chat.grammars.part import LARK_OPTIONS, Part
from jimae.errors import JimaeError

QUOTE: Final = '<|"|>'
HELD: Final = {
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "anyOf",
    "$ref",
    "$defs",
    "definitions",
}

ASKING: Final = {
    *keywords.NOT_ENFORCED,
    *keywords.VALUES,
    *keywords.SCHEMA,
    *keywords.SCHEMAS,
    *keywords.NAMED_SCHEMAS,
}

_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SIMPLE = {
    "string": "text",
    "integer": "INTEGER",
    "number": "NUMBER",
    "boolean": '("true" | "false")',
    "null": '"null"',
}
_COMMON = r"""
any: text | NUMBER | "true" | "false" | "null" | list | object
list: "[" (any ("," any)*)? "]"
object: "{" (member ("," member)*)? "}"
member: (KEY | text) ":" any
KEY: /[A-Za-z_][A-Za-z0-9_-]{0,63}/
INTEGER: /-?(0|[1-9][0-9]{0,17})/
NUMBER: /-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?/
FREE: /(?s:.*)/
"""


def any_arguments(specials: Mapping[str, int]) -> Part:
    """Any object."""
    return Part("lark_grammar", LARK_OPTIONS + "start: object\n" + _COMMON + _text(specials))


def arguments(schema_text: str, specials: Mapping[str, int]) -> Part:
    """The arguments of a schema. Raises as `json_schema.from_text` does.

    `specials` are the texts of the special tokens and their ids.
    """
    json_schema.from_text(schema_text)  # its limits, and what is no schema
    writer = _Writer(limits.read_json(schema_text))
    return Part("lark_grammar", LARK_OPTIONS + writer.text() + _COMMON + _text(specials))


def _text(specials: Mapping[str, int]) -> str:
    """The rules of a string: free up to the next quote, whether it is one token or spelled."""
    spelled = json.dumps(QUOTE)
    rules = f"text_end[lazy]: FREE {spelled}\n"
    if QUOTE not in specials:
        return f"quote: {spelled}\ntext: quote text_end\n{rules}"
    token = f"<[{specials[QUOTE]}]>"
    return f"quote: {token} | {spelled}\ntext: quote (text_end | FREE {token})\n{rules}"


class _Writer:
    """A rule for each object and each reference of a schema."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._rules: list[str] = []
        self._references: dict[str, str] = {}
        self._objects = 0

    def text(self) -> str:
        start = self._value(self._root, "#")
        return f"start: {start}\n" + "".join(self._rules)

    def _value(self, node: Any, path: str) -> str:
        if not isinstance(node, dict):
            return "any"
        for keyword in node:
            if keyword in ASKING and keyword not in HELD:
                raise JimaeError(
                    "unsupported_schema_keyword",
                    keyword=keyword,
                    path=path,
                    reason="arguments in this model's notation cannot be held to it; leave it out",
                )
        if "$ref" in node:
            return self._reference(node["$ref"])
        values = [node["const"]] if "const" in node else node.get("enum")
        if values is not None:
            return self._one_of([_literal(value) for value in values])
        if "anyOf" in node:
            options = enumerate(node["anyOf"])
            return self._one_of([self._value(item, f"{path}/anyOf/{n}") for n, item in options])
        kinds = node.get("type")
        if kinds is None:
            kinds = "object" if "properties" in node else "array" if "items" in node else None
        if isinstance(kinds, list):
            return self._one_of([self._kind(node, kind, path) for kind in kinds])
        return self._kind(node, kinds, path)

    @staticmethod
    def _one_of(options: list[str]) -> str:
        return f"({' | '.join(options)})"

    def _kind(self, node: dict[str, Any], kind: str | None, path: str) -> str:
        if kind in _SIMPLE:
            return _SIMPLE[kind]
        if kind == "array":
            item = self._value(node.get("items"), f"{path}/items")
            return f'("[" ({item} ("," {item})*)? "]")'
        if kind == "object":
            return self._object(node, path) if node.get("properties") else "object"
        return "any"

    def _object(self, node: dict[str, Any], path: str) -> str:
        """The members in order, each optional unless required, with commas between them."""
        self._objects += 1
        rule = f"o{self._objects}"
        required = set(node.get("required", ()))
        names = sorted(node["properties"], key=str.lower)
        for index, name in enumerate(names):
            value = self._value(node["properties"][name], f"{path}/properties/{name}")
            for begun in (0, 1):
                comma = '"," ' if begun else ""
                written = f"{comma}{_key(name)} {value} {rule}_{index + 1}_1"
                left_out = "" if name in required else f" | {rule}_{index + 1}_{begun}"
                self._rules.append(f"{rule}_{index}_{begun}: {written}{left_out}\n")
        self._rules += [f'{rule}_{len(names)}_{begun}: ""\n' for begun in (0, 1)]
        return f'("{{" {rule}_0_0 "}}")'

    def _reference(self, reference: str) -> str:
        if reference not in self._references:
            rule = self._references[reference] = f"r{len(self._references)}"
            node = self._root
            for step in reference.split("/")[1:]:
                name = unquote(step).replace("~1", "/").replace("~0", "~")
                node = node[int(name)] if isinstance(node, list) else node[name]
            self._rules.append(f"{rule}: {self._value(node, reference)}\n")
        return self._references[reference]


def _key(name: str) -> str:
    if _BARE_KEY.fullmatch(name):
        return json.dumps(f"{name}:")
    return f'{_literal(name)} ":"'


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return (
            f"(quote {json.dumps(value, ensure_ascii=False)} quote)" if value else "(quote quote)"
        )
    if isinstance(value, list | dict):
        return "any"
    return json.dumps(json.dumps(value))
