"""What the command and its measuring child say to each other: frames as in `worker.protocol`."""

from __future__ import annotations

import msgspec

from jimae.types import Failed


class Measure(msgspec.Struct, frozen=True, tag="measure"):
    """Measure one file.

    With several `threads` the best of them is found first. `text` is what quality
    is measured on; empty for none. `reference` is a file in which the first model
    leaves its distributions, and with which later ones are compared (`compare`).
    """

    path: str
    kv_type: str
    gpu_layers: int
    threads: tuple[int, ...]
    chunks: tuple[int, ...]
    sequences: tuple[int, ...]
    text: str
    reference: str
    compare: bool


class Requantise(msgspec.Struct, frozen=True, tag="requantise"):
    """Write `source` in another format (llama.cpp's number of a file type) to `target`; a
    `pure` one has every matrix in the same type."""

    source: str
    target: str
    file_type: int
    pure: bool


Task = Measure | Requantise


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How much of the task is done, 0 to 1."""

    done: float


class ThreadSpeed(msgspec.Struct, frozen=True):
    """Tokens per second with this many threads: reading a prompt, one sequence, several."""

    threads: int
    prompt: float
    one: float
    many: float


class Speed(msgspec.Struct, frozen=True):
    """Tokens per second with `threads`: of a prompt by tokens in a step, and of all
    sequences together by their number. `spread` is the greatest (slowest - fastest) / median
    among the steps of a kind."""

    threads: int
    prompt: dict[int, float]
    decode: dict[int, float]
    spread: float


class Quality(msgspec.Struct, frozen=True):
    """How well a text is foretold.

    `change` is the perplexity's relative difference from the reference and `error` the
    standard error of that; `divergence` is the mean Kullback-Leibler divergence from it in
    nats. Zero for the reference itself.
    """

    tokens: int
    perplexity: float
    change: float = 0.0
    error: float = 0.0
    divergence: float = 0.0


class Measured(msgspec.Struct, frozen=True, tag="measured"):
    threads: tuple[ThreadSpeed, ...]
    speed: Speed
    quality: Quality | None


class Requantised(msgspec.Struct, frozen=True, tag="requantised"):
    seconds: float


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    error: Failed


FromChild = Progress | Measured | Requantised | Refused
