"""Memory of a loaded model, as estimated from its file and as measured after an answer."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from jimae.catalogue import memory
from jimae.catalogue.gguf_header import read_header
from jimae.settings import load
from jimae.types import (
    ChatPrompt,
    Done,
    GenerateRequest,
    Message,
    Principal,
    Sampling,
    TextPart,
    TextPrompt,
)
from jimae.worker.client import LocalBackend

MODELS = Path(os.environ["TEST_MODELS_DIR"])
TEXT = "The quick brown fox jumps over the lazy dog. " * 110
KV_TOKENS = (4096, 32768)
KV_TYPES = ("f16", "q8_0")
BAR = 0.1


async def measure(path: Path, kv_tokens: int, kv_type: str) -> tuple[memory.Estimate, int]:
    """The estimate, and the resident bytes after an answer to about a thousand tokens."""
    settings = load(
        environ={},
        overrides={
            "engine.kv_tokens": kv_tokens,
            "engine.kv_type": kv_type,
            "engine.disk_cache_mb": 0,
        },
    )
    backend = LocalBackend(path.stem, path, settings, Sampling(temperature=0.0))
    await backend.start()
    try:
        chat = ChatPrompt((Message("user", (TextPart(TEXT),)),))
        prompt = chat if (await backend.wait_ready()).has_template else TextPrompt(TEXT)
        request = GenerateRequest("1", Principal("a", "a"), prompt, max_tokens=8)
        last = [event async for event in backend.generate(request)][-1]
        found = backend.resident()
        if found is None or not isinstance(last, Done):
            raise RuntimeError("the worker did not answer")
        return memory.estimate(read_header(path), settings.engine), found.total
    finally:
        await backend.close()


async def measure_all(paths: list[Path]) -> bool:
    good = True
    print(end="| model | KV tokens | KV type | weights | KV cache | buffers | process ")
    print(end="| estimate | measured | difference |\n| --- |" + " --- |" * 9 + "\n", flush=True)
    for path in paths:
        for kv_tokens in KV_TOKENS:
            for kv_type in KV_TYPES:
                found, measured = await measure(path, kv_tokens, kv_type)
                off = found.total / measured - 1
                good &= abs(off) <= BAR
                sizes = " | ".join(str(size >> 20) for size in (*found, found.total, measured))
                row = f"| {path.stem} | {kv_tokens} | {kv_type} | {sizes} | {off:+.1%} |"
                print(row, flush=True)
    return good


if __name__ == "__main__":
    files = sorted(MODELS.glob("*.gguf"), key=lambda path: path.stat().st_size)
    chosen = [path for path in files if len(sys.argv) == 1 or path.stem in sys.argv[1:]]
    sys.exit(0 if asyncio.run(measure_all(chosen)) else 1)
