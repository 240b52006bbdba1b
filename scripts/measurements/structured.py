"""What a schema costs one user's decoding: structured answers against free text, alternating.

The same prompt and number of tokens, greedy and reproducible: without guessing ahead,
which would gain differently on the two. Also the time of each mask by itself: what there is to hide
beside a decode.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from pathlib import Path

import numpy as np

from jimae.chat.grammars.compose import compose
from jimae.chat.grammars.content import content
from jimae.llama.binding import LlamaModel, LoadOptions
from jimae.llama.grammar import Grammars
from jimae.settings import load
from jimae.types import (
    ChatPrompt,
    Delta,
    Done,
    GenerateRequest,
    Grammar,
    Message,
    Principal,
    Sampling,
    TextPart,
)
from jimae.worker.client import LocalBackend
from lib.places import test_models

RUNS, TOKENS, N_CELLS = 5, 96, 2048
QUESTION = "日本の都市を、名前、人口、特徴の説明を付けて 20 個挙げてください。"
CITY = {
    "type": "object",
    "properties": {
        "名前": {"type": "string", "maxLength": 20},
        "人口": {"type": "integer", "minimum": 0},
        "種類": {"enum": ["港", "城下町", "首都", "その他"]},
        "説明": {"type": "string"},
    },
    "required": ["名前", "人口", "種類", "説明"],
    "additionalProperties": False,
}
SCHEMA = {"type": "array", "items": CITY, "minItems": 20}
FORM = Grammar("json_schema", json.dumps(SCHEMA, ensure_ascii=False))


async def decode(
    backend: LocalBackend, name: str, grammar: Grammar | None, most: int
) -> tuple[float, list[int]]:
    """Seconds per token of one answer, behind its first, and its tokens."""
    request = GenerateRequest(
        name,
        Principal("u", "u"),
        ChatPrompt((Message("user", (TextPart(QUESTION),)),)),
        Sampling(temperature=0.0),
        max_tokens=most,
        reproducible=True,
        ignore_eos=grammar is None,
        grammar=grammar,
    )
    times: list[float] = []
    ids: list[int] = []
    async for event in backend.generate(request):
        match event:
            case Delta(token_ids=tokens) if tokens:
                times.append(time.monotonic())
                ids += tokens
            case Done(usage=usage):
                assert usage.completion_tokens == most, usage
    return (times[-1] - times[0]) / (len(times) - 1), ids


def mask_times(path: Path, ids: list[int]) -> list[float]:
    """Seconds that the mask before each token takes by itself."""
    model = LlamaModel(LoadOptions(path, n_cells=256, n_running=1))
    grammars = Grammars(model.vocab)
    written = compose({}, content=content(FORM))
    assert written is not None
    place = grammars.compile(written, FORM.kind)
    taken: list[float] = []
    for token in ids:
        begun = time.perf_counter()
        place.begin(())
        place.masks()
        taken.append(time.perf_counter() - begun)
        place.accept(token)
    grammars.close()
    model.close()
    return taken


async def measure(path: Path, runs: int, tokens: int) -> None:
    chosen = {
        "engine.kv_tokens": N_CELLS,
        "engine.parallel": 1,
        "engine.reproducible_tokens": N_CELLS,
    }
    engine = load(environ={}, overrides=chosen)
    backend = LocalBackend(path.stem, path, engine, Sampling())
    await backend.start()
    free: list[float] = []
    held: list[float] = []
    ids: list[int] = []
    for run in range(runs + 1):
        one, _ = await decode(backend, f"free{run}", None, tokens)
        other, ids = await decode(backend, f"held{run}", FORM, tokens)
        if run:  # the first pair warms up
            free.append(one)
            held.append(other)
            print(f"pair {run}: {one * 1000:.1f} and {other * 1000:.1f} ms a token", flush=True)
    await backend.close()
    plain, structured = statistics.median(free), statistics.median(held)
    pairs = statistics.median(b / a for a, b in zip(free, held, strict=True))
    print(f"{path.stem}, {runs} pairs of {tokens} tokens")
    print(f"free text   {plain * 1000:7.2f} ms a token (median)")
    print(f"structured  {structured * 1000:7.2f} ms a token: {structured / plain - 1:+.1%}")
    print(f"median of the pairs' ratios: {pairs - 1:+.1%}")
    masks = np.array(mask_times(path, ids)) * 1000
    middle, high, most = np.percentile(masks, [50, 95, 100])
    print(f"one mask    {middle:7.3f} ms (median), {high:.3f} (95%), {most:.3f} (longest)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--tokens", type=int, default=TOKENS)
    given = parser.parse_args()
    path = test_models() / f"{given.model}.gguf"
    asyncio.run(measure(path, given.runs, given.tokens))


if __name__ == "__main__":
    main()
