"""What the serving process and a worker say to each other.

Frames on a Unix socket: four bytes of length, big-endian, then msgpack of one
of the structs below. Imports neither the engine nor the binding: both
processes, and whatever implements another kind of worker, may use it.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Final, Literal

import msgspec

from jimae.errors import JimaeError, WireError
from jimae.types import (
    EngineStatus,
    Event,
    Failed,
    GenerateRequest,
    ModelInfo,
    Prompt,
    Sampling,
)

MAX_FRAME: Final = 64 * 2**20
_LENGTH = struct.Struct(">I")

HEARTBEAT_SECONDS: Final = 0.5
"""How often a worker says that it is alive."""


# --- to the worker -----------------------------------------------------------------


class DiskCache(msgspec.Struct, frozen=True):
    """Where prefixes outlive the worker, how much of them (bytes, seconds), and the key of 32
    bytes that encrypts them: a worker's only secret, and never shown."""

    directory: str
    max_bytes: int
    max_age: float
    key: bytes | None = None

    def __repr__(self) -> str:
        sealed = "with a key" if self.key is not None else "in clear"
        return f"DiskCache({self.directory!r}, {self.max_bytes}, {self.max_age}, {sealed})"


class Load(msgspec.Struct, frozen=True, tag="load"):
    """The first frame: which file, and how. `threads` and `context` 0 mean: choose, and so does
    no `parser`: else the name of a family of `chat.parsers`. `draft` is the file of a model that
    guesses ahead of this one."""

    model: str
    path: str
    kv_tokens: int
    context: int
    parallel: int
    max_queue: int
    target_itl: float
    reproducible_tokens: int
    embedding_tokens: int
    kv_type: Literal["f16", "q8_0"]
    threads: int
    batch: int
    gpu_layers: int
    defaults: Sampling
    parser: str | None
    draft: str | None
    disk_cache: DiskCache | None


class Generate(msgspec.Struct, frozen=True, tag="generate"):
    request: GenerateRequest


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    id: str


class TokensOf(msgspec.Struct, frozen=True, tag="tokens_of"):
    """The tokens of a prompt as the model would see it. Answered by `Tokenized`."""

    call: int
    prompt: Prompt


class Tokenize(msgspec.Struct, frozen=True, tag="tokenize"):
    call: int
    text: str
    special: bool


class Detokenize(msgspec.Struct, frozen=True, tag="detokenize"):
    call: int
    ids: tuple[int, ...]


class GetStatus(msgspec.Struct, frozen=True, tag="status"):
    call: int


class Forget(msgspec.Struct, frozen=True, tag="forget"):
    """Drop all prefixes of a scope, in memory and on disk."""

    call: int
    scope: str


class Shutdown(msgspec.Struct, frozen=True, tag="shutdown"):
    """End now; what runs is not finished."""


ToWorker = (
    Load | Generate | Cancel | TokensOf | Tokenize | Detokenize | GetStatus | Forget | Shutdown
)


# --- from the worker ---------------------------------------------------------------


class Loading(msgspec.Struct, frozen=True, tag="loading"):
    """Progress of a load, 0 to 1."""

    done: float


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    info: ModelInfo


class LoadFailed(msgspec.Struct, frozen=True, tag="load_failed"):
    error: Failed


class Emitted(msgspec.Struct, frozen=True, tag="emitted"):
    """Events of sequences, in the order in which they happened."""

    events: tuple[tuple[str, Event], ...]


class Tokenized(msgspec.Struct, frozen=True, tag="tokenized"):
    call: int
    ids: tuple[int, ...]


class Detokenized(msgspec.Struct, frozen=True, tag="detokenized"):
    call: int
    data: bytes


class StatusIs(msgspec.Struct, frozen=True, tag="status_is"):
    call: int
    status: EngineStatus


class Forgotten(msgspec.Struct, frozen=True, tag="forgotten"):
    call: int


class CallFailed(msgspec.Struct, frozen=True, tag="call_failed"):
    call: int
    error: Failed


class Heartbeat(msgspec.Struct, frozen=True, tag="heartbeat"):
    """Sent every `HEARTBEAT_SECONDS`. `step_seconds` is how long the present step has run."""

    step_seconds: float


FromWorker = (
    Loading
    | Loaded
    | LoadFailed
    | Emitted
    | Tokenized
    | Detokenized
    | StatusIs
    | Forgotten
    | CallFailed
    | Heartbeat
)


# --- frames ------------------------------------------------------------------------

_encoder = msgspec.msgpack.Encoder()


def encode(message: ToWorker | FromWorker) -> bytes:
    """A frame. Raises ValueError above `MAX_FRAME` bytes."""
    return frame(_encoder.encode(message))


def frame(body: bytes) -> bytes:
    if len(body) > MAX_FRAME:
        raise ValueError(f"a frame of {len(body)} bytes; at most {MAX_FRAME}")
    return _LENGTH.pack(len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The body of the next frame; None at the end of the stream."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > MAX_FRAME:
            raise ValueError(f"a frame of {length} bytes; at most {MAX_FRAME}")
        return await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def to_failed(error: JimaeError) -> Failed:
    wire = error.to_wire()
    return Failed(wire.code, wire.param, wire.retry_after, wire.values)


def to_error(failed: Failed) -> JimaeError:
    return WireError(failed.code, failed.param, failed.retry_after, dict(failed.values)).to_error()
