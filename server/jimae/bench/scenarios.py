"""The situations that are measured: what is sent, and what is read off it.

Each is one coroutine over one server. What it measures as its headline is the
first of its metrics. Sizes are tokens.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from jimae.bench import prompts
from jimae.bench.client import Running, Server
from jimae.bench.prompts import Calibration, Message
from jimae.bench.stats import percentile
from jimae.bench.trace import Trace, throughput

SHARED_TOKENS = 1370
LONG_TOKENS = 2050
READERS = 4

# A reader's answer is asked for at this length and broken off when the long
# prompt has its first token: long enough not to end before, within 4,096.
READER_TOKENS = 2000
# Seconds to wait for a reader's next piece of text.
PATIENCE = 120.0
FLOOD = 16
TURNS = 5
TURNS_SYSTEM_TOKENS = 700

ONE_USER = "one key, no user field: one user"
TWO_USERS = "one key, two users told apart by the user field"
MANY_USERS = "one key, every user with a user field of their own"


@dataclass(frozen=True)
class Metric:
    name: str
    unit: Literal["s", "tok/s", ""]
    better: Literal["lower", "higher"]


@dataclass
class Scene:
    """One run of a scenario on one server.

    `rng` gives the salts: the same ones for every server in a run, other ones in
    every other run.
    """

    server: Server
    calibration: Calibration
    rng: random.Random
    users: int
    minutes: float

    def question(self) -> Message:
        return prompts.question(prompts.salt(self.rng))

    def document(self, tokens: int) -> str:
        return prompts.document(prompts.salt(self.rng), self.calibration.words_for(tokens))


@dataclass
class Outcome:
    values: dict[str, float]
    traces: list[Trace]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Scenario:
    name: str
    metrics: tuple[Metric, ...]
    run: Callable[[Scene], Awaitable[Outcome]]
    scope: str
    settings: Mapping[str, int]
    repeat: bool = True


async def together(running: list[Running]) -> list[Trace]:
    return list(await asyncio.gather(*(one.finish() for one in running)))


def gap_values(traces: list[Trace]) -> dict[str, float]:
    gaps = [gap for trace in traces for gap in trace.gaps]
    return {
        "gap p50": percentile(gaps, 50),
        "gap p95": percentile(gaps, 95),
        "gap p99": percentile(gaps, 99),
        "longest gap": percentile(gaps, 100),
    }


def ttft_values(traces: list[Trace]) -> dict[str, float]:
    ttfts = [trace.ttft for trace in traces if trace.arrivals]
    return {"ttft p95": percentile(ttfts, 95), "ttft p50": percentile(ttfts, 50)}


async def single(scene: Scene) -> Outcome:
    trace = await scene.server.ask([scene.question()], 96)
    decoding = sum(trace.gaps)
    values = {
        "tokens per second": throughput([trace]),
        "decode only": (trace.tokens - 1) / decoding if decoding > 0 else float("nan"),
        "ttft": trace.ttft,
    }
    return Outcome(values | gap_values([trace]), [trace])


async def many(scene: Scene) -> Outcome:
    traces = await together(
        [scene.server.start([scene.question()], 64) for _ in range(scene.users)]
    )
    values = {"tokens per second": throughput(traces)}
    return Outcome(values | ttft_values(traces) | gap_values(traces), traces)


async def shared_prefix(scene: Scene) -> Outcome:
    """Everybody's prompt begins with a long text that the server has read once."""
    rules = prompts.system(scene.document(SHARED_TOKENS))
    reader = await scene.server.ask([rules, scene.question()], 8)
    outcome = await _ask_about(scene, rules)
    outcome.traces.append(reader)
    return outcome


async def shared_prefix_cold(scene: Scene) -> Outcome:
    """The same, and nobody has read it before."""
    return await _ask_about(scene, prompts.system(scene.document(SHARED_TOKENS)))


async def _ask_about(scene: Scene, rules: Message) -> Outcome:
    traces = await together(
        [scene.server.start([rules, scene.question()], 64) for _ in range(scene.users)]
    )
    values = ttft_values(traces) | {"tokens per second": throughput(traces)}
    return Outcome(values | gap_values(traces), traces)


async def long_prompt_arrives(scene: Scene) -> Outcome:
    """Readers are reading; what does a long prompt do to them, and they to it?"""
    server = scene.server
    readers = [server.start([scene.question()], READER_TOKENS, whole=False) for _ in range(READERS)]
    try:
        await _wait_for_more([reader.trace for reader in readers], 8)
        request = server.start([prompts.user(scene.document(LONG_TOKENS))], 8)
        long = request.trace
        await long.wait_for_pieces(1)
        early = [reader for reader in readers if reader.trace.ended]
        # The gap that the first token fell into ends with each reader's next piece.
        if long.arrivals:
            await _wait_for_more([reader.trace for reader in readers])
        await request.finish()
    finally:
        for reader in readers:
            await reader.break_off()
    traces = [reader.trace for reader in readers]
    until = long.arrivals[0] if long.arrivals else float("inf")
    gaps = [gap for trace in traces for gap in trace.gaps_touching(long.sent, until)]
    values = {
        "longest gap": percentile(gaps, 100),
        "long prompt's ttft": long.ttft,
        "gap p50": percentile(gaps, 50),
        "gap p95": percentile(gaps, 95),
    }
    notes = [f"{len(early)} readers' answers ended before the long prompt's"] if early else []
    return Outcome(values, [*traces, long], notes)


async def _wait_for_more(readers: list[Trace], pieces: int = 1) -> None:
    """Until every reader has that many more pieces; a reader who gets none does not hold us."""
    waits = (reader.wait_for_pieces(len(reader.arrivals) + pieces) for reader in readers)
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*waits), PATIENCE)


async def fair(scene: Scene) -> Outcome:
    """One user fires many requests, then somebody else asks something short."""
    server = scene.server
    flood = [server.start([scene.question()], 64, user="busy") for _ in range(FLOOD)]
    await asyncio.sleep(0.5)
    other = await server.ask([scene.question()], 16, user="patient")
    traces = await together(flood)
    values = {
        "ttft": other.ttft,
        "longest gap": percentile(other.gaps, 100),
        "the flood's tokens per second": throughput(traces),
    }
    return Outcome(values, [*traces, other])


async def turns(scene: Scene) -> Outcome:
    """One chat of several turns: each sends all that was said before."""
    messages = [prompts.system(scene.document(TURNS_SYSTEM_TOKENS))]
    traces: list[Trace] = []
    for _ in range(TURNS):
        messages.append(scene.question())
        trace = await scene.server.ask(messages, 48)
        messages.append(prompts.assistant(trace.text))
        traces.append(trace)
    values = {
        "ttft of later turns": median([trace.ttft for trace in traces[1:]]),
        "ttft of the first turn": traces[0].ttft,
        "ttft of the last turn": traces[-1].ttft,
        "tokens per second": throughput(traces),
    }
    return Outcome(values, traces)
