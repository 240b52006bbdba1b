"""What is sent back of responses and conversations, as OpenAI's clients read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from typing_extensions import TypedDict

from jimae.api.openai.responses.items import item_body
from jimae.errors import JimaeError, Language, WireError
from jimae.service.conversations import Conversation
from jimae.service.items import Item
from jimae.service.records import Record, Used

BUSY: Final = 429


class ResponseBody(TypedDict):
    """The parts of a response that every one has; `request` fields stand beside them."""

    id: str
    object: Literal["response"]
    created_at: float
    status: str
    model: str
    output: list[dict[str, Any]]
    parallel_tool_calls: bool
    tool_choice: str | dict[str, Any]
    tools: list[dict[str, Any]]


class InputTokens(TypedDict):
    object: Literal["response.input_tokens"]
    input_tokens: int


class ItemList(TypedDict):
    object: Literal["list"]
    data: list[dict[str, Any]]
    first_id: str
    last_id: str
    has_more: bool


class ConversationBody(TypedDict):
    id: str
    object: Literal["conversation"]
    created_at: int
    metadata: dict[str, str]


class DeletedResponse(TypedDict):
    id: str
    object: Literal["response"]
    deleted: bool


class DeletedConversation(TypedDict):
    id: str
    object: Literal["conversation.deleted"]
    deleted: bool


def response_body(record: Record, language: Language) -> dict[str, Any]:
    """A response as it is now, whole."""
    conversation = {"id": record.conversation_id} if record.conversation_id else None
    return {
        "id": record.id,
        "object": "response",
        "created_at": int(record.created_at),
        "status": record.status,
        "background": record.background,
        "completed_at": _completed(record),
        "error": _error(record.error, language),
        "incomplete_details": {"reason": record.incomplete} if record.incomplete else None,
        "model": record.model,
        "output": [item_body(item) for item in record.output],
        "previous_response_id": record.previous_id,
        "conversation": conversation,
        "service_tier": "default",
        "truncation": "disabled",
        "usage": _usage(record.used),
        **record.request,
    }


def page_of(items: Sequence[Item], *, after: str | None, limit: int, order: str) -> ItemList:
    """A page of items, which are given oldest first. Raises `item_not_found` for `after`."""
    ordered = list(items) if order == "asc" else list(reversed(items))
    if after is not None:
        ids = [item.id for item in ordered]
        if after not in ids:
            raise JimaeError("item_not_found", param="after", id=after)
        ordered = ordered[ids.index(after) + 1 :]
    return listed(ordered[:limit], has_more=len(ordered) > limit)


def listed(items: Sequence[Item], *, has_more: bool = False) -> ItemList:
    return {
        "object": "list",
        "data": [item_body(item) for item in items],
        # Clients read strings here, so an empty list has empty ones.
        "first_id": items[0].id if items else "",
        "last_id": items[-1].id if items else "",
        "has_more": has_more,
    }


def conversation_body(conversation: Conversation) -> ConversationBody:
    return {
        "id": conversation.id,
        "object": "conversation",
        "created_at": int(conversation.created_at),
        "metadata": conversation.metadata,
    }


def _completed(record: Record) -> int | None:
    if record.status != "completed" or record.completed_at is None:
        return None
    return int(record.completed_at)


def _usage(used: Used | None) -> dict[str, Any] | None:
    if used is None:
        return None
    return {
        "input_tokens": used.input,
        # Nothing is charged for writing.
        "input_tokens_details": {"cached_tokens": used.cached, "cache_write_tokens": 0},
        "output_tokens": used.output,
        "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": used.input + used.output,
    }


def _error(wire: WireError | None, language: Language) -> dict[str, Any] | None:
    """OpenAI's few codes, which its clients know, and ours as the `reason`."""
    if wire is None:
        return None
    error = wire.to_error()
    code = "server_error"
    if error.status == BUSY:
        code = "rate_limit_exceeded"
    elif error.status < 500:
        code = "invalid_prompt"
    return {
        "code": code,
        "message": error.message(language),
        "param": error.param,
        "type": error.type,
        "reason": error.code,
    }
