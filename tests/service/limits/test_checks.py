"""What a request may not exceed, counted in memory."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from jimae.errors import JimaeError
from jimae.service.caller import Caller, KeyGrant
from jimae.service.limits.hours import Window
from jimae.service.limits.limits import Limits
from jimae.service.limits.rules import EVERYBODY, Subject
from jimae.settings import Settings

from .conftest import Clock

Put = Callable[..., Awaitable[None]]

YAMADA = Caller(id="acc_a", name="yamada", via="session", groups=("grp_1",))
ACCOUNT, GROUP = Subject("account", "acc_a"), Subject("group", "grp_1")
MODEL = "qwen3"


@pytest.fixture
def stored(settings: Settings) -> Settings:
    """Nothing here is stored but limits: one kind of database will do."""
    return settings


async def refusal(limits: Limits, caller: Caller, model: str = MODEL, asked: int = 1) -> JimaeError:
    with pytest.raises(JimaeError) as refused:
        await limits.admit(caller, model, asked)
    return refused.value


# --- requests ---------------------------------------------------------------------------


async def test_requests_of_a_minute(limits: Limits, put: Put, clock: Clock) -> None:
    await put(ACCOUNT, requests_per_minute=3)
    begin = clock.now
    for second in (0, 10, 20):
        clock.now = begin + second
        (await limits.admit(YAMADA, MODEL)).release()
    clock.now = begin + 30

    refused = await refusal(limits, YAMADA)
    assert (refused.code, refused.status) == ("rate_limited", 429)
    assert refused.retry_after == 30
    assert "in 30 s, at 12:01:00 JST" in str(refused)

    clock.now = begin + 59.9
    assert (await refusal(limits, YAMADA)).code == "rate_limited"
    clock.now = begin + 60
    (await limits.admit(YAMADA, MODEL)).release()
    assert (await refusal(limits, YAMADA)).retry_after == 10


async def test_no_minute_ever_holds_more(limits: Limits, put: Put, clock: Clock) -> None:
    await put(ACCOUNT, requests_per_minute=7)
    draw = random.Random(5)  # noqa: S311
    times: list[float] = []
    for _ in range(400):
        clock.now += draw.expovariate(1 / 4)
        try:
            (await limits.admit(YAMADA, MODEL)).release()
        except JimaeError as refused:
            # What it is told to wait is right, and not too long.
            wait = refused.retry_after or 0.0
            assert sum(clock.now + wait - 60 < one for one in times) < 7
            assert sum(clock.now + wait - 60.001 < one for one in times) >= 7
        else:
            times.append(clock.now)

    assert all(sum(one - 60 < other <= one for other in times) <= 7 for one in times)
    assert len(times) > 100


async def test_a_refused_request_costs_nothing(limits: Limits, put: Put) -> None:
    await put(ACCOUNT, requests_per_minute=1, models=(MODEL,))
    assert (await refusal(limits, YAMADA, "other")).code == "model_not_allowed"

    (await limits.admit(YAMADA, MODEL)).release()


# --- answers at once --------------------------------------------------------------------


async def test_answers_at_the_same_time(limits: Limits, put: Put) -> None:
    await put(ACCOUNT, answers_at_once=2)
    first, second = [await limits.admit(YAMADA, MODEL) for _ in range(2)]

    refused = await refusal(limits, YAMADA)
    assert (refused.code, refused.status) == ("too_many_answers", 429)
    assert refused.retry_after is not None

    first.release()
    first.release()
    third = await limits.admit(YAMADA, MODEL)
    assert (await refusal(limits, YAMADA)).code == "too_many_answers"
    second.release()
    third.release()


async def test_several_answers_of_one_request(limits: Limits, put: Put) -> None:
    """A request for many is answered with as many at once as are free."""
    await put(ACCOUNT, answers_at_once=4)
    one = await limits.admit(YAMADA, MODEL, 1)
    many = await limits.admit(YAMADA, MODEL, 8)

    assert (one.at_once, many.at_once) == (1, 3)
    assert (await refusal(limits, YAMADA)).code == "too_many_answers"
    many.release()
    assert (await limits.admit(YAMADA, MODEL, 2)).at_once == 2


async def test_answers_that_began_without_a_limit_count_when_one_is_set(
    limits: Limits, put: Put
) -> None:
    lease = await limits.admit(YAMADA, MODEL)
    await put(ACCOUNT, answers_at_once=1)

    assert (await refusal(limits, YAMADA)).code == "too_many_answers"
    lease.release()
    (await limits.admit(YAMADA, MODEL)).release()


# --- models and hours -------------------------------------------------------------------


async def test_models(limits: Limits, put: Put) -> None:
    await put(EVERYBODY, models=("qwen3", "gemma", "phi"))
    await put(GROUP, models=("gemma", "qwen3"))
    program = Caller(
        id="acc_a",
        name="yamada",
        via="key",
        groups=("grp_1",),
        key=KeyGrant("key_1", "script", models=("gemma", "phi")),
    )

    refused = await refusal(limits, program, "qwen3")
    assert (refused.code, refused.status, refused.param) == ("model_not_allowed", 403, "model")
    assert str(refused) == "The key 'script' may not use the model 'qwen3'. Allowed: gemma."
    assert refused.message("ja").startswith("API キー「script」は")
    (await limits.admit(program, "gemma")).release()
    assert await limits.models(program) == {"gemma"}
    assert await limits.models(YAMADA) == {"gemma", "qwen3"}


async def test_no_limit_allows_every_model(limits: Limits) -> None:
    assert await limits.models(YAMADA) is None
    (await limits.admit(YAMADA, "whatever")).release()


async def test_hours(limits: Limits, put: Put, clock: Clock) -> None:
    await put(GROUP, hours=(Window(("mon", "tue"), "09:00", "17:00"),))
    (await limits.admit(YAMADA, MODEL)).release()
    clock.set("2026-11-23T17:00:00+09:00")

    refused = await refusal(limits, YAMADA)
    assert (refused.code, refused.status) == ("hours_closed", 403)
    assert refused.retry_after == 16 * 3600
    assert "mon,tue 09:00-17:00" in str(refused)
    assert "2026-11-24 09:00 JST" in str(refused)
    assert "2026-11-24 09:00 JST" in refused.message("ja")


async def test_hours_that_exclude_each_other(limits: Limits, put: Put) -> None:
    await put(GROUP, hours=(Window(("mon",), "09:00", "12:00"),))
    await put(ACCOUNT, hours=(Window(("sat",), "09:00", "12:00"),))

    assert (await refusal(limits, YAMADA)).code == "hours_never"


# --- together ---------------------------------------------------------------------------


async def test_fifty_at_once_never_exceed_what_is_exact(limits: Limits, put: Put) -> None:
    await put(ACCOUNT, answers_at_once=7, requests_per_minute=20)
    running = most = let_in = 0

    async def ask() -> None:
        nonlocal running, most, let_in
        while True:
            try:
                lease = await limits.admit(YAMADA, MODEL)
            except JimaeError as refused:
                if refused.code == "rate_limited":
                    return
                await asyncio.sleep(0.001)
                continue
            running, let_in = running + 1, let_in + 1
            most = max(most, running)
            await asyncio.sleep(0.05)
            running -= 1
            lease.release()

    await asyncio.gather(*(ask() for _ in range(50)))

    assert (most, let_in) == (7, 20)
    await limits.book.refresh()
    standing = limits.standing(YAMADA)
    assert {part.measure: part.used for part in standing.parts} == {
        "answers_at_once": 0,
        "requests_per_minute": 20,
    }
