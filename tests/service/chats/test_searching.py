"""Search on both databases finds what a look at every chat finds."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import AsyncIterator

import pytest

from fakes.backend import Backends
from jimae.service import words
from jimae.service.caller import LOCAL
from jimae.service.chats import asking, shapes
from jimae.service.chats.asking import Question
from jimae.service.chats.chats import Change, Chats
from jimae.service.items import new_id
from jimae.service.service import Service
from jimae.settings import Settings

WORDS = ["午後", "請求", "見積", "会議", "資料", "東京", "データ", "Report", "ㇻ", "a", "書"]


@pytest.fixture
async def kept(stored: Settings, backends: Backends) -> AsyncIterator[Service]:
    service = Service(stored, backends.make)
    await service.start()
    yield service
    await service.close()


async def said(service: Service, chat: str, text: str) -> str:
    """Keep a question without asking a model."""
    question = Question(None, (shapes.Text(text),), None, None)
    asked = await service.store.write(
        lambda session: asking.ask(
            session, LOCAL.id, chat, question, new_id("turn"), "fake", lambda _: False
        )
    )
    assert asked.question is not None
    return asked.question.id


async def found(chats: Chats, query: str, page: int = 3) -> list[tuple[str, str | None]]:
    results: list[tuple[str, str | None]] = []
    after = None
    while True:
        some, more = await chats.searching.search(LOCAL.id, query, page, after)
        results += [(one.chat.id, one.turn) for one in some]
        if not more:
            return results
        after = some[-1].id


async def test_the_same_as_looking_at_every_text(kept: Service) -> None:
    chance = random.Random(7)  # noqa: S311  (texts that are the same each time)
    texts: dict[tuple[str, str | None], str] = {}
    for _ in range(12):
        title = "".join(chance.choices(WORDS, k=2))
        chat = await kept.chats.create(LOCAL, Change(title=title))
        texts[chat.id, None] = title
        for _ in range(4):
            text = chance.choice(["", " "]).join(chance.choices(WORDS, k=chance.randint(1, 5)))
            texts[chat.id, await said(kept, chat.id, text)] = text
    queries = [*WORDS, "後請", "会議 資料", "デー", "ﾃﾞｰﾀ東京", "REPORT", "ない言葉", "", " "]
    for query in queries:
        terms = words.terms_of(query)
        naive = {key for key, text in texts.items() if terms and words.found(text, terms)}
        results = await found(kept.chats, query)
        assert len(results) == len(set(results)), query
        assert set(results) == naive, query


async def test_nobody_finds_what_others_said(kept: Service) -> None:
    chat = await kept.chats.create(LOCAL, Change(title="午後の請求"))
    await said(kept, chat.id, "見積もりの件")
    for query in ("午後", "見積"):
        assert (await kept.chats.searching.search("bob", query, 10))[0] == []


async def test_highlights_stand_in_the_excerpt(kept: Service) -> None:
    chat = await kept.chats.create(LOCAL, Change(title="午後"))
    await said(kept, chat.id, "前置き。" * 30 + "請求書は🗼午後に送る")
    (turn, title), _ = await kept.chats.searching.search(LOCAL.id, "午後", 10)
    assert turn.text[slice(*turn.spans[0])] == "午後"
    assert title.turn is None
    assert title.title_spans == [(0, 2)]


async def test_what_is_deleted_is_in_no_file(settings: Settings, backends: Backends) -> None:
    """Neither the words of a chat nor those of its index are left in the files of SQLite."""
    service = Service(settings, backends.make)
    await service.start()
    kept, gone = [await service.chats.create(LOCAL, Change(title="題")) for _ in range(2)]
    for number in range(30):
        await said(service, kept.id, f"残す文 {number}")
        await said(service, gone.id, f"秘匿事項 {number}")
    traces = {
        "text": "秘匿事項".encode(),
        "JSON": b"\\u79d8\\u533f",
        "words": words.wanted(("秘匿",), LOCAL.id)[1].text.encode(),
    }
    path = settings.data_dir / "jimae.db"

    def left() -> set[str]:
        files = [one.read_bytes() for one in path.parent.glob("jimae.db*")]
        return {name for name, trace in traces.items() if any(trace in file for file in files)}

    assert left()
    assert has_term(service, traces["words"].decode())
    await service.chats.trash.erase(LOCAL, gone.id)
    assert not has_term(service, traces["words"].decode())
    assert left() == set()
    assert len(await found(service.chats, "残す")) == 30
    await service.close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO fts_chats(fts_chats) VALUES ('integrity-check')")


def has_term(service: Service, term: str) -> bool:
    """Whether the index itself, whose entries share their beginnings, has a word."""
    path = service.settings.data_dir / "jimae.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE temp.seen USING fts5vocab('main', 'fts_chats', 'row')"
        )
        rows = connection.execute("SELECT term FROM temp.seen").fetchall()
    return (term,) in rows
