"""Frames survive any split of the stream; what is too large is refused."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from jimae.errors import JimaeError
from jimae.types import (
    ChatPrompt,
    Delta,
    Done,
    GenerateRequest,
    Message,
    Principal,
    Sampling,
    TextPart,
    Timings,
    Usage,
)
from jimae.worker import protocol

REQUEST = GenerateRequest(
    "r1",
    Principal("someone", "scope", "batch"),
    ChatPrompt((Message("user", (TextPart("日本の首都は?"),)),)),
    Sampling(temperature=0.5, logit_bias={3: -1.5}),
    stop=("。",),
    max_tokens=5,
)


async def test_a_request_arrives_as_it_was_sent_byte_by_byte() -> None:
    reader = asyncio.StreamReader()
    data = protocol.encode(protocol.Generate(REQUEST)) + protocol.encode(protocol.Cancel("r1"))
    for byte in data:
        reader.feed_data(bytes([byte]))
    reader.feed_eof()
    decode = msgspec.msgpack.Decoder(protocol.ToWorker).decode
    bodies = [await protocol.read_frame(reader) for _ in range(3)]
    assert bodies[2] is None
    assert [decode(b) for b in bodies if b] == [protocol.Generate(REQUEST), protocol.Cancel("r1")]


async def test_a_stream_that_breaks_inside_a_frame_ends() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(protocol.encode(protocol.Cancel("r1"))[:-1])
    reader.feed_eof()
    assert await protocol.read_frame(reader) is None


async def test_a_frame_that_is_too_long_is_refused() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data((protocol.MAX_FRAME + 1).to_bytes(4, "big"))
    with pytest.raises(ValueError, match="at most"):
        await protocol.read_frame(reader)


def test_events_and_errors_cross_unchanged() -> None:
    done = Done("stop", Usage(5, 3, 2), Timings(0.1, 0.2, 0.3), "。")
    error = JimaeError("queue_full", retry_after=3, waiting=9, seconds=3)
    sent = protocol.Emitted(
        (("a", Delta("東", (1, 2))), ("b", done), ("c", protocol.to_failed(error)))
    )
    got = msgspec.msgpack.decode(protocol.encode(sent)[4:], type=protocol.FromWorker)
    assert got == sent
    back = protocol.to_error(protocol.to_failed(error))
    assert (back.code, back.values, back.retry_after) == (error.code, error.values, 3)


def test_a_key_is_sent_and_never_shown() -> None:
    key = b"a key of thirty-two bytes, shown"
    cache = protocol.DiskCache("/data/kv/m", 10, 1.0, key)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(cache), type=protocol.DiskCache) == cache
    assert "thirty-two" not in f"{cache} {cache!r} {[cache]}"
    assert "with a key" in repr(cache)
    assert "in clear" in repr(msgspec.structs.replace(cache, key=None))
