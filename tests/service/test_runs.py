"""Following several sources at once, and ending them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.waiting import until
from jimae.errors import JimaeError
from jimae.service.runs import Runs


class Source:
    """Yields numbers with a pause before each; knows whether it runs."""

    def __init__(self, count: int, pause: float = 0.0, error: Exception | None = None) -> None:
        self._count, self._pause, self._error = count, pause, error
        self.running = False
        self.begun = 0

    async def events(self) -> AsyncIterator[int]:
        self.running = True
        self.begun += 1
        try:
            for number in range(self._count):
                await asyncio.sleep(self._pause)
                yield number
            if self._error is not None:
                raise self._error
        finally:
            self.running = False


def follow(runs: Runs, sources: Sequence[Source]) -> aclosing:  # type: ignore[type-arg]
    return aclosing(runs.follow([source.events() for source in sources]))


@given(st.lists(st.integers(0, 5), max_size=5))
async def test_every_event_comes_in_the_order_of_its_source(counts: list[int]) -> None:
    runs = Runs()
    seen: list[list[int]] = [[] for _ in counts]
    async with follow(runs, [Source(count) for count in counts]) as events:
        async for index, number in events:
            seen[index].append(number)
    assert seen == [list(range(count)) for count in counts]
    assert runs.active == 0


async def test_nothing_begins_before_it_is_read() -> None:
    runs, source = Runs(), Source(3)
    async with follow(runs, [source]):
        await asyncio.sleep(0)
        assert (runs.active, source.begun) == (0, 0)


async def test_leaving_closes_every_source() -> None:
    runs, sources = Runs(), [Source(100, 0.001), Source(100, 10)]
    async with follow(runs, sources) as events:
        await anext(events)
        assert runs.active == 1
        assert all(source.running for source in sources)
    assert runs.active == 0
    assert not any(source.running for source in sources)


async def test_being_cancelled_closes_every_source() -> None:
    runs, source = Runs(), Source(100, 10)

    async def read() -> None:
        async with follow(runs, [source]) as events:
            await anext(events)

    task = asyncio.create_task(read())
    await until(lambda: source.running)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not source.running
    assert runs.active == 0


async def test_the_first_error_ends_all() -> None:
    runs, other = Runs(), Source(100, 10)
    failing = Source(1, 0, JimaeError("model_loading", model="m"))
    async with follow(runs, [failing, other]) as events:
        assert await anext(events) == (0, 0)
        with pytest.raises(JimaeError) as caught:
            await anext(events)
    assert caught.value.code == "model_loading"
    assert not other.running


async def test_end_gives_each_an_error_and_refuses_more() -> None:
    runs, source = Runs(), Source(100, 10)
    asyncio.get_running_loop().call_later(0.02, runs.end)
    for begun in (1, 1):
        with pytest.raises(JimaeError) as caught:
            async with follow(runs, [source]) as events:
                await anext(events)
        assert caught.value.code == "server_stopping"
        assert source.begun == begun
    assert not source.running


async def test_refuse_lets_those_that_run_go_on() -> None:
    runs, source = Runs(), Source(2, 0.001)
    async with follow(runs, [source]) as events:
        await anext(events)
        runs.refuse()
        assert await anext(events) == (0, 1)
    assert runs.refusing
