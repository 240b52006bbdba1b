"""Items of conversations and responses, and the messages that a model is shown of them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.store import tables
from jimae.types import Message, Role, TextPart, ToolCall

Kind = Literal["message", "function_call", "function_call_output", "reasoning"]
ItemStatus = Literal["in_progress", "completed", "incomplete"]

PREFIXES: Final[dict[Kind, str]] = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "reasoning": "rs",
}
NOTHING: Final = Message(role="assistant")


def new_id(prefix: str) -> str:
    """An id that cannot be guessed: `msg_` and 128 random bits."""
    return f"{prefix}_{secrets.token_hex(16)}"


class Item(msgspec.Struct, frozen=True):
    """One item. `data` by kind:

    message               content: [{type: input_text | output_text | refusal, …}]
    function_call         call_id, name, arguments
    function_call_output  call_id, output: str | [{type: input_text, text}]
    reasoning             content: [{type: reasoning_text, text}], summary: [{…, text}]
    """

    id: str
    kind: Kind
    role: Role | None
    data: dict[str, Any]
    status: ItemStatus = "completed"


def made(
    kind: Kind,
    data: dict[str, Any],
    *,
    role: Role | None = None,
    status: ItemStatus = "completed",
) -> Item:
    """A new item with an id of its own."""
    return Item(new_id(PREFIXES[kind]), kind, role, data, status)


def copied(item: Item) -> Item:
    """The same words as a new item: an item is in one place of one tree."""
    return msgspec.structs.replace(item, id=new_id(PREFIXES[item.kind]))


def from_row(row: tables.Item) -> Item:
    return msgspec.convert(
        {
            "id": row.id,
            "kind": row.kind,
            "role": row.role,
            "data": row.data,
            "status": row.status,
        },
        Item,
    )


def to_row(item: Item, owner: str) -> tables.Item:
    return tables.Item(
        id=item.id,
        owner=owner,
        created_at=time.time(),
        kind=item.kind,
        role=item.role,
        status=item.status,
        data=item.data,
    )


def rows_of(items: Iterable[Item], owner: str) -> list[tables.Item]:
    return [to_row(item, owner) for item in items]


def keep(session: Session, above: str | None, items: Sequence[Item], owner: str) -> str | None:
    """Store items below `above` as they are now, those that are stored already among them.
    Returns the id of the last."""
    for item in items:
        known = session.get(tables.Item, item.id)
        if known is None:
            known = to_row(item, owner)
            known.parent_id = above
            session.add(known)
            session.flush()
        elif (known.data, known.status) != (item.data, item.status):
            known.data, known.status = item.data, item.status
        above = item.id
    return above


def broken_off(item: Item) -> Item:
    """An item as it stays when nobody writes on."""
    if item.status != "in_progress":
        return item
    return msgspec.structs.replace(item, status="incomplete")


def messages_of(items: Sequence[Item]) -> tuple[Message, ...]:
    """What a template is given: what an assistant thought, said and called in one go is one
    message. Raises `tool_result_unmatched` and `tool_result_missing`.
    """
    messages: list[Message] = []
    waiting: dict[str, None] = {}
    for item in items:
        if item.kind == "function_call_output":
            _answered(waiting, item.data["call_id"])
            content = (TextPart(text_of(item.data["output"])),)
            messages.append(
                Message(role="tool", content=content, tool_call_id=item.data["call_id"])
            )
            continue
        turn = _own_message(item)
        if turn == NOTHING or (turn.tool_calls and item.status == "incomplete"):
            # A thought that was not sent, or a call that broke off and cannot be answered.
            continue
        before = messages[-1] if messages else None
        if before is not None and _goes_on(before, turn):
            messages[-1] = turn = _joined(before, turn)
        else:
            _nothing_waits(waiting)
            messages.append(turn)
        waiting.update(dict.fromkeys(call.id for call in turn.tool_calls))
    _nothing_waits(waiting)
    return tuple(messages)


def text_of(content: str | Sequence[dict[str, Any]]) -> str:
    """The text of a content, whatever its parts are called."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or "" for part in content)


def _own_message(item: Item) -> Message:
    data = item.data
    match item.kind:
        case "reasoning":
            thought = text_of(data.get("content") or data.get("summary") or ())
            return Message(role="assistant", reasoning=thought or None)
        case "function_call":
            call = ToolCall(data["call_id"], data["name"], data["arguments"])
            return Message(role="assistant", tool_calls=(call,))
        case _:
            parts = data["content"]
            texts = [parts] if isinstance(parts, str) else [text_of([part]) for part in parts]
            return Message(
                role=item.role or "user", content=tuple(TextPart(text) for text in texts)
            )


def _goes_on(before: Message, turn: Message) -> bool:
    """Whether two messages of an assistant are one: thought, then said, then called."""
    if before.role != "assistant" or turn.role != "assistant":
        return False
    if turn.tool_calls:
        return True
    return not before.tool_calls and not before.content and turn.reasoning is None


def _joined(before: Message, turn: Message) -> Message:
    return Message(
        role="assistant",
        content=before.content + turn.content,
        reasoning=before.reasoning,
        tool_calls=before.tool_calls + turn.tool_calls,
    )


def _answered(waiting: dict[str, None], call_id: str) -> None:
    if call_id not in waiting:
        raise JimaeError(
            "tool_result_unmatched",
            param="input",
            name="input",
            value=call_id,
            calls="function_call",
        )
    del waiting[call_id]


def _nothing_waits(waiting: dict[str, None]) -> None:
    for call_id in waiting:
        raise JimaeError(
            "tool_result_missing",
            param="input",
            name="input",
            value=call_id,
            result="function_call_output",
            key="call_id",
        )
