"""First token of a 2,000-token conversation: cold, and continued after a restart."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from jimae.settings import load
from jimae.types import (
    ChatPrompt,
    Delta,
    Done,
    GenerateRequest,
    Message,
    Principal,
    Sampling,
    TextPart,
)
from jimae.worker.client import LocalBackend
from lib.places import test_models

RUNS = 3
SENTENCE = "議事録の続きです。次の議題は来年度の予算案と防災訓練の日程についてでした。"


async def first_token(path: Path, data: Path, text: str, name: str) -> tuple[float, int, int]:
    """Seconds to the first token of a fresh worker, tokens of the prompt, and how many it had."""
    settings = load(environ={}, overrides={"data_dir": data, "engine.kv_tokens": 8192})
    backend = LocalBackend(path.stem, path, settings, Sampling(temperature=0.0))
    await backend.start()
    await backend.wait_ready()
    question = ChatPrompt((Message("user", (TextPart(text),)),))
    request = GenerateRequest(name, Principal("u", "u"), question, max_tokens=8, ignore_eos=True)
    began, first, usage = time.monotonic(), None, None
    async for event in backend.generate(request):
        if isinstance(event, Delta) and first is None:
            first = time.monotonic() - began
        if isinstance(event, Done):
            usage = event.usage
    await backend.close()
    assert first is not None
    assert usage is not None
    return first, usage.prompt_tokens, usage.cached_tokens


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=test_models() / "qwen2.5-coder-1.5b.gguf")
    options = parser.parse_args()
    ratios = []
    for run in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            text = f"{run} 回目。" + SENTENCE * 88
            cold, tokens, _ = await first_token(options.model, Path(folder), text, "cold")
            again = text + " 最後の議題は何でしたか?"
            warm, _, cached = await first_token(options.model, Path(folder), again, "warm")
            ratios.append(warm / cold)
            print(
                f"{tokens} tokens: cold {cold:.2f} s, after a restart {warm:.2f} s "
                f"({cached} reused), ratio {warm / cold:.3f}",
                flush=True,
            )
    print(f"median ratio {statistics.median(ratios):.3f}, {min(ratios):.3f} to {max(ratios):.3f}")


if __name__ == "__main__":
    asyncio.run(main())
