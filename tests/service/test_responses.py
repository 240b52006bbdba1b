"""Responses without HTTP: how they begin and end, whoever lets go of them and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fakes.backend import Backends, FakeBackend, forever, saying
from fakes.waiting import until
from jimae.errors import JimaeError
from jimae.service.caller import LOCAL
from jimae.service.chat import Ask
from jimae.service.items import made, text_of
from jimae.service.records import Record
from jimae.service.responses import Wanted
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.store.tables import Item as ItemRow
from jimae.store.tables import Response as Row
from jimae.types import ChatPrompt

OWNER = LOCAL.id
WANTED = Wanted(
    ask=Ask(model="fake", prompt=ChatPrompt(())),
    prompt=ChatPrompt(()),
    sent=(made("message", {"content": [{"type": "input_text", "text": "話して"}]}, role="user"),),
    shown={},
    background=True,
)


@pytest.fixture
async def service(stored: Settings, backends: Backends) -> AsyncIterator[Service]:
    backends["fake"].default = forever()
    service = Service(stored, backends.make)
    await service.start()
    yield service
    await service.close()


def another() -> Wanted:
    """The same again: an item is in one place only."""
    sent = tuple(made(item.kind, item.data, role=item.role) for item in WANTED.sent)  # type: ignore[union-attr]
    return replace(WANTED, sent=sent)


async def test_cancelled_before_its_first_step(service: Service) -> None:
    run = await service.responses.create(LOCAL, another())
    run.cancel()
    async with asyncio.timeout(5):
        assert (await run.ended()).status == "cancelled"
    kept = await service.responses.get(OWNER, run.record.id)
    assert kept.status == "cancelled"
    assert not service.responses.is_live(run.record.id)


@pytest.mark.parametrize("steps", range(12))
async def test_let_go_at_any_time_it_ends(
    service: Service, backend: FakeBackend, steps: int
) -> None:
    """Whoever waits for it to begin is cancelled after so many turns of the event loop."""
    wanted = replace(another(), background=False)
    task = asyncio.create_task(service.responses.create(LOCAL, wanted))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    try:
        run = await task
    except asyncio.CancelledError:
        pass
    else:
        run.cancel()
    await until(lambda: backend.active == 0)
    await until(lambda: not service.responses._runs)


async def test_ended_twice(service: Service, backend: FakeBackend) -> None:
    run = await service.responses.create(LOCAL, another())
    await until(lambda: backend.active == 1)
    for _ in range(3):
        run.cancel()
    ended = await asyncio.gather(*(run.ended() for _ in range(3)))
    assert {record.status for record in ended} == {"cancelled"}
    run.cancel()


async def test_closing_stores_the_end_of_all(service: Service, stored: Settings) -> None:
    runs = [await service.responses.create(LOCAL, another()) for _ in range(5)]
    await service.close()
    again = Service(stored, Backends().make)
    await again.start()
    for run in runs:
        kept = await again.responses.get(OWNER, run.record.id)
        assert kept.error is not None
        assert (kept.status, kept.error.code) == ("failed", "server_stopping")
    with pytest.raises(JimaeError):
        await again.responses.get("mallory", runs[0].record.id)
    await again.close()


def said(record: Record) -> tuple[str, str]:
    """The words of a response that is one message, and the status of that."""
    (item,) = record.output
    return text_of(item.data["content"]), item.status


async def test_a_model_that_dies_leaves_what_it_said(
    service: Service, backend: FakeBackend
) -> None:
    backend.default = [*saying("そして")[:-1], JimaeError("worker_died", model="fake", reason="-")]
    run = await service.responses.create(LOCAL, another())
    assert said(await run.ended()) == ("そして", "incomplete")
    kept = await service.responses.get(OWNER, run.record.id)
    assert (kept.status, *said(kept)) == ("failed", "そして", "incomplete")


async def test_what_is_not_stored_is_not_kept_meanwhile(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jimae.service.taking.KEEP_SECONDS", 0.01)
    run = await service.responses.create(LOCAL, replace(another(), store=False))
    await until(lambda: len(run.log) > 50)
    assert not await service.store.read(lambda session: session.scalars(select(ItemRow)).all())
    run.cancel()
    await run.ended()


async def test_what_is_kept_meanwhile_goes_with_its_response(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jimae.service.taking.KEEP_SECONDS", 0.01)
    run = await service.responses.create(LOCAL, another())
    await until(lambda: len(run.log) > 50)
    await service.responses.delete(OWNER, run.record.id)
    assert not await service.store.read(lambda session: session.scalars(select(ItemRow)).all())


async def test_what_was_left_unfinished_is_marked_at_the_start(
    service: Service, stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jimae.service.taking.KEEP_SECONDS", 0.01)

    def full(*_: object, **__: object) -> None:
        raise JimaeError("storage_full", place="/srv")

    monkeypatch.setattr("jimae.service.records.finish", full)
    run = await service.responses.create(LOCAL, another())

    def stored_items(session: Session) -> int:
        return len(session.scalars(select(ItemRow)).all())

    async with asyncio.timeout(5):
        while await service.store.read(stored_items) < 2:
            await asyncio.sleep(0.01)
    run.cancel()
    await run.ended()
    unstored = await service.responses.get(OWNER, run.record.id)
    assert unstored.status == "failed"
    text, how = said(unstored)
    assert (set(text), how) == ({"あ"}, "incomplete")
    await service.close()

    again = Service(stored, Backends().make)
    await again.start()
    status = await again.store.read(lambda session: session.get_one(Row, run.record.id).status)
    assert status == "failed"
    kept = await again.responses.get(OWNER, run.record.id)
    assert kept.error is not None
    assert kept.error.code == "response_interrupted"
    assert kept.output == unstored.output
    await again.close()
