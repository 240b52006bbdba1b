"""What the process boundary costs one user's decoding: a worker against its engine alone."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from pathlib import Path

from jimae.engine.detokenizer import Detokenizer
from jimae.engine.engine import Engine, EngineOptions
from jimae.engine.sampler import Sampler
from jimae.engine.sequence import Sequence
from jimae.llama.binding import LlamaModel, LoadOptions
from jimae.settings import load
from jimae.types import Delta, Event, GenerateRequest, Principal, Sampling, TokenPrompt
from jimae.worker.client import LocalBackend
from lib.places import test_models

RUNS, TOKENS, N_CELLS = 5, 96, 4096
PROMPT = tuple(range(1000, 1040))
GREEDY = Sampling(temperature=0.0)


def in_process(model: LlamaModel) -> float:
    """Tokens per second between the first and the last token."""
    times: list[float] = []

    def emit(_: str, event: Event) -> None:
        if isinstance(event, Delta) and event.token_ids:
            times.append(time.monotonic())

    engine = Engine(model, EngineOptions(N_CELLS), emit)
    bias = Sampling(temperature=0.0, logit_bias=dict.fromkeys(model.vocab.end_tokens, -1e9))
    engine.submit(
        Sequence(
            "one",
            Principal("u", "u"),
            list(PROMPT),
            Sampler(bias),
            Detokenizer(),
            TOKENS,
            model.vocab.end_tokens,
        )
    )
    while engine.busy:
        engine.step()
    engine.cache.clear()
    return (len(times) - 1) / (times[-1] - times[0])


async def by_worker(backend: LocalBackend, run: int) -> float:
    times: list[float] = []
    request = GenerateRequest(
        f"run{run}",
        Principal(f"u{run}", f"u{run}"),
        TokenPrompt(PROMPT),
        GREEDY,
        max_tokens=TOKENS,
        ignore_eos=True,
    )
    async for event in backend.generate(request):
        if isinstance(event, Delta) and event.token_ids:
            times.append(time.monotonic())
    return (len(times) - 1) / (times[-1] - times[0])


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=test_models() / "qwen2.5-coder-1.5b.gguf")
    path = parser.parse_args().model
    settings = load(environ={}, overrides={"engine.kv_tokens": N_CELLS, "engine.disk_cache_mb": 0})
    backend = LocalBackend(path.stem, path, settings, GREEDY)
    await backend.start()
    await backend.wait_ready()
    model = LlamaModel(LoadOptions(path, n_cells=N_CELLS, n_running=settings.engine.parallel))
    ratios = []
    for run in range(RUNS):
        inside, outside = in_process(model), await by_worker(backend, run)
        ratios.append(outside / inside)
        print(f"in process {inside:.1f} tok/s, by worker {outside:.1f} tok/s", flush=True)
    print(f"median ratio {statistics.median(ratios):.3f}, {min(ratios):.3f} to {max(ratios):.3f}")
    await backend.close()


if __name__ == "__main__":
    asyncio.run(main())
