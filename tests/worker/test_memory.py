"""The memory of a real worker is what was estimated from its file."""

from __future__ import annotations

import psutil
import pytest

from fakes.weights import MODELS, THREADS
from jimae.catalogue import memory
from jimae.catalogue.gguf_header import read_header
from jimae.settings import load
from jimae.types import ChatPrompt, GenerateRequest, Message, Principal, Sampling, TextPart
from jimae.worker.client import LocalBackend

pytestmark = pytest.mark.weights


@pytest.mark.parametrize(("kv_tokens", "kv_type"), [(4096, "f16"), (32768, "q8_0")])
async def test_the_estimate_is_within_a_tenth(kv_tokens: int, kv_type: str) -> None:
    overrides = {
        "engine.kv_tokens": kv_tokens,
        "engine.kv_type": kv_type,
        "engine.threads": THREADS,
        "engine.disk_cache_mb": 0,
    }
    settings = load(environ={}, overrides=overrides)
    path = MODELS / "smollm2-135m.gguf"
    backend = LocalBackend("smollm2-135m", path, settings, Sampling(temperature=0.0))
    assert backend.resident() is None
    await backend.start()
    prompt = ChatPrompt((Message("user", (TextPart("Tell me about foxes. " * 30),)),))
    request = GenerateRequest("1", Principal("a", "a"), prompt, max_tokens=4)
    async for _ in backend.generate(request):
        pass
    found = backend.resident()
    assert found is not None
    estimate = memory.estimate(read_header(path), settings.engine)
    assert estimate.total == pytest.approx(found.total, rel=0.1)
    assert backend.pid is not None
    mapped = {area.path for area in psutil.Process(backend.pid).memory_maps()}
    assert mapped
    assert str(path.resolve()) not in mapped, "weights would be resident twice"
    await backend.close()
    assert backend.resident() is None
