"""JSON Schema as it can be enforced: a schema of the caller's, written anew.

What llguidance gets holds only keywords that it enforces truly, references of one
form, and patterns instead of formats. Anything else that asks for something is
refused by its keyword and its place; annotations and unknown words, which ask for
nothing, are left out.

The text is compact or has single spaces: a weak model could otherwise write
whitespace for ever. No \\u escapes, or an additional property could have the name of
one that has a schema of its own.
"""

from __future__ import annotations

import math
from typing import Any, Final
from urllib.parse import unquote

from jimae.chat.grammars import formats, keywords, limits, patterns
from jimae.chat.grammars.disjoint import all_disjoint
from jimae.chat.grammars.part import Part
from jimae.errors import JimaeError

OPTIONS: Final = {
    "whitespace_flexible": False,
    "item_separator": ", ?",
    "key_separator": ": ?",
    "json_allowed_escapes": 'nrbtf"\\',
}
MAX_SCHEMAS: Final = 10_000
# Whole numbers beyond cannot be told apart in the 64 bits that they are computed with.
EXACT: Final = 2**53


def from_text(text: str) -> Part:
    """The grammar of a schema. Raises invalid_schema, unsupported_schema_keyword or
    grammar_too_large."""
    return _Writer(limits.read_json(text)).write()


def any_object() -> Part:
    return Part("json_schema", {"type": "object", "x-guidance": OPTIONS})


def _unsupported(keyword: str, path: str, reason: str) -> JimaeError:
    return JimaeError("unsupported_schema_keyword", keyword=keyword, path=path, reason=reason)


def _invalid(path: str, reason: str) -> JimaeError:
    return JimaeError("invalid_schema", path=path, reason=reason)


class _Writer:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._names: dict[str, str] = {}
        self._definitions: dict[str, Any] = {}
        self._waiting: list[str] = []
        self._count = 0

    def write(self) -> Part:
        if not isinstance(self._root, dict):
            raise _invalid("#", "a schema is a JSON object")
        schema = self._schema(self._root, "#")
        while self._waiting:
            reference = self._waiting.pop()
            target = self._target(reference, reference)
            self._definitions[self._names[reference]] = self._schema(target, reference)
        if self._definitions:
            schema["$defs"] = self._definitions
        schema["x-guidance"] = OPTIONS
        return Part("json_schema", schema)

    def _schema(self, node: Any, path: str) -> Any:
        self._count += 1
        if self._count > MAX_SCHEMAS:
            raise JimaeError(
                "grammar_too_large", what="schemas", value=self._count, limit=MAX_SCHEMAS
            )
        if isinstance(node, bool):
            return node
        if not isinstance(node, dict):
            raise _invalid(path, "a schema is an object, true or false")
        if path != "#" and not str(node.get("$id", "#")).startswith("#"):
            raise _unsupported("$id", path, "only the whole schema may have one")
        written: dict[str, Any] = {}
        for keyword, value in node.items():
            self._keyword(written, node, keyword, value, path)
        _check_counts(node, written, path)
        return written

    def _keyword(
        self, written: dict[str, Any], node: dict[str, Any], keyword: str, value: Any, path: str
    ) -> None:
        place = f"{path}/{keyword.replace('~', '~0').replace('/', '~1')}"
        if keyword in keywords.NOT_ENFORCED:
            if value not in keywords.ASKS_NOTHING.get(keyword, ()):
                raise _unsupported(keyword, path, keywords.NOT_ENFORCED[keyword])
        elif keyword in keywords.VALUES:
            self._value(written, node, keyword, value, path)
        elif keyword == "items" and isinstance(value, list):
            written["prefixItems"] = self._list(value, place)
            if "additionalItems" in node:
                written["items"] = self._schema(node["additionalItems"], f"{path}/additionalItems")
        elif keyword in keywords.SCHEMA:
            written[keyword] = self._schema(value, place)
        elif keyword == "oneOf":
            options = self._list(value, place)
            if not all_disjoint(value, self._resolved):
                raise _unsupported(
                    keyword, path, "one value could fit two of its schemas; use anyOf"
                )
            _also(written, {"anyOf": options})
        elif keyword == "allOf":
            written.setdefault("allOf", []).extend(self._list(value, place))
        elif keyword in keywords.SCHEMAS:
            written[keyword] = self._list(value, place)
        elif keyword in keywords.NAMED_SCHEMAS:
            written[keyword] = self._named(keyword, value, place)
        elif keyword == "$ref":
            written["$ref"] = self._reference(value, path)

    def _value(
        self, written: dict[str, Any], node: dict[str, Any], keyword: str, value: Any, path: str
    ) -> None:
        is_right, right = keywords.VALUES[keyword]
        if not is_right(value):
            raise _invalid(path, f"{keyword} has to be {right}")
        _check_values(value, keyword, path)
        if keyword == "format":
            if not _may_be_text(node):
                return
            if value not in formats.PATTERNS:
                known = ", ".join(formats.PATTERNS)
                raise _unsupported(keyword, path, f"{value!r} is none of {known}; use pattern")
            _also(written, {"pattern": formats.PATTERNS[value]})
            return
        if keyword == "pattern":
            _check_pattern(value, keyword, path)
            _also(written, {"pattern": value})
            return
        written[keyword] = value

    def _list(self, value: Any, path: str) -> list[Any]:
        if not isinstance(value, list) or not value:
            raise _invalid(path, "a list of at least one schema is expected")
        return [self._schema(item, f"{path}/{index}") for index, item in enumerate(value)]

    def _named(self, keyword: str, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _invalid(path, "an object of schemas is expected")
        if keyword == "patternProperties":
            for pattern in value:
                _check_pattern(pattern, keyword, path)
        for name in value:
            limits.check_text(name)
        return {name: self._schema(item, f"{path}/{name}") for name, item in value.items()}

    # --- references --------------------------------------------------------------

    def _reference(self, value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise _invalid(path, "$ref has to be a text")
        if value != "#" and not value.startswith("#/"):
            raise _unsupported("$ref", path, f"{value!r} is not in this schema; use #/$defs/…")
        self._resolved({"$ref": value}, path)
        if value not in self._names:
            self._names[value] = f"d{len(self._names)}"
            self._waiting.append(value)
        return f"#/$defs/{self._names[value]}"

    def _resolved(self, node: Any, path: str = "#") -> Any:
        """A schema, or what it refers to if it does nothing else."""
        seen = set()
        while isinstance(node, dict) and set(node) == {"$ref"}:
            reference = node["$ref"]
            if reference in seen:
                raise _invalid(path, f"$ref {reference!r} leads back to itself")
            seen.add(reference)
            node = self._target(reference, path)
        return node

    def _target(self, reference: Any, path: str) -> Any:
        node = self._root
        for step in str(reference).split("/")[1:]:
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and name in node:
                node = node[name]
            elif isinstance(node, list) and name.isdecimal() and int(name) < len(node):
                node = node[int(name)]
            else:
                raise _invalid(path, f"$ref {reference!r} leads nowhere")
        return node


def _also(written: dict[str, Any], more: dict[str, Any]) -> None:
    """Ask for `more` as well, beside what is asked for by the same keyword."""
    (keyword,) = more
    if keyword in written:
        written.setdefault("allOf", []).append(more)
    else:
        written.update(more)


def _may_be_text(node: dict[str, Any]) -> bool:
    named = node.get("type", "string")
    return "string" in (named if isinstance(named, list) else [named])


def _check_pattern(pattern: str, keyword: str, path: str) -> None:
    if reason := patterns.problem(pattern):
        raise _unsupported(keyword, path, f"{pattern!r}: {reason}")


def _check_values(value: Any, keyword: str, path: str) -> None:
    if isinstance(value, str):
        limits.check_text(value)
    elif isinstance(value, dict | list):
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            _check_values(item, keyword, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        whole = isinstance(value, int)
        if (whole and abs(value) > EXACT) or not math.isfinite(value):
            raise _unsupported(keyword, path, f"{value} is beyond ±2^53; use a smaller number")


def _check_counts(node: dict[str, Any], written: dict[str, Any], path: str) -> None:
    """Bounds on the number of properties, which hold only where few are left open.

    A name that is not in `properties` could be written twice and count once.
    """
    least, most = written.get("minProperties"), written.get("maxProperties")
    required = set(node.get("required", ()))
    optional = set(node.get("properties", {})) - required
    closed = node.get("additionalProperties") is False and not node.get("patternProperties")
    if least is not None:
        if least <= len(required):
            del written["minProperties"]
        elif least > len(required) + 1 or (optional and not closed):
            raise _unsupported("minProperties", path, "name those that must be there in required")
    if most is not None and optional and closed and most >= len(required | optional):
        del written["maxProperties"]
    elif most is not None and optional and not (closed and most == len(required) + 1):
        raise _unsupported("maxProperties", path, "leave it out, or require all of properties")
