"""Schemas written anew: what is kept, what is left out, what is refused by its keyword."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakes.schemas import NOT_HELD
from jimae.chat.grammars.json_schema import MAX_SCHEMAS, OPTIONS, any_object, from_text
from jimae.errors import JimaeError

Schema = dict[str, Any]


def written(schema: Any) -> Schema:
    body = from_text(json.dumps(schema)).body
    assert isinstance(body, dict)
    assert body.pop("x-guidance") == OPTIONS
    return body


def refused(schema: Any) -> JimaeError:
    with pytest.raises(JimaeError) as caught:
        from_text(json.dumps(schema))
    assert caught.value.status == 400
    return caught.value


def test_a_schema_of_strict_mode_stays_as_it_is() -> None:
    schema = {
        "type": "object",
        "properties": {"都市": {"type": "string"}, "日数": {"type": "integer", "minimum": 1}},
        "required": ["都市", "日数"],
        "additionalProperties": False,
    }

    assert written(schema) == schema
    assert list(written(schema)["properties"]) == ["都市", "日数"]


def test_annotations_and_unknown_words_are_left_out() -> None:
    annotated = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.com/a",
        "title": "t", "description": "d", "default": 1, "examples": [1], "$comment": "c",
        "deprecated": True, "readOnly": True, "x-order": 3, "nullable": True, "uniqueItems": False,
        "type": "integer",
    }  # fmt: skip

    assert written(annotated) == {"type": "integer"}


@pytest.mark.parametrize("names", [True, {}, {"type": "string"}])
def test_that_names_are_texts_asks_for_nothing(names: object) -> None:
    """As zod writes of a record."""
    record = {"type": "object", "additionalProperties": {"type": "number"}}

    assert written(record | {"propertyNames": names}) == record


def test_names_of_properties_are_no_keywords() -> None:
    schema = {"properties": {"not": {"type": "string"}, "$ref": {"const": 1}}}

    assert written(schema) == schema


def test_a_schema_that_refers_to_itself() -> None:
    schema = {
        "$ref": "#/definitions/a~1b%20c",
        "definitions": {"a/b c": {"properties": {"next": {"$ref": "#/definitions/a~1b%20c"}}}},
    }

    assert written(schema) == {
        "$ref": "#/$defs/d0",
        "$defs": {"d0": {"properties": {"next": {"$ref": "#/$defs/d0"}}}},
    }


def test_a_definition_that_nobody_refers_to_may_ask_for_anything() -> None:
    assert written({"type": "null", "$defs": {"x": {"not": {}}}}) == {"type": "null"}


def test_a_format_becomes_a_pattern() -> None:
    body = written({"type": "string", "pattern": "^20", "format": "date"})

    assert body["pattern"] == "^20"
    assert "02-29" in body["allOf"][0]["pattern"]


def test_a_format_of_what_is_no_text_asks_for_nothing() -> None:
    assert written({"type": "integer", "format": "int64"}) == {"type": "integer"}


def test_one_of_becomes_any_of_where_no_value_fits_two() -> None:
    cat = {"properties": {"kind": {"const": "cat"}}, "required": ["kind"], "type": "object"}
    dog = {"properties": {"kind": {"enum": ["dog"]}}, "type": "object"}
    schema = {"oneOf": [{"$ref": "#/$defs/cat"}, dog], "$defs": {"cat": cat}}

    assert written(schema)["anyOf"] == [{"$ref": "#/$defs/d0"}, dog]


@pytest.mark.parametrize(
    "options",
    [
        [{"type": "integer"}, {"type": "number"}],
        [{"const": 1}, {"const": 1.0}],
        [{"type": "string"}, {"enum": ["a"]}],
        [{"required": ["a"]}, {"required": ["b"]}],
        [{"properties": {"k": {"const": "a"}}, "required": ["k"]},
         {"properties": {"k": {"const": "b"}}, "required": ["k"]}],
        [{"type": "object", "properties": {"k": {"const": "a"}}},
         {"type": "object", "properties": {"k": {"const": "b"}}}],
    ],
)  # fmt: skip
def test_one_of_with_a_value_that_fits_two_is_refused(options: list[Schema]) -> None:
    error = refused({"type": "array", "items": {"oneOf": options}})

    assert error.code == "unsupported_schema_keyword"
    assert error.values["keyword"] == "oneOf"
    assert error.values["path"] == "#/items"


@pytest.mark.parametrize("part", NOT_HELD, ids=lambda part: next(iter(part)))
def test_what_cannot_be_enforced_is_refused_by_keyword_and_place(part: Schema) -> None:
    error = refused({"type": "object", "properties": {"a": part}})

    assert error.code == "unsupported_schema_keyword"
    assert error.values["keyword"] == next(iter(part))
    assert error.values["path"] == "#/properties/a"


@pytest.mark.parametrize(
    "counts",
    [
        {"minProperties": 2},
        {"properties": {"a": {}, "b": {}}, "minProperties": 1},
        {"properties": {"a": {}, "b": {}, "c": {}}, "maxProperties": 2},
    ],
)
def test_counts_of_properties_that_a_repeated_name_would_break(counts: Schema) -> None:
    assert refused({"type": "object", **counts}).code == "unsupported_schema_keyword"


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ([], "#"),
        ({"type": "text"}, "#"),
        ({"properties": {"a": 1}}, "#/properties/a"),
        ({"properties": []}, "#/properties"),
        ({"anyOf": []}, "#/anyOf"),
        ({"enum": []}, "#"),
        ({"items": {"minLength": -1}}, "#/items"),
        ({"minimum": "1"}, "#"),
        ({"exclusiveMinimum": True}, "#"),
        ({"multipleOf": 0}, "#"),
        ({"$ref": "#/$defs/none"}, "#"),
        ({"$ref": "#"}, "#"),
    ],
)
def test_a_wrong_schema_is_refused_by_place(schema: Any, path: str) -> None:
    error = refused(schema)

    assert error.code == "invalid_schema"
    assert error.values["path"] == path


@pytest.mark.parametrize("text", ["", "{", '{"a": 1, "a": 2}', '{"minimum": NaN}', "\x00"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(JimaeError) as caught:
        from_text(text)
    assert caught.value.code == "invalid_schema"


def test_size_depth_and_number_of_schemas_are_bounded() -> None:
    deep: Any = {}
    for _ in range(40):
        deep = {"items": deep, "type": "array", "description": "d"}
    assert written(deep)
    for _ in range(40):
        deep = {"items": deep}
    many = {"anyOf": [{"type": "null"}] * MAX_SCHEMAS}
    large = {"description": "x" * 300_000}
    endless = '{"items":' * 100_000

    for schema in (deep, many, large):
        assert refused(schema).code == "grammar_too_large"
    with pytest.raises(JimaeError, match="at most"):
        from_text(endless)


def test_any_object_is_an_object() -> None:
    assert any_object().body == {"type": "object", "x-guidance": OPTIONS}
