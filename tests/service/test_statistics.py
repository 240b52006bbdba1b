"""Figures of the ledger, on both databases, against the same counted in Python."""

from __future__ import annotations

import csv
import io
import math
import random
import time
from collections.abc import AsyncIterator, Sequence
from statistics import mean

import pytest
from sqlalchemy.orm import Session

from fakes.people import account, group
from jimae.service.statistics import By, Line, Span, Statistics, of_account, statistics
from jimae.service.statistics_csv import csv_of
from jimae.settings import Settings
from jimae.store.store import Store
from jimae.store.usage_tables import LedgerEntry

NOVEMBER = Span("2026-11-01", "2026-11-30")
COLUMN: dict[By, str] = {"group": "group_id", "model": "model", "day": "day", "person": "owner"}


def entries() -> list[LedgerEntry]:
    draw = random.Random(3)  # noqa: S311
    return [
        LedgerEntry(
            id=f"use_{number}",
            owner=draw.choice(("acc_a", "acc_b", "gone", "local")),
            created_at=time.time(),
            group_id=draw.choice(("grp_1", "grp_2", None)),
            key_id=None,
            model=draw.choice(("qwen3", "gemma")),
            day=draw.choice(("2026-10-31", "2026-11-01", "2026-11-23", "2026-11-30", "2026-12-01")),
            prompt_tokens=draw.randint(0, 5000),
            completion_tokens=draw.randint(0, 500),
            cached_tokens=draw.randint(0, 100),
            waited=draw.expovariate(1),
            seconds=draw.expovariate(0.1),
            outcome=draw.choice(("done", "done", "done", "stopped", "failed", "refused")),
            code=None,
        )
        for number in range(400)
    ]


@pytest.fixture
async def store(stored: Settings) -> AsyncIterator[Store]:
    store = Store(stored)
    await store.open()

    def fill(session: Session) -> None:
        session.add_all([account("acc_a", "yamada"), account("acc_b", "suzuki")])
        session.add_all([group("grp_1", "総務課"), group("grp_2", "=税務課")])
        session.add_all(entries())

    await store.write(fill)
    yield store
    await store.close()


def expected(rows: Sequence[LedgerEntry]) -> dict[str, float]:
    let_in = [row for row in rows if row.outcome != "refused"]
    waits = sorted(row.waited for row in let_in)
    return {
        "requests": len(let_in),
        **{
            outcome: sum(row.outcome == outcome for row in rows)
            for outcome in ("stopped", "failed", "refused")
        },
        "prompt_tokens": sum(row.prompt_tokens for row in rows),
        "completion_tokens": sum(row.completion_tokens for row in rows),
        "cached_tokens": sum(row.cached_tokens for row in rows),
        "waited_mean": pytest.approx(mean(waits)),
        "waited_p50": waits[math.ceil(len(waits) * 0.5) - 1],
        "waited_p95": waits[math.ceil(len(waits) * 0.95) - 1],
        "seconds_mean": pytest.approx(mean(row.seconds for row in let_in)),
    }


def figures(line: Line) -> dict[str, float]:
    return {name: value for name, value in line._asdict().items() if name not in ("id", "name")}


async def read(store: Store, by: By, groups: Sequence[str] | None = None) -> Statistics:
    return await store.read(lambda session: statistics(session, by, NOVEMBER, groups))


@pytest.mark.parametrize("groups", [None, ("grp_1",)], ids=["everybody", "one group"])
async def test_figures(store: Store, groups: Sequence[str] | None) -> None:
    rows = [
        row
        for row in entries()
        if "2026-11-01" <= row.day <= "2026-11-30" and (groups is None or row.group_id in groups)
    ]
    for by, column in COLUMN.items():
        found = await read(store, by, groups)
        assert {line.id for line in found.lines} == {getattr(row, column) for row in rows}
        for line in found.lines:
            assert figures(line) == expected([r for r in rows if getattr(r, column) == line.id])
        assert figures(found.total) == expected(rows)
        assert found.total.id is None


async def test_names_and_order(store: Store) -> None:
    days = await read(store, "day")
    people = await read(store, "person")

    assert [line.id for line in days.lines] == ["2026-11-01", "2026-11-23", "2026-11-30"]
    assert {line.id: line.name for line in people.lines} == {
        "acc_a": "yamada",
        "acc_b": "suzuki",
        "gone": "gone",
        "local": "local",
    }
    tokens = [line.prompt_tokens + line.completion_tokens for line in people.lines]
    assert tokens == sorted(tokens, reverse=True)


async def test_of_one_account(store: Store) -> None:
    found = await store.read(lambda session: of_account(session, "acc_b", NOVEMBER))

    assert [line.id for line in found] == ["2026-11-01", "2026-11-23", "2026-11-30"]
    for line in found:
        own = [row for row in entries() if (row.owner, row.day) == ("acc_b", line.id)]
        assert figures(line) == expected(own)


async def test_nothing_was_used(store: Store) -> None:
    span = Span("2020-01-01", "2020-01-31")
    found = await store.read(lambda session: statistics(session, "group", span))

    assert found.lines == []
    assert set(figures(found.total).values()) == {0}


async def test_csv(store: Store) -> None:
    found = await read(store, "group")
    for encoding, decoded in (("utf-8", "utf-8-sig"), ("cp932", "cp932")):
        content = csv_of(found.lines, encoding)  # type: ignore[arg-type]
        heading, *rows = csv.reader(io.StringIO(content.decode(decoded), newline=""))
        assert heading == list(Line._fields)
        assert sorted(row[1] for row in rows) == ["", "'=税務課", "総務課"]
        assert [int(row[2]) for row in rows] == [line.requests for line in found.lines]
        assert content.endswith(b"\r\n")


def test_a_character_that_cp932_lacks_is_seen_to_be_missing() -> None:
    line = Line("g", "𠮷田組", *(0,) * 7, *(0.0,) * 4)

    assert "〓田組" in csv_of([line], "cp932").decode("cp932")
    assert "𠮷田組" in csv_of([line], "utf-8").decode()
