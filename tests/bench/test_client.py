"""The load generator against a server with a known schedule: counts, not times."""

from __future__ import annotations

import asyncio

import pytest

from fakes.openai_stub import OVERHEAD, Stub, serving
from jimae.bench import prompts
from jimae.bench.client import Server
from jimae.errors import JimaeError

HELLO = [prompts.user("one two three")]


async def test_a_stream_is_counted_exactly() -> None:
    async with serving(Stub()) as stub:
        server = Server("a", f"{stub.url}/v1/", "m", api_key="k")
        await server.warm_up(HELLO)
        trace = await server.ask(HELLO, 9, user="u")
        await server.close()
    assert len(trace.arrivals) == trace.completion_tokens == 9
    assert trace.text == "w " * 9
    assert trace.prompt_tokens == 3 + OVERHEAD
    assert trace.sent < trace.arrivals[0]
    assert trace.arrivals == sorted(trace.arrivals)
    assert trace.complaint() is None
    body = stub.bodies[-1]
    assert body["user"] == "u"
    assert (body["temperature"], body["ignore_eos"], body["stream"]) == (0, True, True)
    assert "user" not in stub.bodies[0]


@pytest.mark.parametrize(
    ("refuses", "extras"),
    [
        ((), {"ignore_eos", "stream_options"}),
        (("ignore_eos",), {"stream_options"}),
        (("stream_options",), {"ignore_eos"}),
        (("ignore_eos", "stream_options"), set()),
    ],
)
async def test_only_what_the_server_knows_is_sent(
    refuses: tuple[str, ...], extras: set[str]
) -> None:
    async with serving(Stub(refuses=refuses)) as stub:
        server = Server("a", stub.url, "m")
        await server.warm_up(HELLO)
        tokens = await server.prompt_tokens(HELLO)
        trace = await server.ask(HELLO, 4)
        await server.close()
    assert set(server.extras) == extras
    assert tokens == 3 + OVERHEAD
    assert trace.tokens == 4


async def test_a_server_that_refuses_everything_is_named() -> None:
    async with serving(Stub(refuses=("model",))) as stub:
        server = Server("a", stub.url, "m")
        with pytest.raises(JimaeError, match="unknown parameter model") as caught:
            await server.warm_up(HELLO)
        await server.close()
    assert caught.value.code == "bench_refused"


async def test_nobody_there() -> None:
    async with serving(Stub()) as stub:
        pass
    server = Server("a", stub.url, "m")
    with pytest.raises(JimaeError, match="No server answers") as caught:
        await server.warm_up(HELLO)
    await server.close()
    assert caught.value.code == "bench_unreachable"


async def test_failures_are_complaints() -> None:
    async with serving(Stub(fails_at=3)) as stub:
        server = Server("a", stub.url, "m")
        trace = await server.ask(HELLO, 9)
        stub.fails_at, stub.short_by = None, 2
        short = await server.ask(HELLO, 9)
        await server.close()
    assert len(trace.arrivals) == 3
    assert trace.complaint() == "the model is gone"
    # No usage was asked for, so what counts is the text.
    assert short.tokens == 7


async def test_a_reader_who_leaves_closes_the_connection() -> None:
    async with serving(Stub(endless=True)) as stub:
        server = Server("a", stub.url, "m")
        running = server.start(HELLO, 2000, whole=False)
        await running.trace.wait_for_pieces(5)
        trace = await running.break_off()
        for _ in range(500):
            if stub.at_once == 0:
                break
            await asyncio.sleep(0.01)
        await server.close()
    assert len(trace.arrivals) >= 5
    assert trace.complaint() is None
    assert stub.left == 1
