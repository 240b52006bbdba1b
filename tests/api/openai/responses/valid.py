"""Judging bodies by the official client's own types: its normal parsing does not."""

from __future__ import annotations

from typing import Any

from openai import BaseModel
from openai.types.responses import Response, ResponseItemList, ResponseStreamEvent
from pydantic import TypeAdapter

RESPONSE = TypeAdapter(Response)
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
ITEMS = TypeAdapter(ResponseItemList)


def valid(body: BaseModel | dict[str, Any], adapter: TypeAdapter[Any] = RESPONSE) -> Any:
    """The body, read strictly as the type that it claims to be."""
    plain = body if isinstance(body, dict) else body.to_dict(mode="json")
    return adapter.validate_python(plain)
