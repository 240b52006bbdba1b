"""Mixed users for minutes: does anything fail, and does it get slower?"""

from __future__ import annotations

import random
import time
from asyncio import gather
from dataclasses import dataclass, field

from jimae.bench import prompts
from jimae.bench.prompts import Message
from jimae.bench.scenarios import Outcome, Scene, ttft_values
from jimae.bench.stats import drift, percentile
from jimae.bench.trace import Trace, throughput

LONG_TOKENS = 600
CHAT_TURNS = 4


@dataclass
class _Record:
    short: list[Trace] = field(default_factory=list)
    other: list[Trace] = field(default_factory=list)

    @property
    def all(self) -> list[Trace]:
        return self.short + self.other


async def soak(scene: Scene) -> Outcome:
    """Drift compares the last third with the first: of short questions, in order of sending."""
    until = time.perf_counter() + scene.minutes * 60
    record = _Record()
    seeds = [scene.rng.randrange(2**32) for _ in range(scene.users)]
    await gather(
        *(
            _one_user(scene, f"user-{index}", random.Random(seed), until, record)  # noqa: S311
            for index, seed in enumerate(seeds)
        )
    )
    traces = record.all
    gaps = [gap for trace in traces for gap in trace.gaps]
    short = sorted((one for one in record.short if one.gaps), key=lambda trace: trace.sent)
    values = {
        "failures": float(sum(trace.complaint() is not None for trace in traces)),
        "requests": float(len(traces)),
        "ttft drift": drift([trace.ttft for trace in short]),
        "gap drift": drift([percentile(trace.gaps, 50) for trace in short]),
        "tokens per second": throughput(traces),
        **ttft_values(record.short),
        "gap p99": percentile(gaps, 99),
        "longest gap": percentile(gaps, 100),
    }
    return Outcome(values, traces)


async def _one_user(
    scene: Scene, name: str, rng: random.Random, until: float, record: _Record
) -> None:
    """Short questions mostly, a chat, a long text, and now and then leaving in the middle."""
    chat: list[Message] = []
    while time.perf_counter() < until:
        question = prompts.question(prompts.salt(rng))
        kind = rng.choices(("short", "chat", "long", "leave"), (60, 25, 10, 5))[0]
        if kind == "short":
            record.short.append(
                await scene.server.ask([question], rng.randrange(16, 65), user=name)
            )
        elif kind == "chat":
            if len(chat) >= 2 * CHAT_TURNS:
                chat.clear()
            chat.append(question)
            trace = await scene.server.ask(chat, 32, user=name)
            chat.append(prompts.assistant(trace.text))
            record.other.append(trace)
        elif kind == "long":
            mark = prompts.salt(rng)
            text = prompts.document(mark, scene.calibration.words_for(LONG_TOKENS))
            record.other.append(await scene.server.ask([prompts.user(text)], 16, user=name))
        else:
            running = scene.server.start([question], 256, user=name, whole=False)
            await running.trace.wait_for_pieces(rng.randrange(1, 9))
            record.other.append(await running.break_off())
