"""Transactions of questions and answers: begun, kept while they are written, ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.answers import Attachment
from jimae.service.chats import shapes
from jimae.service.chats.indexing import index_title, index_turn
from jimae.service.chats.parts import attachments_of, items_of, parts_of, prompt_of
from jimae.service.chats.rows import (
    RUNNING,
    Live,
    chat_row,
    items_of_turn,
    one_turn,
    point_at,
    spans,
    touch,
    tree_of,
    turn_row,
)
from jimae.service.instructions import sentence_of, system_prompt
from jimae.service.items import Item, broken_off, new_id, to_row
from jimae.service.items import keep as keep_items
from jimae.service.preferences import preferred
from jimae.store import items as item_store
from jimae.store.chat_tables import Chat, Turn
from jimae.types import Message, TextPart

TITLE_CHARACTERS: Final = 40


class Asked(NamedTuple):
    """An answer that is to be written: its turn, and what the model is shown.

    `before` are the items that it goes on from. Without `messages` it was asked before, under
    the same key, and is not to be written again. `attachments` are the files in the messages.
    """

    answer: shapes.Turn
    question: shapes.Turn | None
    model: str
    settings: shapes.ChatSettings
    messages: tuple[Message, ...] = ()
    before: tuple[Item, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class Question(NamedTuple):
    """What somebody asks: below which turn, with what words, of which model."""

    parent: str | None
    parts: tuple[shapes.Part, ...]
    model: str | None
    key: str | None


def ask(
    session: Session,
    owner: str,
    chat_id: str,
    question: Question,
    answer_id: str,
    default_model: str,
    live: Live,
) -> Asked:
    """Store a question, and an empty answer below it. Raises `chat_not_found`,
    `turn_not_found`, `turn_running`, `chat_in_trash`."""
    chat = _usable(session, owner, chat_id)
    if question.key is not None:
        known = session.scalar(
            select(Turn).where(Turn.owner == owner, Turn.asked_as == question.key)
        )
        if known is not None:
            return _asked_before(session, chat, known, live)
    above = None
    if question.parent is not None:
        above = turn_row(session, chat, question.parent, param="parent")
        if above.status == RUNNING and live(above.id):
            raise JimaeError("turn_running", param="parent", id=above.id, retry_after=1)
    now = time.time()
    row = Turn(
        id=new_id("turn"),
        owner=owner,
        created_at=now,
        chat_id=chat.id,
        parent_id=above.id if above else None,
        role="user",
        status="completed",
        asked_as=question.key,
    )
    rows = [to_row(item, owner) for item in items_of(question.parts, "user")]
    row.head_id = item_store.append(session, above.head_id if above else None, rows)
    session.add(row)
    text = shapes.plain_text(question.parts)
    index_turn(session, chat, row.id, text)
    if not chat.named and not chat.title:
        chat.title = title_of(text)
        index_title(session, chat)
    model = question.model or chat.model or default_model
    chat.model = model
    return _answer_to(session, chat, row, answer_id, model, live)


def answer_again(
    session: Session,
    owner: str,
    chat_id: str,
    question_id: str,
    model: str | None,
    answer_id: str,
    default_model: str,
    live: Live,
) -> Asked:
    """Another answer to a question, beside those that it has. Raises `turn_not_question`, too."""
    chat = _usable(session, owner, chat_id)
    question = turn_row(session, chat, question_id)
    if question.role != "user":
        raise JimaeError("turn_not_question", id=question_id)
    wanted = model or chat.model or default_model
    return _answer_to(session, chat, question, answer_id, wanted, live)


def go_on(session: Session, owner: str, chat_id: str, answer_id: str, live: Live) -> Asked:
    """An answer that broke off is to be gone on with, where it is. Raises `turn_not_cut`, too."""
    chat = _usable(session, owner, chat_id)
    answer = turn_row(session, chat, answer_id)
    running = answer.status == RUNNING and live(answer.id)
    own = items_of_turn(session, answer)
    said = bool(own) and own[-1].kind == "message"
    whole = answer.status == "completed"
    if answer.role != "assistant" or running or whole or not said or answer.model is None:
        raise JimaeError("turn_not_cut", id=answer_id)
    messages, attachments = _shown(session, chat, answer.id)
    answer.status, answer.reason, answer.error = RUNNING, None, None
    point_at(session, chat, answer.id)
    touch(chat)
    settings = msgspec.convert(chat.settings, shapes.ChatSettings)
    told = one_turn(session, chat, answer, _always)
    return Asked(told, None, answer.model, settings, messages, tuple(own), attachments)


def keep(session: Session, turn: shapes.Turn, items: Sequence[Item]) -> None:
    """Store an answer as it is now. One that was deleted meanwhile stays deleted."""
    row = session.get(Turn, turn.id, with_for_update=True)
    if row is None:
        return
    above = session.get_one(Turn, row.parent_id).head_id if row.parent_id is not None else None
    row.head_id = keep_items(session, above, items, row.owner)
    row.status, row.reason = turn.status, turn.reason
    row.error = turn.error._asdict() if turn.error else None
    row.usage = msgspec.to_builtins(turn.usage)
    row.timings = msgspec.to_builtins(turn.timings)
    if turn.finished:
        chat = session.get_one(Chat, row.chat_id)
        touch(chat)
        index_turn(session, chat, row.id, shapes.plain_text(parts_of(items)))


def interrupt(session: Session) -> int:
    """Mark what a server that is no more left unfinished; returns how many there were."""
    orphans = session.scalars(select(Turn).where(Turn.status == RUNNING)).all()
    for row in orphans:
        row.status, row.reason = "incomplete", "interrupted"
        own = list(map(broken_off, items_of_turn(session, row)))
        keep_items(session, None, own, row.owner)
        chat = session.get_one(Chat, row.chat_id)
        index_turn(session, chat, row.id, shapes.plain_text(parts_of(own)))
    return len(orphans)


def title_of(text: str) -> str:
    """The beginning of a question in one line."""
    line = " ".join(text.split())
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[: TITLE_CHARACTERS - 1].rstrip() + "…"


def _usable(session: Session, owner: str, chat_id: str) -> Chat:
    chat = chat_row(session, owner, chat_id)
    if chat.deleted_at is not None:
        raise JimaeError("chat_in_trash", id=chat_id)
    return chat


def _answer_to(
    session: Session, chat: Chat, question: Turn, answer_id: str, model: str, live: Live
) -> Asked:
    answer = Turn(
        id=answer_id,
        owner=chat.owner,
        # After its question, and after the answers before it, also where a clock is coarse.
        created_at=max(time.time(), question.created_at + 1e-6),
        chat_id=chat.id,
        parent_id=question.id,
        role="assistant",
        head_id=question.head_id,
        model=model,
        status=RUNNING,
    )
    session.add(answer)
    session.flush()
    point_at(session, chat, answer.id)
    touch(chat)
    messages, attachments = _shown(session, chat, question.id)
    return Asked(
        one_turn(session, chat, answer, _always),
        one_turn(session, chat, question, live),
        model,
        msgspec.convert(chat.settings, shapes.ChatSettings),
        messages,
        attachments=attachments,
    )


def _asked_before(session: Session, chat: Chat, question: Turn, live: Live) -> Asked:
    """The question of this key, with its first answer."""
    answer = session.scalars(
        select(Turn)
        .where(Turn.parent_id == question.id, Turn.chat_id == chat.id)
        .order_by(Turn.created_at, Turn.id)
        .limit(1)
    ).first()
    if answer is None:
        raise JimaeError("turn_not_found", param="key", id=question.id)
    return Asked(
        one_turn(session, chat, answer, live),
        one_turn(session, chat, question, live),
        answer.model or "",
        msgspec.convert(chat.settings, shapes.ChatSettings),
    )


def _shown(
    session: Session, chat: Chat, last: str
) -> tuple[tuple[Message, ...], tuple[Attachment, ...]]:
    """What the model is shown for an answer after the turn `last`, and the files in it."""
    path = tree_of(session, chat).path(last)
    rows = {row.id: row for row in session.scalars(select(Turn).where(Turn.chat_id == chat.id))}
    turns = spans(session, chat.owner, [rows[turn] for turn in path], None)
    said, attachments = prompt_of(turns), attachments_of(turns)
    settings = msgspec.convert(chat.settings, shapes.ChatSettings)
    own, style = preferred(session, chat.owner), settings.style
    system = system_prompt(own, style=style, instructions=settings.instructions)
    if system is None:
        return said, attachments
    words = sentence_of(own, style=style)
    return (Message("system", (TextPart(system),), preamble=words), *said), attachments


def _always(_: str) -> bool:
    return True
