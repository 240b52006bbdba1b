"""Keywords of JSON Schema: what a value of theirs is, and which no grammar can enforce.

Found out by generating with llguidance 1.9.1 and judging with `jsonschema`; the proof
`json_schemas` does so again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

NOT_ENFORCED = {
    "not": "state what is allowed instead of what is not",
    "if": "write the cases as anyOf",
    "then": "write the cases as anyOf",
    "else": "write the cases as anyOf",
    "dependentSchemas": "write the cases as anyOf",
    "dependentRequired": "write the cases as anyOf",
    "dependencies": "write the cases as anyOf",
    "contains": "use items or prefixItems",
    "minContains": "use items or prefixItems",
    "maxContains": "use items or prefixItems",
    "uniqueItems": "leave it out, and drop duplicates from the answer",
    "propertyNames": "use patternProperties with additionalProperties false",
    "unevaluatedProperties": "use additionalProperties",
    "unevaluatedItems": "use items",
    "contentSchema": "leave it out",
    "$dynamicRef": "use $ref",
    "$recursiveRef": "use $ref",
}
"""Keywords that ask for something that a grammar cannot hold an answer to, and the way out."""

ASKS_NOTHING: dict[str, tuple[Any, ...]] = {
    "uniqueItems": (False,),
    # Every name is a text; zod says so of every record.
    "propertyNames": (True, {}, {"type": "string"}),
}
"""Values of these with which they ask for nothing."""


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_type(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in TYPES for name in names)


def _is_values(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_step(value: Any) -> bool:
    return _is_number(value) and value > 0


VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "type": (_is_type, f"one or a list of {', '.join(TYPES)}"),
    "const": (lambda _: True, "any value"),
    "enum": (_is_values, "a list of at least one value"),
    "required": (_is_texts, "a list of names"),
    "minProperties": (_is_count, "a whole number from 0"),
    "maxProperties": (_is_count, "a whole number from 0"),
    "minItems": (_is_count, "a whole number from 0"),
    "maxItems": (_is_count, "a whole number from 0"),
    "minLength": (_is_count, "a whole number from 0"),
    "maxLength": (_is_count, "a whole number from 0"),
    "pattern": (_is_text, "a text"),
    "format": (_is_text, "a text"),
    "minimum": (_is_number, "a number"),
    "maximum": (_is_number, "a number"),
    "exclusiveMinimum": (_is_number, "a number"),
    "exclusiveMaximum": (_is_number, "a number"),
    "multipleOf": (_is_step, "a number above 0"),
}
"""Keywords whose values are no schemas: a check of the value, and what would be right."""

SCHEMA = ("additionalProperties", "items")
SCHEMAS = ("anyOf", "oneOf", "allOf", "prefixItems")
NAMED_SCHEMAS = ("properties", "patternProperties")
