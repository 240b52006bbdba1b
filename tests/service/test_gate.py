"""The gate: what is let in, what is on record and when, and what a model gets to see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fakes.backend import Backends, FakeBackend, forever, saying
from jimae.errors import JimaeError
from jimae.service.audit.answers import Attachment
from jimae.service.audit.canonical import canonical
from jimae.service.audit.sealing import SALT, commitment_of
from jimae.service.caller import LOCAL
from jimae.service.chat import Ask
from jimae.service.limits import book
from jimae.service.limits.rules import Rules, Subject
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.store.audit_tables import AuditContent, AuditRecord
from jimae.store.policy_tables import EVERYBODY, PolicyRule
from jimae.store.usage_tables import LedgerEntry
from jimae.types import (
    ChatPrompt,
    Delta,
    Done,
    Message,
    Started,
    TextPart,
    TokenPrompt,
    Usage,
)

PHONE = "03-1234-5678"


def asking(text: str = "東京は？", n: int = 1) -> Ask:
    return Ask("fake", ChatPrompt((Message("user", (TextPart(text),)),)), n=n)


@pytest.fixture
async def service(stored: Settings, backends: Backends) -> AsyncIterator[Service]:
    service = Service(stored, backends.make)
    await service.start()
    yield service
    await service.close()


async def records(service: Service) -> list[dict[str, Any]]:
    def read(session: Session) -> list[dict[str, Any]]:
        bodies = session.scalars(select(AuditRecord.body).order_by(AuditRecord.seq))
        return [msgspec.json.decode(body) for body in bodies]

    found = await service.store.read(read)
    return [body for body in found if body["act"].startswith("answer.")]


async def ledger(service: Service) -> list[tuple[str, int, int]]:
    def read(session: Session) -> list[tuple[str, int, int]]:
        rows = session.scalars(select(LedgerEntry))
        return [(row.outcome, row.prompt_tokens, row.completion_tokens) for row in rows]

    return await service.store.read(read)


async def text_of(service: Service, ask: Ask) -> str:
    parts = []
    async for _, event in service.chat.answer(LOCAL, ask):
        if isinstance(event, Delta):
            parts.append(event.text)
    return "".join(parts)


async def test_an_answer_has_two_records_and_a_row(service: Service, backend: FakeBackend) -> None:
    backend.play(*saying("東京です。"))
    assert await text_of(service, asking()) == "東京です。"

    begin, end = await records(service)
    assert (begin["act"], end["act"], end["outcome"]) == ("answer.begin", "answer.end", "done")
    assert end["begin"] == begin["id"]
    assert end["details"]["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 5,
        "cached_tokens": 0,
    }
    assert await ledger(service) == [("done", 7, 5)]


async def test_the_beginning_is_recorded_before_the_model_is_asked(
    service: Service, backend: FakeBackend
) -> None:
    go_on = asyncio.Event()
    backend.play(go_on, *saying("はい"))
    answer = asyncio.create_task(text_of(service, asking()))
    while not backend.requests:
        await asyncio.sleep(0.01)

    assert [record["act"] for record in await records(service)] == ["answer.begin"]
    go_on.set()
    await answer


async def test_the_end_is_recorded_before_the_reader_hears_of_it(
    service: Service, backend: FakeBackend
) -> None:
    backend.play(*saying("はい"))
    async with aclosing(service.chat.answer(LOCAL, asking())) as events:
        async for _, event in events:
            ends = [record["act"] for record in await records(service)].count("answer.end")
            assert ends == isinstance(event, Done)


async def test_a_reader_who_leaves_is_charged_for_what_was_written(
    service: Service, backend: FakeBackend
) -> None:
    backend.play(*forever())
    async with aclosing(service.chat.answer(LOCAL, asking())) as events:
        async for _, event in events:
            if isinstance(event, Delta):
                break
    _, end = await records(service)
    assert (end["outcome"], end["details"]["error"]) == ("failed", "stopped")
    ((outcome, prompt, written),) = await ledger(service)
    assert (outcome, prompt) == ("stopped", 7)
    assert written >= 1
    assert service.limits.standing(LOCAL) is not None


async def test_what_breaks_is_recorded_as_broken(service: Service, backend: FakeBackend) -> None:
    backend.play(Started(7, 0), JimaeError("worker_died", model="fake", reason="killed"))
    with pytest.raises(JimaeError):
        await text_of(service, asking())

    _, end = await records(service)
    assert (end["outcome"], end["details"]["error"]) == ("failed", "worker_died")
    assert [row[0] for row in await ledger(service)] == ["failed"]


async def test_what_nobody_foresaw_is_recorded_as_broken(
    service: Service, backend: FakeBackend
) -> None:
    backend.play(Started(7, 0), ValueError("unforeseen"))
    with pytest.raises(ValueError, match="unforeseen"):
        await text_of(service, asking())

    _, end = await records(service)
    assert (end["outcome"], end["details"]["error"]) == ("failed", "internal_error")
    assert [row[0] for row in await ledger(service)] == ["failed"]


async def test_what_limits_refuse_reaches_no_model_and_is_recorded(
    service: Service, backend: FakeBackend
) -> None:
    subject = Subject("everybody", "everybody")
    allowed = Rules(models=("other",))
    await service.store.write(lambda session: book.put(session, LOCAL, subject, allowed))
    with pytest.raises(JimaeError) as refused:
        await text_of(service, asking())

    assert refused.value.code == "model_not_allowed"
    assert backend.requests == []
    (record,) = await records(service)
    assert (record["act"], record["outcome"]) == ("answer.refuse", "refused")
    assert record["details"] == {"code": "model_not_allowed"}
    assert await ledger(service) == [("refused", 0, 0)]


async def test_answers_that_ended_hold_no_place(service: Service, backend: FakeBackend) -> None:
    subject = Subject("everybody", "everybody")
    one = Rules(answers_at_once=1)
    await service.store.write(lambda session: book.put(session, LOCAL, subject, one))
    backend.play(JimaeError("worker_died", model="fake", reason="killed"))
    with pytest.raises(JimaeError, match="unexpectedly"):
        await text_of(service, asking())
    backend.play(*saying("はい"))
    assert await text_of(service, asking()) == "はい"
    backend.play(*forever())
    async with aclosing(service.chat.answer(LOCAL, asking())) as events:
        await anext(events)
        with pytest.raises(JimaeError) as refused:
            await text_of(service, asking())
    assert refused.value.code == "too_many_answers"
    backend.play(*saying("はい"))
    assert await text_of(service, asking()) == "はい"


async def mask_phones(service: Service) -> None:
    rule = PolicyRule(
        id="rule_1",
        owner=EVERYBODY,
        created_at=0.0,
        kind="phone",
        models="any",
        level="admin",
        action="mask",
        confidence="low",
    )
    await service.store.write(lambda session: session.add(rule))
    service.policy.changed()


async def test_a_masked_value_reaches_neither_model_nor_record_and_comes_back(
    service: Service, backend: FakeBackend
) -> None:
    await mask_phones(service)
    backend.play(*saying("番号は【電話番号1】です。"))
    assert await text_of(service, asking(f"電話は{PHONE}です")) == f"番号は{PHONE}です。"

    (request,) = backend.requests
    assert isinstance(request.prompt, ChatPrompt)
    assert request.prompt.messages[0].content == (TextPart("電話は〔電話番号1〕です"),)
    begin, _ = await records(service)
    assert begin["details"]["findings"] == [{"kind": "phone", "count": 1, "action": "mask"}]

    def everything(session: Session) -> bytes:
        bodies = session.scalars(select(AuditRecord.body)).all()
        return "".join(bodies).encode() + b"".join(session.scalars(select(AuditContent.sealed)))

    kept = await service.store.read(everything)
    assert "電話番号1".encode() in kept
    assert PHONE.encode() not in kept


async def test_each_prompt_gets_its_own_values_back(service: Service, backend: FakeBackend) -> None:
    await mask_phones(service)
    backend.default = saying("〔電話番号1〕と〔電話番号2〕")
    asks = (asking(f"電話は{PHONE}", n=2), asking("電話は06-1234-5678", n=2))
    answers = ["", "", "", ""]
    async for index, event in service.chat.answer(LOCAL, *asks):
        if isinstance(event, Delta):
            answers[index] += event.text
    first, second = f"{PHONE}と〔電話番号2〕", "06-1234-5678と〔電話番号2〕"
    assert answers == [first, first, second, second]


async def test_files_are_on_record_as_what_can_be_proved_and_not_guessed(
    service: Service, backend: FakeBackend
) -> None:
    await mask_phones(service)
    file = Attachment(f"{PHONE}の件.txt", "cd" * 32, 12)
    backend.play(*saying("はい"))
    await text_of(service, replace(asking(f"［添付ファイル: {file.name}］"), attachments=(file,)))

    begin, _ = await records(service)
    (told,) = begin["details"]["attachments"]
    assert told.keys() == {"size", "commitment"}

    def sealed(session: Session) -> bytes:
        found = session.get(AuditContent, begin["id"])
        assert found is not None
        return found.sealed

    content = msgspec.json.decode((await service.store.read(sealed))[SALT:])
    (kept,) = content["attachments"]
    salt = bytes.fromhex(kept.pop("salt"))
    assert kept == {"name": "〔電話番号1〕の件.txt", "sha256": "cd" * 32, "size": 12}
    assert told["size"] == 12
    assert told["commitment"] == commitment_of(salt, canonical(kept))


async def test_tokens_are_no_way_around_the_mask(service: Service, backend: FakeBackend) -> None:
    await mask_phones(service)
    prompt = TokenPrompt(tuple(map(ord, f"電話は{PHONE}です")))
    backend.play(*saying("はい"))
    await text_of(service, Ask("fake", prompt))

    assert PHONE not in str(backend.requests[0].prompt)
    backend.play(*saying("はい"))
    await text_of(service, Ask("fake", TokenPrompt(tuple(map(ord, "東京は？")))))
    assert backend.requests[1].prompt == TokenPrompt(tuple(map(ord, "東京は？")))


async def test_a_prompt_counts_once_for_all_that_goes_on_from_it(
    service: Service, backend: FakeBackend
) -> None:
    for _ in range(4):
        backend.play(*saying("はい", cached=3))
    asks = (asking("一", n=2), asking("二", n=2))
    async for _ in service.chat.answer(LOCAL, *asks):
        pass

    _, end = await records(service)
    assert msgspec.convert(end["details"]["usage"], Usage) == Usage(14, 8, 6)
    assert await ledger(service) == [("done", 14, 8)]
