"""Stored responses: what there is to know of one, and its transactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError, WireError
from jimae.service.items import Item, broken_off, copied, from_row, keep, rows_of
from jimae.store import items, tables
from jimae.store.store import locked

Status = Literal["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]
Live = Callable[[str], bool]
"""Whether a response is being written now, by its id."""

UNFINISHED: Final = ("queued", "in_progress")
# Those whose items go on a conversation: the others say nothing that was meant to be said.
SAID: Final = ("completed", "incomplete")
INTERRUPTED: Final = WireError("response_interrupted", None, None, {})


class Used(msgspec.Struct, frozen=True):
    """Tokens. `reasoning` are part of `output`, `cached` of `input`."""

    input: int
    output: int
    cached: int
    reasoning: int


class Record(msgspec.Struct, frozen=True):
    """A response as it is now. `request` holds what is shown again of what was asked."""

    id: str
    owner: str
    created_at: float
    status: Status
    model: str
    background: bool
    request: dict[str, Any]
    previous_id: str | None = None
    conversation_id: str | None = None
    completed_at: float | None = None
    output: tuple[Item, ...] = ()
    used: Used | None = None
    error: WireError | None = None
    incomplete: str | None = None

    @property
    def finished(self) -> bool:
        return self.status not in UNFINISHED


@dataclass(frozen=True)
class Reference:
    """An item that is there already, by its id; `path` names the field it came in."""

    id: str
    path: str


@dataclass(frozen=True)
class Given:
    """What a response is asked with: items that were before it, and those that are new."""

    history: tuple[Item, ...]
    new: tuple[Item, ...]


def begin(session: Session, record: Record, sent: Sequence[Item | Reference], live: Live) -> Given:
    """Store a response before it is written, with its input as a branch of the tree.

    Raises `previous_response_not_found`, `conversation_not_found`, `conversation_busy`,
    `item_not_found`.
    """
    given, base = _given(session, record, sent, live)
    if record.conversation_id is not None:
        conversation = conversation_row(session, record.owner, record.conversation_id)
        check_free(conversation, live)
        conversation.busy_with = record.id
    last = items.append(session, base, rows_of(given.new, record.owner))
    session.add(
        tables.Response(
            id=record.id,
            owner=record.owner,
            created_at=record.created_at,
            status=record.status,
            model=record.model,
            background=record.background,
            input_id=last,
            head_id=last,
            previous_id=record.previous_id,
            conversation_id=record.conversation_id,
            request=record.request,
        )
    )
    return given


def look_up(
    session: Session, record: Record, sent: Sequence[Item | Reference], live: Live
) -> Given:
    """The same for a response that is not stored."""
    return _given(session, record, sent, live)[0]


def keep_so_far(session: Session, record: Record, output: Sequence[Item]) -> None:
    """Store what is written of a response. One that was deleted meanwhile stays deleted."""
    row = session.get(tables.Response, record.id, with_for_update=True)
    if row is not None:
        row.head_id = keep(session, row.input_id, output, row.owner)


def finish(session: Session, record: Record) -> None:
    """Store how a response ended. One that was deleted meanwhile stays deleted."""
    row = session.get(tables.Response, record.id, with_for_update=True)
    if row is None:
        return
    row.status = record.status
    row.completed_at = record.completed_at
    row.usage = msgspec.to_builtins(record.used)
    row.error = record.error._asdict() if record.error else None
    row.incomplete = record.incomplete
    row.head_id = keep(session, row.input_id, record.output, row.owner)
    _leave_conversation(session, row)


def get(session: Session, owner: str, response_id: str, live: bool) -> Record:
    """Raises `response_not_found`."""
    row = response_row(session, owner, response_id)
    output = items.path(session, owner, row.head_id, below=row.input_id)
    record = Record(
        id=row.id,
        owner=row.owner,
        created_at=row.created_at,
        status=msgspec.convert(row.status, Status),
        model=row.model,
        background=row.background,
        request=row.request,
        previous_id=row.previous_id,
        conversation_id=row.conversation_id,
        completed_at=row.completed_at,
        output=tuple(map(from_row, output)),
        used=msgspec.convert(row.usage, Used | None),
        error=WireError(**row.error) if row.error else None,
        incomplete=row.incomplete,
    )
    if record.finished or live:
        return record
    # Its end could not be stored.
    left = tuple(map(broken_off, record.output))
    return msgspec.structs.replace(record, status="failed", error=INTERRUPTED, output=left)


def input_items(session: Session, owner: str, response_id: str) -> list[Item]:
    """Everything that the model was shown, oldest first. Raises `response_not_found`."""
    row = response_row(session, owner, response_id)
    return [from_row(item) for item in items.path(session, owner, row.input_id)]


def delete(session: Session, owner: str, response_id: str) -> None:
    """Delete a response, and its items but those that a conversation or another response
    goes on from. Raises `response_not_found`."""
    row = response_row(session, owner, response_id)
    _leave_conversation(session, row)
    _delete(session, row)


def interrupt(session: Session) -> int:
    """Mark what a server that is no more left unfinished; returns how many there were."""
    orphans = session.scalars(
        select(tables.Response).where(tables.Response.status.in_(UNFINISHED))
    ).all()
    for row in orphans:
        row.status = "failed"
        row.completed_at = time.time()
        row.error = INTERRUPTED._asdict()
        written = map(from_row, items.path(session, row.owner, row.head_id, below=row.input_id))
        keep(session, row.input_id, list(map(broken_off, written)), row.owner)
        _leave_conversation(session, row)
    return len(orphans)


def response_row(session: Session, owner: str, response_id: str) -> tables.Response:
    """Locked: what goes on from it and what deletes it take turns. Raises
    `response_not_found`."""
    own = select(tables.Response).where(
        tables.Response.id == response_id, tables.Response.owner == owner
    )
    row = session.scalar(locked(session, own))
    if row is None:
        raise JimaeError("response_not_found", id=response_id)
    return row


def conversation_row(session: Session, owner: str, conversation_id: str) -> tables.Conversation:
    """Raises `conversation_not_found`."""
    own = select(tables.Conversation).where(
        tables.Conversation.id == conversation_id, tables.Conversation.owner == owner
    )
    row = session.scalar(locked(session, own))
    if row is None:
        raise JimaeError("conversation_not_found", id=conversation_id)
    return row


def check_free(conversation: tables.Conversation, live: Live) -> None:
    """Raises `conversation_busy` while a response is being written for it."""
    busy = conversation.busy_with
    if busy is not None and live(busy):
        raise JimaeError("conversation_busy", id=conversation.id, response=busy, retry_after=1)


def resolved(session: Session, owner: str, sent: Sequence[Item | Reference]) -> list[Item]:
    """The items themselves, those that are only named by their id among them as copies.

    Raises `item_not_found`.
    """
    found: list[Item] = []
    for one in sent:
        if isinstance(one, Reference):
            row = items.find(session, owner, one.id)
            if row is None:
                raise JimaeError("item_not_found", param=one.path, id=one.id)
            one = copied(from_row(row))
        found.append(one)
    return found


def _given(
    session: Session, record: Record, sent: Sequence[Item | Reference], live: Live
) -> tuple[Given, str | None]:
    base = _base(session, record, live)
    history = tuple(map(from_row, items.path(session, record.owner, base)))
    new = tuple(resolved(session, record.owner, sent))
    return Given(history, new), base


def _base(session: Session, record: Record, live: Live) -> str | None:
    """The item that the new ones come after."""
    if record.conversation_id is not None:
        try:
            return conversation_row(session, record.owner, record.conversation_id).head_id
        except JimaeError as error:
            raise _of_field(error, "conversation") from None
    if record.previous_id is None:
        return None
    try:
        previous = response_row(session, record.owner, record.previous_id)
    except JimaeError as error:
        raise _of_field(error, "previous_response_id") from None
    if previous.status in UNFINISHED and live(previous.id):
        raise JimaeError(
            "response_unfinished", param="previous_response_id", id=previous.id, retry_after=1
        )
    return previous.head_id


def _of_field(error: JimaeError, param: str) -> JimaeError:
    return error.to_wire()._replace(param=param).to_error()


def _leave_conversation(session: Session, row: tables.Response) -> None:
    """Its conversation goes on with what was said, and is free again."""
    if row.conversation_id is None:
        return
    conversation = session.get(tables.Conversation, row.conversation_id, with_for_update=True)
    if conversation is None or conversation.busy_with != row.id:
        return
    conversation.busy_with = None
    if row.status in SAID:
        conversation.head_id = row.head_id


def _delete(session: Session, row: tables.Response) -> None:
    head = row.head_id
    session.delete(row)
    session.flush()
    items.prune(session, head)
