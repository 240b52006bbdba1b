"""A real worker on real weights: answers, dies, hangs, and is there again."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from array import array
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from fakes.files import write_gguf
from fakes.weights import MODELS, THREADS
from jimae.errors import JimaeError
from jimae.settings import Settings, load
from jimae.types import (
    ChatPrompt,
    Delta,
    Done,
    GenerateRequest,
    Message,
    Principal,
    Role,
    Sampling,
    TextPart,
    TextPrompt,
    TokenPrompt,
)
from jimae.worker import client
from jimae.worker.client import LocalBackend

pytestmark = pytest.mark.weights


def settings(**engine: int) -> Settings:
    values = {"kv_tokens": 2048, "parallel": 4, "threads": THREADS, **engine}
    return load(environ={}, overrides={f"engine.{k}": v for k, v in values.items()})


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[LocalBackend]:
    made = LocalBackend(
        "smollm2-135m", MODELS / "smollm2-135m.gguf", settings(), Sampling(temperature=0.0)
    )
    await made.start()
    yield made
    await made.close()


counter = iter(range(10**6))


def request(text: str = "Tell me a story.", max_tokens: int = 500) -> GenerateRequest:
    return GenerateRequest(
        f"r{next(counter)}",
        Principal("u", "u"),
        ChatPrompt((Message("user", (TextPart(text),)),)),
        max_tokens=max_tokens,
        ignore_eos=True,
    )


async def first_delta(stream: AsyncIterator[object]) -> None:
    async for event in stream:
        if isinstance(event, Delta) and event.text:
            return


async def idle(backend: LocalBackend, within: float = 5.0) -> None:
    """Wait until nothing runs."""
    async with asyncio.timeout(within):
        while (await backend.status()).running:
            await asyncio.sleep(0.02)


async def test_an_answer(backend: LocalBackend) -> None:
    events = [e async for e in backend.generate(request("Say hello.", 12))]
    done = events[-1]
    assert isinstance(done, Done)
    assert (done.finish_reason, done.usage.completion_tokens) == ("length", 12)
    ids = tuple(t for e in events if isinstance(e, Delta) for t in e.token_ids)
    text = "".join(e.text for e in events if isinstance(e, Delta))
    assert len(ids) == 12
    assert (await backend.detokenize(ids)).decode("utf-8", "replace") == text


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
async def test_a_death_ends_the_stream_within_a_second_and_the_next_request_works(
    backend: LocalBackend, number: signal.Signals
) -> None:
    stream = backend.generate(request())
    await first_delta(stream)
    pid = backend.pid
    assert pid is not None
    os.kill(pid, number)
    killed = time.monotonic()
    with pytest.raises(JimaeError, match=number.name) as caught:
        await to_the_end(stream)
    assert time.monotonic() - killed < 1.0
    assert caught.value.code == "worker_died"
    events = [e async for e in backend.generate(request(max_tokens=3))]
    assert isinstance(events[-1], Done)
    assert backend.pid not in (None, pid)


async def to_the_end(stream: AsyncIterator[object]) -> None:
    async for _ in stream:
        pass


async def test_a_reader_who_leaves_frees_the_model(backend: LocalBackend) -> None:
    for _ in range(20):
        stream = backend.generate(request())
        await anext(stream)
        await stream.aclose()
    await idle(backend)
    status = await backend.status()
    assert (status.running, status.waiting) == (0, 0)


async def test_a_stopped_worker_is_not_ready_and_is_replaced(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    await backend.wait_ready()
    pid = backend.pid
    assert pid is not None
    # A worker that starts is silent longer than that where others want the cores as well.
    with monkeypatch.context() as patch:
        patch.setattr(client, "STALLED_SECONDS", 1.0)
        patch.setattr(client, "SILENT_SECONDS", 2.5)
        os.kill(pid, signal.SIGSTOP)
        async with asyncio.timeout(2.4):
            while backend.state == "ready":
                await asyncio.sleep(0.05)
        assert backend.state == "stalled"
        async with asyncio.timeout(20):
            while backend.state == "stalled":
                await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        while backend.state != "ready":
            await asyncio.sleep(0.05)
    assert backend.pid != pid


async def test_a_pause_of_the_server_itself_costs_no_worker(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A suspended machine stops both, and time goes on meanwhile."""
    await backend.wait_ready()
    monkeypatch.setattr(client, "SILENT_SECONDS", 2.0)
    await asyncio.sleep(0.7)
    pid = backend.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    time.sleep(3.5)  # noqa: ASYNC251  # holds up the loop, which is the point
    await asyncio.sleep(0.01)
    os.kill(pid, signal.SIGCONT)
    events = [e async for e in backend.generate(request(max_tokens=3))]
    assert isinstance(events[-1], Done)
    assert backend.pid == pid


async def test_a_worker_that_sends_no_message_is_replaced(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    await backend.wait_ready()
    pid = backend.pid
    with monkeypatch.context() as patched:
        patched.setattr(client.protocol, "MAX_FRAME", 4)  # the next heartbeat is too long
        async with asyncio.timeout(10):
            while backend.state == "ready":
                await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        await backend.wait_ready()
    assert backend.pid not in (None, pid)


async def test_what_cannot_be_run_is_refused(backend: LocalBackend) -> None:
    async def code(made: GenerateRequest) -> tuple[str, str | None]:
        with pytest.raises(JimaeError) as caught:
            _ = [e async for e in backend.generate(made)]
        return caught.value.code, caught.value.param

    who = Principal("u", "u")
    assert await code(request("word " * 3000)) == ("context_length_exceeded", "messages")
    assert await code(request(max_tokens=2048)) == ("max_tokens_too_large", "max_tokens")
    assert await code(GenerateRequest("a", who, TextPrompt(""))) == ("empty_prompt", None)
    assert await code(GenerateRequest("b", who, TokenPrompt((10**6,)))) == (
        "token_out_of_range",
        "prompt",
    )
    bias = Sampling(logit_bias={10**6: 1.0})
    assert await code(GenerateRequest("c", who, TextPrompt("x"), bias)) == (
        "token_out_of_range",
        "logit_bias",
    )


@pytest.mark.parametrize("key", [None, bytes(range(100, 132))], ids=["clear", "encrypted"])
async def test_a_conversation_goes_on_after_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, key: bytes | None
) -> None:
    caplog.set_level(logging.DEBUG)
    made = settings(kv_tokens=4096).model_copy(update={"data_dir": tmp_path})
    path = MODELS / "smollm2-135m.gguf"
    words = "The quick brown fox jumps over the lazy dog. "
    counts, answers = [], []
    for _ in range(2):
        one = LocalBackend(path.stem, path, made, Sampling(temperature=0.0), None, key)
        await one.start()
        events = [e async for e in one.generate(request(words * 70, 8))]
        answers.append("".join(e.text for e in events if isinstance(e, Delta)))
        done = events[-1]
        assert isinstance(done, Done)
        counts.append((done.usage.prompt_tokens, done.usage.cached_tokens))
        ids = await one.tokenize(words)
        if key is not None:
            process = Path(f"/proc/{one.pid}")
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            assert not shown([key, key.hex().encode()], told + caplog.text.encode())
        await one.close()
    assert counts[0][1] == 0
    assert counts[1][1] == counts[1][0] - 1
    assert answers[0] == answers[1]
    (file,) = (tmp_path / "kv" / path.stem).iterdir()
    runs = [array("i", ids[i : i + 3]).tobytes() for i in range(len(ids) - 2)]
    looked_for = [*runs, b"quick brown", b"lazy dog"]
    assert bool(shown(looked_for, file.read_bytes())) == (key is None)


def shown(pieces: list[bytes], content: bytes) -> list[bytes]:
    return [piece for piece in pieces if piece in content]


async def test_what_the_template_says_is_read_once_for_everybody(backend: LocalBackend) -> None:
    async def cached(user: str, *said: tuple[Role, str]) -> int:
        messages = tuple(Message(role, (TextPart(text),)) for role, text in said)
        made = msgspec.structs.replace(
            request(max_tokens=1), principal=Principal(user, user), prompt=ChatPrompt(messages)
        )
        events = [event async for event in backend.generate(made)]
        assert isinstance(events[-1], Done)
        return events[-1].usage.cached_tokens

    default = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
    assert await cached("alice", ("user", "Why is the sky blue?")) == 0
    public = await cached("bob", ("user", "Why is the sky blue?"))
    assert public == len(await backend.tokenize(f"<|im_start|>system\n{default}", special=True)) + 4
    assert await cached("carol", ("user", "\n\nMay I ask?")) == public
    assert await cached("carol", ("user", "\n\nMay I ask more?")) > public, "her own words"
    assert await cached("dave", ("system", default), ("user", "Why is the sky blue?")) == 0
    await backend.forget("alice")
    assert await cached("erin", ("user", "Why?")) == public


async def test_a_reproducible_request_repeats_whatever_else_runs(tmp_path: Path) -> None:
    made = settings(reproducible_tokens=512).model_copy(update={"data_dir": tmp_path})
    one = LocalBackend("smollm2-135m", MODELS / "smollm2-135m.gguf", made, Sampling())
    await one.start()

    async def told(reproducible: bool) -> tuple[int, ...]:
        asked = msgspec.structs.replace(
            request("Tell me a story.", 40),
            sampling=Sampling(temperature=1.5, seed=7),
            reproducible=reproducible,
        )
        events = [e async for e in one.generate(asked)]
        return tuple(t for e in events if isinstance(e, Delta) for t in e.token_ids)

    alone = await told(True)
    others = [asyncio.create_task(told(False)) for _ in range(3)]
    assert await told(True) == alone
    await asyncio.gather(*others)
    assert await told(True) == alone
    with pytest.raises(JimaeError, match=r"at most 511"):
        await told_too_much(one)
    await one.close()


async def told_too_much(backend: LocalBackend) -> None:
    asked = msgspec.structs.replace(request("word " * 600, 5), reproducible=True)
    async for _ in backend.generate(asked):
        pass


async def test_reproducible_requests_are_refused_where_they_are_off(backend: LocalBackend) -> None:
    asked = msgspec.structs.replace(request(), reproducible=True)
    with pytest.raises(JimaeError, match="reproducible_tokens"):
        _ = [e async for e in backend.generate(asked)]


async def test_a_file_that_is_no_model_fails_to_load(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    write_gguf(path)  # a header that can be read, of a model that nobody knows
    made = LocalBackend("broken", path, settings(), Sampling())
    await made.start()
    with pytest.raises(JimaeError, match="broken") as caught:
        await made.wait_ready()
    assert caught.value.code == "model_load_failed"
    assert made.state == "failed"
    await made.close()


PARENT = """
import asyncio, sys
from pathlib import Path
from jimae.settings import load
from jimae.types import Sampling
from jimae.worker.client import LocalBackend

async def main():
    backend = LocalBackend("m", Path(sys.argv[1]), load(environ={}), Sampling())
    await backend.start()
    await backend.wait_ready()
    print(backend.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_worker_does_not_outlive_the_server() -> None:
    command = [sys.executable, "-c", PARENT, str(MODELS / "smollm2-135m.gguf")]
    environment = os.environ | {"PYTHONPATH": str(Path(client.__file__).parents[2])}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 3
    while Path(f"/proc/{child}").exists():
        state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "Z":
            break
        assert time.monotonic() < deadline, "the worker lives on"
        time.sleep(0.05)


async def test_the_catalogue_may_name_the_family() -> None:
    """SmolLM2 says nothing of calls: it is plain by itself."""
    named = []
    for parser in (None, "llama"):
        path = MODELS / "smollm2-135m.gguf"
        one = LocalBackend("smollm2-135m", path, settings(), Sampling(), parser)
        await one.start()
        named.append((await one.wait_ready()).parser)
        await one.close()
    assert named == ["plain", "llama"]
