"""Whether no value fits two schemas: then `oneOf` asks for no more than `anyOf`.

A proof is looked for in types, in values of const and enum, and in properties that
one of two objects must have. Not finding one means that there may be such a value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from typing import Any

from jimae.chat.grammars.keywords import TYPES

Resolve = Callable[[Any], Any]
"""Follows a `$ref` at the top of a schema, if nothing stands beside it."""

_DEPTH = 4


def all_disjoint(options: list[Any], resolve: Resolve) -> bool:
    return all(disjoint(one, other, resolve, _DEPTH) for one, other in combinations(options, 2))


def disjoint(one: Any, other: Any, resolve: Resolve, depth: int) -> bool:
    if depth == 0:
        return False
    one, other = resolve(one), resolve(other)
    if one is False or other is False:
        return True
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    if not _types(one) & _types(other):
        return True
    values, others = _values(one), _values(other)
    if values is not None and others is not None and not values & others:
        return True
    return _types(one) == _types(other) == {"object"} and (
        _differ_in_a_property(one, other, resolve, depth)
        or _differ_in_a_property(other, one, resolve, depth)
    )


def _differ_in_a_property(one: Any, other: Any, resolve: Resolve, depth: int) -> bool:
    """Whether a property that `one` requires makes a value unfit for `other`."""
    own, others = one.get("properties", {}), other.get("properties", {})
    for name in one.get("required", ()):
        if name in others and disjoint(own.get(name, True), others[name], resolve, depth - 1):
            return True
        closed = other.get("additionalProperties") is False and not other.get("patternProperties")
        if name not in others and closed:
            return True
    return False


def _types(schema: dict[str, Any]) -> set[str]:
    values = _values(schema)
    if values is not None:
        return {_type_of(json.loads(value)) for value in values}
    named = schema.get("type", list(TYPES))
    found = set(named if isinstance(named, list) else [named])
    return {"number" if name == "integer" else name for name in found}


def _values(schema: dict[str, Any]) -> set[str] | None:
    """The only values that may fit, each as JSON; None if they are not listed."""
    if "const" in schema:
        listed = [schema["const"]]
    elif isinstance(schema.get("enum"), list):
        listed = schema["enum"]
    else:
        return None
    return {json.dumps(_as_compared(value), sort_keys=True) for value in listed}


def _as_compared(value: Any) -> Any:
    """A value of which equal numbers are written alike: 1 and 1.0 are one number to JSON."""
    if isinstance(value, list):
        return [_as_compared(item) for item in value]
    if isinstance(value, dict):
        return {name: _as_compared(item) for name, item in value.items()}
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (float, "number"), (str, "string"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "object"
