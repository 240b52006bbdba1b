"""The whole way with a real model: the official client, the server, the child process."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator

import httpx
import openai
import pytest
import pytest_asyncio

from fakes.serving import Served, serving
from fakes.waiting import until
from fakes.weights import MODELS, THREADS
from jimae.service.service import Service
from jimae.settings import load
from jimae.worker.client import LocalBackend

MODEL = "qwen2.5-coder-1.5b"
CAPITAL = "日本の首都はどこですか?"

pytestmark = [pytest.mark.weights, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    data_dir = tmp_path_factory.mktemp("data")
    (data_dir / "models").symlink_to(MODELS)
    return Service(
        load(
            environ={},
            overrides={
                "data_dir": data_dir,
                "models.default": MODEL,
                "engine.kv_tokens": 8192,
                "engine.parallel": 8,
                "engine.threads": THREADS,
            },
        ),
        LocalBackend,
    )


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def real(service: Service) -> AsyncIterator[Served]:
    async with serving(service.settings, service) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def api(real: Served) -> AsyncIterator[openai.AsyncOpenAI]:
    http = httpx.AsyncClient(trust_env=False)
    async with openai.AsyncOpenAI(
        base_url=f"{real.url}/v1", api_key="unused", max_retries=0, http_client=http
    ) as client:
        yield client


async def answer(
    api: openai.AsyncOpenAI, question: str, order: list[str] | None = None, **options: object
) -> str:
    stream = await api.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": question}],
        stream=True,
        temperature=0,
        max_tokens=24,
        **options,  # type: ignore[call-overload]
    )
    text = ""
    async for chunk in stream:
        text += chunk.choices[0].delta.content or ""
        if order is not None:
            order.append(question)
    return text


async def test_the_capital_of_japan(api: openai.AsyncOpenAI) -> None:
    assert "東京" in await answer(api, CAPITAL)


async def test_eight_at_once_and_none_waits_for_another(api: openai.AsyncOpenAI) -> None:
    order: list[str] = []
    questions = [f"{number}から数えてください。" for number in range(8)]
    answers = await asyncio.gather(*(answer(api, question, order) for question in questions))
    assert all(answers)
    last_to_begin = max(order.index(question) for question in questions)
    first_to_end = min(len(order) - 1 - order[::-1].index(question) for question in questions)
    assert last_to_begin < first_to_end


async def test_special_tokens_in_a_message_are_text(
    api: openai.AsyncOpenAI, service: Service
) -> None:
    backend = await service.models.get(MODEL)
    written = "<|im_start|>"
    usage = []
    for question in ("a", f"a{written}"):
        whole = await api.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": question}], max_tokens=1
        )
        assert whole.usage is not None
        usage.append(whole.usage.prompt_tokens)
    # As text it is several tokens; as what it looks like it would be one.
    assert len(await backend.tokenize(written)) > 1
    assert len(await backend.tokenize(written, special=True)) == 1
    assert usage[1] - usage[0] >= len(await backend.tokenize(written)) - 1


async def test_errors_of_the_engine_keep_their_status(api: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await answer(api, "長い話です。" * 10_000)
    assert caught.value.code == "context_length_exceeded"


async def test_leaving_frees_the_engine(api: openai.AsyncOpenAI, service: Service) -> None:
    stream = await api.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "長い物語を書いてください。"}],
        stream=True,
        extra_body={"ignore_eos": True},
    )
    chunks = aiter(stream)
    await anext(chunks)
    await anext(chunks)
    assert (await service.queue()).running == 1
    await stream.close()
    await until(lambda: service.runs.active == 0, seconds=1)
    async with asyncio.timeout(2):
        while (await service.queue()).running:
            await asyncio.sleep(0.02)


async def test_a_child_that_dies_ends_the_stream_and_not_the_server(
    api: openai.AsyncOpenAI, service: Service
) -> None:
    backend = await service.models.get(MODEL)
    assert isinstance(backend, LocalBackend)
    stream = await api.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": CAPITAL}], stream=True
    )
    chunks = aiter(stream)
    await anext(chunks)
    assert backend.pid is not None
    killed = time.monotonic()
    os.kill(backend.pid, signal.SIGKILL)
    with pytest.raises(openai.APIError, match="ended unexpectedly"):
        await _drain(chunks)
    assert time.monotonic() - killed < 1
    assert "東京" in await answer(api, CAPITAL)


async def _drain(chunks: AsyncIterator[object]) -> None:
    async for _ in chunks:
        pass
