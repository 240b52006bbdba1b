"""A worker that is killed ends its streams within a second and is replaced: 200 times."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import sys
import time

from jimae.errors import JimaeError
from jimae.types import Done, Sampling
from jimae.worker import client
from jimae.worker.client import LocalBackend
from worker.test_client import MODELS, first_delta, request, settings, to_the_end

TIMES = 200
DEADLINE = 1.0
SIGNALS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)


async def kill_once(backend: LocalBackend, number: signal.Signals, wait: float) -> float:
    """Kill the worker under two answers; seconds until both have ended with an error."""
    streams = [backend.generate(request()) for _ in range(2)]
    await asyncio.gather(*map(first_delta, streams))
    await asyncio.sleep(wait)
    assert backend.pid is not None
    os.kill(backend.pid, number)
    killed = time.monotonic()
    ends = await asyncio.gather(*map(to_the_end, streams), return_exceptions=True)
    took = time.monotonic() - killed
    for end in ends:
        if not (isinstance(end, JimaeError) and end.code == "worker_died"):
            raise AssertionError(f"{number.name}: a stream ended with {end!r}")
    last = [event async for event in backend.generate(request(max_tokens=3))][-1]
    assert isinstance(last, Done)
    return took


async def main(times: int) -> int:
    model = "smollm2-135m"
    backend = LocalBackend(model, MODELS / f"{model}.gguf", settings(), Sampling(temperature=0.0))
    await backend.start()
    # So many deaths would be answered with longer and longer pauses.
    client.BACK_OFF = client.BACK_OFF[:1]
    chance = random.Random(1)  # noqa: S311
    took = [
        await kill_once(backend, number, chance.uniform(0, 0.2))
        for number in itertools.islice(itertools.cycle(SIGNALS), times)
    ]
    await backend.close()
    took.sort()
    print(f"{times} kills; streams ended after {took[times // 2]:.3f} s (median), {took[-1]:.3f} s")
    return 0 if took[-1] < DEADLINE else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES)))
