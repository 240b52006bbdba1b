"""The models of this server, in Anthropic's shape: for requests that carry its version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from jimae.api.explain import fitted
from jimae.errors import JimaeError
from jimae.service.model_status import ModelStatus

MOST: Final = 1000

Id = Annotated[str, Field(min_length=1, max_length=128)]
Lifecycle = Literal["active", "deprecated", "retired"]
# Clients write a list as `lifecycle[]=a&lifecycle[]=b`.
LIFECYCLE: Final = ("lifecycle", "lifecycle[]")


class ModelsQuery(BaseModel):
    """What of the list is asked for. Values of an address are text, so it is not strict."""

    model_config = ConfigDict(extra="forbid")

    after_id: Id | None = None
    before_id: Id | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 20
    lifecycle: list[Lifecycle] = ["active", "deprecated"]


class ModelInfo(TypedDict):
    """A model. None is ever withdrawn, and nothing is said of what it can: their list of that
    is about their services."""

    type: Literal["model"]
    id: str
    display_name: str
    created_at: str
    lifecycle: Literal["active"]
    deprecated_at: None
    retires_at: None
    line: None
    max_input_tokens: int | None
    max_tokens: int | None
    capabilities: None


class Page(TypedDict):
    """`first_id` and `last_id` are where the pages before and after it begin."""

    data: list[ModelInfo]
    has_more: bool
    first_id: str | None
    last_id: str | None


def page(request: Request, statuses: Sequence[ModelStatus]) -> Page:
    """One page of the list. Raises a JimaeError of status 400 that names the parameter."""
    values: dict[str, object] = dict(request.query_params)
    stages = [stage for name in LIFECYCLE for stage in request.query_params.getlist(name)]
    for name in LIFECYCLE:
        values.pop(name, None)
    query = fitted(values | ({"lifecycle": stages} if stages else {}), ModelsQuery)
    found = _between(query, statuses if "active" in query.lifecycle else ())
    # The page that ends before an id, or the one that begins after one.
    part = found[-query.limit :] if query.before_id else found[: query.limit]
    data = [model_info(status) for status in part]
    return {
        "data": data,
        "has_more": len(part) < len(found),
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }


def model_info(status: ModelStatus) -> ModelInfo:
    context = status.info.context if status.info else None
    return {
        "type": "model",
        "id": status.id,
        "display_name": status.entry.name if status.entry else status.id,
        "created_at": datetime.fromtimestamp(status.created, UTC).isoformat(),
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "line": None,
        "max_input_tokens": context,
        "max_tokens": context,
        "capabilities": None,
    }


def _between(query: ModelsQuery, statuses: Sequence[ModelStatus]) -> Sequence[ModelStatus]:
    ids = [status.id for status in statuses]
    start = 0 if query.after_id is None else _place(ids, "after_id", query.after_id) + 1
    end = None if query.before_id is None else _place(ids, "before_id", query.before_id)
    return statuses[start:end]


def _place(ids: Sequence[str], name: str, value: str) -> int:
    if value not in ids:
        raise JimaeError(
            "invalid_choice", param=name, name=name, value=value, choices=", ".join(ids)
        )
    return ids.index(value)
