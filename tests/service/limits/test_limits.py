"""Letting in as far as limits allow, and the ledger of what was used: on both databases."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.caller import LOCAL, Caller, KeyGrant
from jimae.service.limits.ledger import Outcome
from jimae.service.limits.limits import Lease, Limits
from jimae.service.limits.rules import EVERYBODY, Subject
from jimae.store.account_tables import Account
from jimae.store.store import Store
from jimae.store.usage_tables import LedgerEntry
from jimae.types import Usage

from .conftest import Clock

Put = Callable[..., Awaitable[None]]

YAMADA = Caller(id="acc_a", name="yamada", via="session", groups=("grp_1",))
SUZUKI = Caller(id="acc_b", name="suzuki", via="session", groups=("grp_1",))
PROGRAM = Caller(
    id="acc_a", name="yamada", via="key", groups=("grp_1",), key=KeyGrant("key_1", "script")
)
ACCOUNT, GROUP, KEY = (
    Subject("account", "acc_a"),
    Subject("group", "grp_1"),
    Subject("key", "key_1"),
)
MODEL = "qwen3"


async def charge(
    store: Store, lease: Lease, tokens: int, outcome: Outcome = "done", waited: float = 0.5
) -> None:
    usage = Usage(tokens - tokens // 3, tokens // 3, tokens // 5)
    await store.write(lambda session: lease.charge(session, usage, waited, outcome))
    lease.release()


async def use(store: Store, limits: Limits, caller: Caller, tokens: int) -> None:
    await charge(store, await limits.admit(caller, MODEL), tokens)


async def refusal(limits: Limits, caller: Caller, model: str = MODEL, asked: int = 1) -> JimaeError:
    with pytest.raises(JimaeError) as refused:
        await limits.admit(caller, model, asked)
    return refused.value


# --- tokens -----------------------------------------------------------------------------


@pytest.mark.parametrize("subject", [EVERYBODY, ACCOUNT, GROUP, KEY], ids=str)
async def test_tokens_of_a_day(
    store: Store, limits: Limits, put: Put, clock: Clock, subject: Subject
) -> None:
    await put(subject, tokens_per_day=100)
    await use(store, limits, PROGRAM, 99)
    await use(store, limits, PROGRAM, 30)

    refused = await refusal(limits, PROGRAM)
    assert (refused.code, refused.status) == ("quota_exceeded", 429)
    assert refused.retry_after == 12 * 3600
    assert "129 of 100" in str(refused)
    assert "2026-11-24 00:00 JST" in str(refused)
    assert "129 を使い" in refused.message("ja")

    clock.set("2026-11-24T00:00:00+09:00")
    await use(store, limits, PROGRAM, 1)


async def test_tokens_of_a_month(store: Store, limits: Limits, put: Put, clock: Clock) -> None:
    await put(ACCOUNT, tokens_per_month=100, tokens_per_day=90)
    await use(store, limits, YAMADA, 89)
    clock.set("2026-11-24T12:00:00+09:00")
    await use(store, limits, YAMADA, 91)

    refused = await refusal(limits, YAMADA)
    assert "180 of 100" in str(refused), "the limit that returns last is told"
    assert "2026-12-01 00:00 JST" in str(refused)

    clock.set("2026-12-01T00:00:00+09:00")
    await use(store, limits, YAMADA, 1)


async def test_a_group_is_counted_together(store: Store, limits: Limits, put: Put) -> None:
    await put(GROUP, tokens_per_day=100)
    await use(store, limits, YAMADA, 60)
    await use(store, limits, SUZUKI, 60)

    assert "総務課" in str(await refusal(limits, YAMADA))
    elsewhere = Caller(id="acc_b", name="suzuki", via="session", groups=("grp_2", "grp_1"))
    await use(store, limits, elsewhere, 1)


async def test_what_is_set_for_everybody_is_each_ones_own(
    store: Store, limits: Limits, put: Put
) -> None:
    await put(EVERYBODY, tokens_per_day=100)
    await use(store, limits, YAMADA, 100)
    await use(store, limits, SUZUKI, 99)
    assert (await refusal(limits, YAMADA)).code == "quota_exceeded"

    await put(ACCOUNT, tokens_per_day=1000)
    await use(store, limits, YAMADA, 1)


async def test_the_strictest_holds(store: Store, limits: Limits, put: Put) -> None:
    await put(ACCOUNT, tokens_per_day=1000)
    await put(GROUP, tokens_per_day=500)
    await put(KEY, tokens_per_day=50)
    await use(store, limits, PROGRAM, 50)

    assert "script" in str(await refusal(limits, PROGRAM))
    await use(store, limits, YAMADA, 450)
    assert "総務課" in str(await refusal(limits, YAMADA))


async def test_no_tokens_at_all(limits: Limits, put: Put) -> None:
    await put(KEY, tokens_per_day=0)

    assert (await refusal(limits, PROGRAM)).code == "quota_exceeded"
    (await limits.admit(YAMADA, MODEL)).release()


async def test_in_single_user_mode(store: Store, limits: Limits, put: Put) -> None:
    await put(Subject("account", "local"), tokens_per_day=10)
    await use(store, limits, LOCAL, 10)

    assert (await refusal(limits, LOCAL)).code == "quota_exceeded"


async def test_a_restart_counts_on(store: Store, limits: Limits, put: Put, clock: Clock) -> None:
    await put(GROUP, tokens_per_day=100, tokens_per_month=1000)
    clock.set("2026-10-31T23:59:59+09:00")
    await use(store, limits, YAMADA, 5000)
    clock.set("2026-11-22T12:00:00+09:00")
    await use(store, limits, YAMADA, 70)
    clock.set("2026-11-23T12:00:00+09:00")
    await use(store, limits, SUZUKI, 30)

    again = Limits(store, "Asia/Tokyo", clock)
    await again.open()
    await again.book.refresh()

    used = {part.measure: part.used for part in again.standing(YAMADA).parts}
    assert used == {"tokens_per_day": 30, "tokens_per_month": 100}


async def test_what_was_not_stored_does_not_count(store: Store, limits: Limits, put: Put) -> None:
    await put(ACCOUNT, tokens_per_day=10)
    lease = await limits.admit(YAMADA, MODEL)

    def fail(session: Session) -> None:
        lease.charge(session, Usage(100, 100), 0.0, "done")
        raise RuntimeError("the disk")

    with pytest.raises(RuntimeError):
        await store.write(fail)
    lease.release()

    (await limits.admit(YAMADA, MODEL)).release()


# --- changes ----------------------------------------------------------------------------


async def test_another_process_changes_a_limit(store: Store, clock: Clock, put: Put) -> None:
    """Every way it may go: set, changed, taken away, set again."""
    limits = Limits(store, "Asia/Tokyo", clock)
    await limits.open()
    for answers, expected in ((1, 1), (3, 3), (None, 8), (2, 2)):
        await put(ACCOUNT, answers_at_once=answers)
        lease = await limits.admit(YAMADA, MODEL, 8)
        assert lease.at_once == expected
        lease.release()


async def test_a_limit_counts_for_what_was_used_before_it(
    store: Store, limits: Limits, put: Put
) -> None:
    await use(store, limits, YAMADA, 500)
    await put(GROUP, tokens_per_day=400)

    assert (await refusal(limits, SUZUKI)).code == "quota_exceeded"


# --- together ---------------------------------------------------------------------------


async def test_fifty_at_once_overspend_by_those_in_flight_at_most(
    store: Store, limits: Limits, put: Put
) -> None:
    """Waves of 50 requests over one quota, each ending when it likes."""
    quota, most = 2_000, 90
    await put(GROUP, tokens_per_day=quota)
    draw = random.Random(11)  # noqa: S311
    let_in: list[int] = []
    codes: set[str] = set()
    in_flight = 0
    seen: list[int] = []

    async def ask(caller: Caller) -> None:
        nonlocal in_flight
        try:
            lease = await limits.admit(caller, MODEL)
        except JimaeError as refused:
            codes.add(refused.code)
            return
        in_flight += 1
        seen.append(in_flight)
        await asyncio.sleep(0.1 + draw.random() / 20)
        tokens = draw.randint(1, most)
        let_in.append(tokens)
        await charge(store, lease, tokens)
        in_flight -= 1

    for _ in range(4):
        await asyncio.gather(*(ask(draw.choice((YAMADA, SUZUKI, PROGRAM))) for _ in range(50)))

    assert codes == {"quota_exceeded"}
    assert max(seen) > 25
    assert quota <= sum(let_in) <= quota + most * max(seen)
    stored = await store.read(
        lambda session: session.scalar(
            select(func.sum(LedgerEntry.prompt_tokens + LedgerEntry.completion_tokens))
        )
    )
    assert stored == sum(let_in)
    await limits.book.refresh()
    assert [part.used for part in limits.standing(SUZUKI).parts] == [sum(let_in)]


# --- the ledger -------------------------------------------------------------------------


async def test_one_row_for_each_request(store: Store, limits: Limits) -> None:
    lease = await limits.admit(PROGRAM, MODEL)
    await asyncio.sleep(0.01)
    await store.write(lambda session: lease.charge(session, Usage(70, 30, 20), 1.5, "stopped"))
    lease.release()
    error = await refusal_of_a_model(store, limits)

    def rows(session: Session) -> list[LedgerEntry]:
        return list(session.scalars(select(LedgerEntry).order_by(LedgerEntry.outcome.desc())))

    stopped, refused = await store.read(rows)
    assert (stopped.owner, stopped.group_id, stopped.key_id) == ("acc_a", "grp_1", "key_1")
    assert (stopped.model, stopped.day, stopped.outcome) == (MODEL, "2026-11-23", "stopped")
    assert (stopped.prompt_tokens, stopped.completion_tokens, stopped.cached_tokens) == (70, 30, 20)
    assert stopped.waited == 1.5
    assert stopped.seconds >= 0.01
    assert (refused.outcome, refused.code, refused.prompt_tokens) == ("refused", error.code, 0)
    assert (refused.owner, refused.key_id) == ("acc_b", None)


async def refusal_of_a_model(store: Store, limits: Limits) -> JimaeError:
    error = JimaeError("empty_prompt")
    await store.write(lambda session: limits.refuse(session, SUZUKI, MODEL, error))
    return error


async def test_a_limit_of_who_is_gone_is_none(store: Store, limits: Limits, put: Put) -> None:
    await put(Subject("account", "acc_b"), answers_at_once=1)
    assert list(await limits.book.refresh()) == [Subject("account", "acc_b")]
    await store.write(lambda session: session.delete(session.get_one(Account, "acc_b")))
    await put(KEY, answers_at_once=1)

    assert list(await limits.book.refresh()) == [KEY]
