"""From what pydantic found wrong with a request to one error that a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from jimae.api.parameters import Table, select, shown, unknown
from jimae.errors import JimaeError

M = TypeVar("M", bound=BaseModel)

_TYPES: Final = {
    "string_type": "string",
    "int_type": "integer",
    "int_from_float": "integer",
    "float_type": "number",
    "bool_type": "boolean",
    "list_type": "array",
    "dict_type": "object",
    "model_type": "object",
    "model_attributes_type": "object",
    "none_required": "null",
}
_BOUNDS: Final = {
    "greater_than": ("gt", ">"),
    "greater_than_equal": ("ge", "≥"),
    "less_than": ("lt", "<"),
    "less_than_equal": ("le", "≤"),
}
_LENGTHS: Final = {
    "too_short": ("min_length", "≥"),
    "string_too_short": ("min_length", "≥"),
    "too_long": ("max_length", "≤"),
    "string_too_long": ("max_length", "≤"),
}


def validated(body: Mapping[str, object], table: Table, model: type[M]) -> M:
    """A request as its schema has it, after its table took out what changes nothing.

    Raises a JimaeError of status 400 that names the field.
    """
    return fitted(select(body, table), model)


def fitted(body: Mapping[str, object], model: type[M]) -> M:
    """The same without a table."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise explain(error, body, model) from None


def explain(
    error: ValidationError, body: Mapping[str, object], model: type[BaseModel]
) -> JimaeError:
    """The error to tell of, with the path of the field, such as `messages.0.content`.

    Of a field that may have several shapes, pydantic reports every one that did
    not fit; the one that got furthest is what the writer meant.
    """
    found = [(_path(body, details), details) for details in error.errors()]
    # Stable: of equals, the first in the order of the schema.
    path, details = max(found, key=lambda item: (len(item[0]), item[1]["type"] not in _TYPES))
    name = ".".join(path)
    if details["type"] in _TYPES:
        same = [_TYPES[d["type"]] for p, d in found if p == path and d["type"] in _TYPES]
        expected = " | ".join(dict.fromkeys(same))
        return JimaeError(
            "wrong_type", param=name, name=name, expected=expected, value=shown(details["input"])
        )
    return _one(name, details, model)


def _one(name: str, details: ErrorDetails, model: type[BaseModel]) -> JimaeError:
    kind = details["type"]
    context: dict[str, Any] = details.get("ctx", {})
    value = shown(details["input"])
    if kind == "missing":
        return JimaeError("missing_parameter", param=name, name=name)
    if kind == "extra_forbidden":
        return unknown(name, sorted(_names(model, details["loc"])))
    if kind in _BOUNDS:
        key, sign = _BOUNDS[kind]
        limit = f"{sign} {context[key]:g}"
        return JimaeError("out_of_range", param=name, name=name, value=value, limit=limit)
    if kind in _LENGTHS:
        key, sign = _LENGTHS[kind]
        return JimaeError(
            "wrong_length",
            param=name,
            name=name,
            value=len(details["input"]),
            limit=f"{sign} {context[key]}",
        )
    if kind == "literal_error":
        choices = context["expected"].replace(" or ", ", ")  # a word of English in any language
        return JimaeError("invalid_choice", param=name, name=name, value=value, choices=choices)
    if "discriminator" in context:
        return _tag(f"{name}.{context['discriminator'][1:-1]}", context)
    reason = f"it must match {context['pattern']}" if "pattern" in context else details["msg"]
    return JimaeError("invalid_value", param=name, name=name, value=value, reason=reason)


def _tag(name: str, context: Mapping[str, Any]) -> JimaeError:
    """Of several shapes, the field that tells them apart is wrong, or missing."""
    if "tag" not in context:
        return JimaeError("missing_parameter", param=name, name=name)
    choices, value = context["expected_tags"], shown(context["tag"])
    return JimaeError("invalid_choice", param=name, name=name, value=value, choices=choices)


def _names(model: type[BaseModel], location: tuple[int | str, ...]) -> set[str]:
    """The fields that the last part of a location could have been instead."""
    models = {model}
    for part in location[:-1]:
        # Of the parts that are no fields, pydantic means an index or a shape it tried.
        fields = [one.model_fields[part] for one in models if part in one.model_fields]
        models = {inner for field in fields for inner in _models(field.annotation)} or models
    return {field.alias or name for one in models for name, field in one.model_fields.items()}


def _models(annotation: Any) -> set[type[BaseModel]]:
    """The models in a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {model for inner in get_args(annotation) for model in _models(inner)}


def _path(body: object, details: ErrorDetails) -> tuple[str, ...]:
    """The parts of a location that are in the request, or missing there: pydantic adds the
    names of the shapes it tried."""
    path: list[str] = []
    here = body
    last = len(details["loc"]) - 1 if details["type"] == "missing" else None
    for position, part in enumerate(details["loc"]):
        if isinstance(here, list) and isinstance(part, int):
            path.append(str(part))
            here = here[part]
        elif isinstance(here, dict) and isinstance(part, str):
            if part in here:
                here = here[part]
            elif position != last:
                continue
            path.append(part)
    return tuple(path)
