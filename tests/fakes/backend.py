"""A model that says what a test tells it to: a whole `Backend`, without weights.

Each request plays the next script of the queue, or that of its seed, or the default
one. The choices of one request come here in any order: their seeds tell them apart. A
script is a sequence of steps: an event is sent, a number is waited for in seconds, an
`asyncio.Event` is waited for until it is set, an `asyncio.Barrier` until all are at it,
an exception is raised.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from jimae.errors import JimaeError
from jimae.types import (
    ChatPrompt,
    Delta,
    Done,
    EngineStatus,
    FinishReason,
    GenerateRequest,
    ModelInfo,
    Prefill,
    Prompt,
    Queued,
    Started,
    TextPrompt,
    Timings,
    Usage,
)
from jimae.worker.backend import GenerateEvent, Resident, State

Step = GenerateEvent | float | asyncio.Event | asyncio.Barrier | Exception

PROMPT_TOKENS = 7
TIMINGS = Timings(queue=0.0, prefill=0.0, decode=0.0)


def done(completion_tokens: int, reason: FinishReason = "stop", cached: int = 0) -> Done:
    return Done(reason, Usage(PROMPT_TOKENS, completion_tokens, cached), TIMINGS)


def saying(
    text: str, *, reason: FinishReason = "stop", delay: float = 0.0, cached: int = 0
) -> list[Step]:
    """A script that says a text, one character a token."""
    steps: list[Step] = [Started(PROMPT_TOKENS, cached), Prefill(PROMPT_TOKENS, PROMPT_TOKENS)]
    for character in text:
        if delay:
            steps.append(delay)
        steps.append(Delta(character, (ord(character),)))
    return [*steps, done(len(text), reason, cached)]


def forever(delay: float = 0.005) -> list[Step]:
    """A script that talks for as long as any test would listen."""
    return saying("あ" * 10_000, delay=delay)


class FakeBackend:
    """Counts what runs: `active` now, and in all `started`, `finished`, `cancelled`, `failed`."""

    def __init__(self, model: str = "fake", *, text: str = "東京です。") -> None:
        self._model = model
        self._state: State = "loading"
        self._ready = asyncio.Event()
        self._load_error: JimaeError | None = None
        self.load_seconds = 0.0
        self.memory: Resident | None = None
        self.default: Sequence[Step] = saying(text)
        self.scripts: deque[Sequence[Step]] = deque()
        self.by_seed: dict[int | None, Sequence[Step]] = {}
        self.requests: list[GenerateRequest] = []
        self.forgotten: list[str] = []
        self.active = self.started = self.finished = self.cancelled = self.failed = 0
        self._loading: asyncio.Task[None] | None = None

    def choose(self, request: GenerateRequest) -> Sequence[Step]:
        """The script of a request for which none was queued."""
        return self.by_seed.get(request.sampling.seed, self.default)

    def play(self, *steps: Step) -> None:
        """Add a script for the next request."""
        self.scripts.append(steps)

    # --- loading --------------------------------------------------------------

    async def start(self) -> None:
        if self.load_seconds:
            self._loading = asyncio.create_task(self._load())
        else:
            self.loaded()

    async def _load(self) -> None:
        await asyncio.sleep(self.load_seconds)
        self.loaded()

    def loaded(self) -> None:
        self._state = "ready"
        self._ready.set()

    def broken(self, reason: str) -> None:
        self._state = "failed"
        self._load_error = JimaeError("model_load_failed", model=self._model, reason=reason)
        self._ready.set()

    def restarting(self) -> None:
        self._state = "restarting"
        self._ready.clear()

    @property
    def model(self) -> str:
        return self._model

    @property
    def progress(self) -> float:
        return 0.0 if self._state == "loading" else 1.0

    def resident(self) -> Resident | None:
        return self.memory

    @property
    def state(self) -> State:
        return self._state

    @property
    def info(self) -> ModelInfo | None:
        if self._state == "loading":
            return None
        return ModelInfo(
            id=self._model,
            architecture="fake",
            n_vocab=0x110000,
            n_params=1,
            context_train=4096,
            context=4096,
            kv_tokens=8192,
            memory="attention",
            has_template=True,
            load_seconds=0.5,
        )

    async def wait_ready(self) -> ModelInfo:
        await self._ready.wait()
        if self._load_error is not None:
            raise self._load_error
        assert self.info is not None
        return self.info

    # --- answering ------------------------------------------------------------

    async def generate(self, request: GenerateRequest) -> AsyncIterator[GenerateEvent]:
        script = self.scripts.popleft() if self.scripts else self.choose(request)
        self.requests.append(request)
        self.started += 1
        self.active += 1
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event | asyncio.Barrier):
                    await step.wait()
                elif isinstance(step, float | int):
                    await asyncio.sleep(step)
                else:
                    yield step
            self.finished += 1
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        except Exception:
            self.failed += 1
            raise
        finally:
            self.active -= 1

    async def tokens_of(self, prompt: Prompt) -> tuple[int, ...]:
        match prompt:
            case ChatPrompt(messages=messages):
                texts = (part.text for message in messages for part in message.content)
                return await self.tokenize("".join(texts))
            case TextPrompt(text=text):
                return await self.tokenize(text)
            case _:
                return prompt.ids

    async def tokenize(self, text: str, *, special: bool = False) -> tuple[int, ...]:
        return tuple(ord(character) for character in text)

    async def detokenize(self, ids: tuple[int, ...]) -> bytes:
        return "".join(map(chr, ids)).encode()

    async def status(self) -> EngineStatus:
        return EngineStatus(
            running=self.active,
            waiting=0,
            kv_tokens_used=0,
            kv_tokens_total=8192,
            sequences_cached=0,
            steps=0,
            tokens_prefilled=0,
            tokens_reused=0,
            tokens_generated=0,
        )

    async def forget(self, scope: str) -> None:
        self.forgotten.append(scope)

    async def close(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
        self._state = "closed"


@dataclass
class Backends:
    """Makes the fakes of a service, and gives them to the test before they are asked for."""

    made: dict[str, FakeBackend] = field(default_factory=dict)
    given: dict[str, tuple[object, ...]] = field(default_factory=dict)

    def __getitem__(self, model: str) -> FakeBackend:
        return self.made.setdefault(model, FakeBackend(model))

    def make(self, model: str, *given: object) -> FakeBackend:
        self.given[model] = given
        return self[model]


__all__ = ["Backends", "FakeBackend", "Queued", "done", "forever", "saying"]
