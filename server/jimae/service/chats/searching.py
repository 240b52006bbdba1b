"""Finding chats by what was said in them: the same results from either database.

The index names turns that have every pair of characters of every term; what is told of has
been looked at itself, so pairs that stand apart are no find.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, cast, column, func, literal_column, select, table, text, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service import words
from jimae.service.chats import shapes
from jimae.service.chats.parts import parts_of
from jimae.service.chats.rows import Live, chats_of, items_of_turn
from jimae.service.words import Span
from jimae.store.chat_tables import Chat, Turn, Words
from jimae.store.store import Store

# Characters of an excerpt, and of those before the first find.
EXCERPT: Final = 160
BEFORE: Final = 40
READ_AT_ONCE: Final = 200


class Found(NamedTuple):
    """A title or a turn that has every term. Spans are places in `text` and in the title."""

    id: str
    chat: shapes.Chat
    turn: str | None
    text: str
    spans: list[Span]
    title_spans: list[Span]


class Searching:
    def __init__(self, store: Store, live: Live) -> None:
        self._store = store
        self._live = live

    async def search(
        self, owner: str, query: str, limit: int, after: str | None = None
    ) -> tuple[list[Found], bool]:
        """Of the chats that changed last first, and whether there is more; `after` is the id
        of the last one found before. Raises `found_not_found` for `after`."""
        terms = words.terms_of(query)
        if not terms:
            return [], False
        return await self._store.read(
            partial(_search, owner=owner, terms=terms, limit=limit, after=after, live=self._live)
        )


def _search(
    session: Session,
    owner: str,
    terms: Sequence[str],
    limit: int,
    after: str | None,
    live: Live,
) -> tuple[list[Found], bool]:
    hits: list[tuple[str, Chat, str | None, str]] = []
    for entry, chat in _candidates(session, owner, terms, after):
        said = chat.title if entry.turn_id is None else _said(session, entry.turn_id)
        if words.found(said, terms):
            hits.append((entry.id, chat, entry.turn_id, said))
            if len(hits) > limit:
                break
    page = hits[:limit]
    told = {chat.id: chat for chat in chats_of(session, [hit[1] for hit in page], live)}
    return [_found(hit, told[hit[1].id], terms) for hit in page], len(hits) > limit


def _candidates(
    session: Session, owner: str, terms: Sequence[str], after: str | None
) -> Iterator[tuple[Words, Chat]]:
    """Entries of the index, in the order in which they are told of."""
    wanted = (
        select(Words, Chat)
        .join(Chat, Chat.id == Words.chat_id)
        .where(Words.owner == owner, Chat.owner == owner, Chat.deleted_at.is_(None))
    )
    wanted = _matching(session, wanted, words.wanted(terms, owner))
    place = tuple_(Chat.updated_at, Chat.id, Words.created_at, Words.id)
    last: Sequence[Any] | None = None
    if after is not None:
        last = session.execute(
            select(Chat.updated_at, Chat.id, Words.created_at, Words.id)
            .join(Chat, Chat.id == Words.chat_id)
            .where(Words.id == after, Words.owner == owner)
        ).one_or_none()
        if last is None:
            raise JimaeError("found_not_found", param="after", id=after)
    order = [one.desc() for one in (Chat.updated_at, Chat.id, Words.created_at, Words.id)]
    while True:
        some = wanted if last is None else wanted.where(place < tuple(last))
        rows = session.execute(some.order_by(*order).limit(READ_AT_ONCE)).all()
        yield from ((entry, chat) for entry, chat in rows)
        if len(rows) < READ_AT_ONCE:
            return
        entry, chat = rows[-1]
        last = (chat.updated_at, chat.id, entry.created_at, entry.id)


def _matching(
    session: Session, wanted: Select[Words, Chat], asked: Sequence[words.Word]
) -> Select[Words, Chat]:
    # Words are letters and digits: there is nothing in them to be quoted.
    if session.get_bind().dialect.name == "sqlite":
        match = " AND ".join(f'"{word.text}"{"*" if word.begins else ""}' for word in asked)
        index = table("fts_chats", column("rowid"))
        rows = select(index.c.rowid).where(text("fts_chats MATCH :match").bindparams(match=match))
        return wanted.where(Words.number.in_(rows))
    match = " & ".join(f"'{word.text}'{':*' if word.begins else ''}" for word in asked)
    vector = func.array_to_tsvector(func.string_to_array(Words.words, literal_column("' '")))
    return wanted.where(vector.op("@@")(cast(match, TSQUERY)))


def _said(session: Session, turn_id: str) -> str:
    turn = session.get_one(Turn, turn_id)
    return shapes.plain_text(parts_of(items_of_turn(session, turn)))


def _found(
    hit: tuple[str, Chat, str | None, str], chat: shapes.Chat, terms: Sequence[str]
) -> Found:
    entry, _, turn, said = hit
    title_spans = words.spans(chat.title, terms)
    if turn is None:
        return Found(entry, chat, None, "", [], title_spans)
    marked = words.spans(said, terms)
    start = max(0, marked[0][0] - BEFORE)
    end = min(len(said), start + EXCERPT)
    inside = [(first - start, min(last, end) - start) for first, last in marked if first < end]
    return Found(entry, chat, turn, said[start:end], inside, title_spans)
