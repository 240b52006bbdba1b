"""JSON Schemas by number, and what is judged of an answer to one: for tests and the proof.

Each is made of what schemas in use are made of: nested objects, references that recur,
unions, bounds, patterns, formats, words in Japanese; one in eight asks for something that
no grammar can hold.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from jsonschema import FormatChecker
from jsonschema.validators import validator_for

Schema = dict[str, Any]

NAMES = ("name", "age", "住所", "電話番号", "tags", "備考", "a b", "価格", "x-y", 'quo"te', "№")
WORDS = ("東京", "大阪", "はい", "いいえ", "red", "blue", "改\n行", 'a"b', "😀", "")
PATTERNS = (
    "^[A-Z]{2}-\\d{3}$",
    "^[ぁ-ん]{1,8}$",
    "^(?:午前|午後)\\d{1,2}時$",
    "^\\w+$",
    "[aeiou]",
    "^$",
)
FORMATS = (
    "date",
    "time",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uuid",
)
NOT_HELD: tuple[Schema, ...] = (
    {"uniqueItems": True},
    {"not": {"type": "null"}},
    {"if": {"type": "string"}, "then": {"minLength": 1}},
    {"contains": {"type": "integer"}},
    {"propertyNames": {"pattern": "^a"}},
    {"dependentRequired": {"a": ["b"]}},
    {"unevaluatedProperties": False},
    {"pattern": "^(?=a)"},
    {"format": "iri"},
    {"$ref": "https://example.com/schema"},
    {"oneOf": [{"minimum": 1}, {"maximum": 2}]},
    {"minimum": 2**60},
)


def make(number: int) -> Schema:
    """The schema of a number: always the same."""
    return _Maker(random.Random(number)).root()  # noqa: S311


def judge(schema: Schema, answer: str) -> str | None:
    """What `jsonschema` has against an answer; None if nothing.

    Numbers are read as decimals, in which 0.3 is a multiple of 0.1.
    """
    exact = json.loads(json.dumps(schema), parse_float=Decimal)
    value = json.loads(answer, parse_float=Decimal)
    validator = validator_for(exact, default=validator_for({"$schema": DRAFT}))
    checker = FormatChecker(["date", "email", "ipv4", "ipv6", "uuid"])
    error = next(validator(exact, format_checker=checker).iter_errors(value), None)
    return None if error is None else f"{error.json_path}: {error.message}"


DRAFT = "https://json-schema.org/draft/2020-12/schema"


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def root(self) -> Schema:
        chance = self._chance
        recurring = {
            "type": "object",
            "properties": {
                "値": self._leaf(),
                "children": {"type": "array", "items": {"$ref": "#/$defs/木"}, "maxItems": 2},
            },
            "required": ["値"],
            "additionalProperties": False,
        }
        linked = {"anyOf": [{"type": "null"}, self._object(2, "#/$defs/list~1x")]}
        schema = self._object(3)
        schema["$defs"] = {"木": recurring, "list/x": linked}
        if chance.random() < 0.3:
            schema |= {"title": "答え", "description": "…", "$schema": DRAFT}
        if chance.random() < 0.125:
            name = chance.choice(list(schema["properties"]))
            schema["properties"][name] = chance.choice(NOT_HELD)
        return schema

    def _any(self, depth: int) -> Schema:
        chance = self._chance
        makers: list[Callable[[], Schema]] = [self._leaf, self._leaf]
        if depth > 0:
            makers += [
                lambda: self._object(depth - 1),
                lambda: self._array(depth - 1),
                lambda: {"anyOf": [self._any(depth - 1), self._leaf()]},
                lambda: {"oneOf": [self._tagged("犬"), self._tagged("猫")]},
                lambda: {"$ref": chance.choice(["#/$defs/木", "#/$defs/list~1x"])},
                lambda: {"allOf": [self._tagged("犬"), {"properties": {"足す": self._leaf()}}]},
                lambda: self._map(),
            ]
        return chance.choice(makers)()

    def _object(self, depth: int, reference: str | None = None) -> Schema:
        chance = self._chance
        names = chance.sample(NAMES, chance.randint(1, 4))
        properties = {name: self._any(depth) for name in names}
        if reference is not None:
            properties["next"] = {"$ref": reference}
        made: Schema = {"type": "object", "properties": properties}
        if chance.random() < 0.7:
            made |= {"required": list(properties), "additionalProperties": False}
        elif chance.random() < 0.5:
            made["required"] = names[:1]
        return made

    def _tagged(self, kind: str) -> Schema:
        properties = {"種類": {"const": kind}, "x": self._leaf()}
        return {"type": "object", "properties": properties, "required": ["種類"]}

    def _map(self) -> Schema:
        chance = self._chance
        if chance.random() < 0.5:
            return {
                "type": "object",
                "patternProperties": {"^k[0-9]$": self._leaf()},
                "additionalProperties": False,
            }
        return {"type": "object", "additionalProperties": self._leaf(), "maxProperties": 3}

    def _array(self, depth: int) -> Schema:
        chance = self._chance
        made: Schema = {"type": "array", "items": self._any(depth)}
        least = chance.randint(0, 2)
        made |= {"minItems": least, "maxItems": least + chance.randint(0, 2)}
        if chance.random() < 0.3:
            made["prefixItems"] = [self._leaf()]
        return made

    def _leaf(self) -> Schema:
        chance = self._chance
        low = chance.randint(-1000, 1000)
        high = low + chance.randint(1, 500)
        return chance.choice(
            [
                {"type": "boolean"},
                {"type": "null"},
                {"type": ["string", "null"], "maxLength": 6},
                {"type": "string", "minLength": 2, "maxLength": chance.randint(2, 20)},
                {"type": "string", "pattern": chance.choice(PATTERNS)},
                {"type": "string", "format": chance.choice(FORMATS)},
                {"type": "string", "format": "date", "pattern": "^20"},
                {"enum": chance.sample([*WORDS, 1, 2.5, None, True, ["a"], {"鍵": 1}], 4)},
                {"type": "string", "enum": chance.sample(WORDS, 3)},
                {"const": chance.choice([*WORDS, 0, -1.5, False])},
                {"type": "integer", "minimum": low, "maximum": high},
                {"type": "integer", "exclusiveMinimum": low, "exclusiveMaximum": low + 2},
                {"type": "number", "minimum": low / 8, "exclusiveMaximum": high / 8},
                {"type": "integer", "minimum": 0, "maximum": 999, "multipleOf": 7},
                {"type": "number", "minimum": 0, "maximum": 99, "multipleOf": 0.25},
                {"type": "number"},
            ]
        )
