"""What the OpenAPI document says of what our handlers read, and of each status that they can
answer."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from jimae.api import errors
from jimae.api.anthropic import errors as anthropic
from jimae.api.ollama import errors as ollama

Described = dict[str, Any]
"""A part of the document."""
Responses = dict[int | str, Described]

REF: Final = "#/components/schemas/{model}"
# By name, and described once: FastAPI would make a field of its own for each status of each
# route, which took half of the seconds in which the server starts.
ENVELOPES: Final[dict[str, Any]] = {
    "Error": errors.Envelope,
    "AnthropicError": anthropic.Envelope,
    "OllamaError": ollama.Envelope,
}

EVENTS: Final = "text/event-stream"
LINES: Final = "application/x-ndjson"

# Whatever was asked: by nobody who is known, or may ask; something broke, or the server cannot
# answer now.
ALWAYS: Final = (401, 403, 500, 503)
# What is asked for is not there.
FOUND: Final = (404,)
# Something of the request is checked that is not its body.
QUERY: Final = (400,)
# A body is read.
BODY: Final = (400, 413, 415)
# A model is loaded, and waited for in a queue.
MODEL: Final = (404, 422, 429)
# It may have been asked too often.
WAIT: Final = (429,)
# Something is kept: it may be in use, and the disk full.
KEPT: Final = (404, 409, 507)


def failures(envelope: str, *groups: tuple[int, ...]) -> Responses:
    """The errors of an operation, in the envelope of its API: one of `ENVELOPES`."""
    statuses = {status for group in (ALWAYS, *groups) for status in group}
    schema = {"schema": {"$ref": REF.format(model=envelope)}}
    return {status: {"content": {"application/json": schema}} for status in sorted(statuses)}


def _envelopes() -> Described:
    found: Described = {}
    for name, envelope in ENVELOPES.items():
        schema = TypeAdapter(envelope).json_schema(ref_template=REF)
        inner = schema.pop("$defs", {})
        # Envelopes of different APIs have parts of the same names.
        text = {part: f"{name}{part}" for part in inner}
        found |= {text[part]: _renamed(described, text) for part, described in inner.items()}
        found[name] = _renamed(schema, text)
    return found


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    match schema:
        case dict():
            refs = {REF.format(model=old): REF.format(model=new) for old, new in names.items()}
            return {
                key: refs.get(value, value) if key == "$ref" else _renamed(value, names)
                for key, value in schema.items()
            }
        case list():
            return [_renamed(value, names) for value in schema]
        case _:
            return schema


def anthropic_failures(*groups: tuple[int, ...]) -> Responses:
    """The same, with the statuses that Anthropic's clients know."""
    found = failures("AnthropicError", *groups)
    return {anthropic.status(int(status)): described for status, described in found.items()}


def request_body(schema: type[BaseModel]) -> Described:
    """The description of a JSON body; `schemas` holds what it refers to."""
    content = {"application/json": {"schema": {"$ref": REF.format(model=schema.__name__)}}}
    return {"required": True, "content": content}


@cache
def parameters(query: type[BaseModel]) -> list[Described]:
    """The description of a query."""
    properties = query.model_json_schema()["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in properties.items()
    ]


def schemas(bodies: Iterable[type[BaseModel]]) -> Described:
    """The schemas that `request_body` and `failures` refer to."""
    wanted = sorted(bodies, key=lambda body: body.__name__)
    _, found = models_json_schema([(body, "validation") for body in wanted], ref_template=REF)
    described: Described = found["$defs"]
    return described | _envelopes()
