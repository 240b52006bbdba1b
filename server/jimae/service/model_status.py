"""One model of the server as it is shown: what it is, what it does, what it takes."""

from __future__ import annotations

from typing import Literal, NamedTuple

from jimae.catalogue.entry import Model
from jimae.types import ModelInfo
from jimae.worker.backend import Backend

ModelState = Literal["available", "loading", "ready", "restarting", "failed"]


class Load(NamedTuple):
    """A load that is under way: seconds so far, how long the last one took, and how much of
    the file has been read (0 to 1)."""

    elapsed: float
    expected: float | None
    progress: float


class Use(NamedTuple):
    """Of a model in memory: its bytes, estimated and measured, the requests that hold it, the
    seconds since the last one, and until it leaves if none comes (None: it stays)."""

    estimated: int
    measured: int | None
    requests: int
    idle: float
    expires: float | None


class ModelStatus(NamedTuple):
    """One model as the page and the API show it. `created` is a Unix time; `size` are the
    bytes of its file, and `sha256` its sum if it was checked when it came."""

    id: str
    state: ModelState
    default: bool
    created: int
    info: ModelInfo | None
    load: Load | None
    use: Use | None
    entry: Model | None
    size: int
    sha256: str | None


class Weights(NamedTuple):
    """Which weights and which template a model has, as far as that is known: the sum of its
    file was taken when it came, that of its template when it was loaded."""

    sha256: str | None
    template_sha256: str | None


def state_of(backend: Backend | None) -> ModelState:
    if backend is None:
        return "available"
    match backend.state:
        case "closed":
            return "available"
        case "stalled":
            # It wakes up, or is killed and started again: for those who wait it is the same.
            return "restarting"
        case state:
            return state
