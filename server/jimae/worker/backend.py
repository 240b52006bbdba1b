"""The seam: what the serving process asks of whatever runs a model.

A local child process is one implementation (`worker.client`). Nothing outside
`worker/` may know which kind it talks to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, NamedTuple, Protocol

from jimae.types import (
    Delta,
    Done,
    Embedded,
    EngineStatus,
    GenerateRequest,
    ModelInfo,
    Prefill,
    Prompt,
    PromptLogprobs,
    Queued,
    Started,
)

State = Literal["loading", "ready", "stalled", "restarting", "failed", "closed"]
"""`stalled`: its process has not been heard of for a while. `failed`: it cannot be loaded."""

GenerateEvent = Queued | Started | Prefill | PromptLogprobs | Delta | Embedded | Done


class Resident(NamedTuple):
    """Bytes of memory that a model has: all, and those that are not pages of a file."""

    total: int
    private: int


class Backend(Protocol):
    """One loaded model."""

    @property
    def model(self) -> str:
        """The catalogue id of the model."""
        ...

    @property
    def state(self) -> State: ...

    @property
    def info(self) -> ModelInfo | None:
        """What the model says of itself; None until it was loaded once."""
        ...

    async def wait_ready(self) -> ModelInfo:
        """Return when the model is loaded; raise `model_load_failed` if it cannot be."""
        ...

    def generate(self, request: GenerateRequest) -> AsyncIterator[GenerateEvent]:
        """Run one sequence.

        Zero or more `Queued`, one `Started`, any `Prefill` and `PromptLogprobs`,
        any `Delta` or one `Embedded`, one `Done`; or a JimaeError, at any point. Closing the
        iterator early cancels the sequence and frees its memory within one step.
        """
        ...

    async def tokens_of(self, prompt: Prompt) -> tuple[int, ...]:
        """Token ids of a prompt as the model would see it."""
        ...

    async def tokenize(self, text: str, *, special: bool = False) -> tuple[int, ...]:
        """Token ids of a text; `special` reads special tokens in it."""
        ...

    async def detokenize(self, ids: tuple[int, ...]) -> bytes:
        """The bytes that these tokens stand for, special tokens included."""
        ...

    async def status(self) -> EngineStatus:
        """What the engine is doing now."""
        ...

    async def forget(self, scope: str) -> None:
        """Drop what was kept of a scope's prompts, in memory and on disk."""
        ...

    async def close(self) -> None:
        """End running sequences and free the model."""
        ...
