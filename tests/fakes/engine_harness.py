"""An engine on the fake model, stepped by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from jimae.engine.detokenizer import Detokenizer
from jimae.engine.drafter import Drafter
from jimae.engine.engine import Engine, EngineOptions
from jimae.engine.grammar import Constraint
from jimae.engine.prefix_store import PrefixStore
from jimae.engine.sampler import Sampler
from jimae.engine.sequence import Reader, Sequence
from jimae.llama.fake import FakeModel
from jimae.llama.model import Model
from jimae.types import (
    Delta,
    Done,
    Event,
    Failed,
    Outputs,
    Principal,
    Priority,
    PromptLogprobs,
    Sampling,
    TokenLogprob,
)


class Harness:
    """Submits requests, steps, and collects what is emitted. Checks integrity at each step."""

    def __init__(
        self,
        *,
        n_cells: int = 1024,
        n_seq: int = 32,
        n_batch: int = 128,
        end_every: int = 0,
        parallel: int = 8,
        max_queue: int = 1000,
        target_itl: float = 1e9,
        context: int | None = None,
        reproducible: bool = False,
        store: PrefixStore | None = None,
        model: Model | None = None,
        draft: FakeModel | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`draft` is a draft model. Without a `clock`, each look at one takes a millisecond."""
        self.model = model or FakeModel(
            n_cells=n_cells, n_seq=n_seq, n_batch=n_batch, end_every=end_every
        )
        n_cells = self.model.n_cells
        options = EngineOptions(
            context=min(context or n_cells, n_cells),
            parallel=parallel,
            max_queue=max_queue,
            target_itl=target_itl,
            reproducible=reproducible,
        )
        self.now = 0.0
        self.draft = draft
        clock = clock or self.clock
        self.drafter = Drafter(draft, self.model, clock) if draft else None
        self.events: dict[str, list[Event]] = defaultdict(list)
        self.engine = Engine(
            self.model,
            options,
            lambda name, event: self.events[name].append(event),
            clock,
            store,
            self.drafter,
        )
        self.count = 0

    def clock(self) -> float:
        self.now += 0.001
        return self.now

    def submit(
        self,
        prompt: list[int] | str,
        *,
        user: str = "u",
        scope: str | None = None,
        priority: Priority = "interactive",
        max_tokens: int = 8,
        sampling: Sampling | None = None,
        stop: tuple[str, ...] = (),
        outputs: Outputs | None = None,
        constraint: Constraint | None = None,
        prediction: tuple[int, ...] = (),
        special_text: bool = False,
        reader: Reader | None = None,
        public: int = 0,
    ) -> str:
        self.count += 1
        name = f"r{self.count}"
        ids = list(prompt.encode()) if isinstance(prompt, str) else prompt
        self.engine.submit(
            Sequence(
                name,
                Principal(user, scope if scope is not None else user, priority),
                list(ids),
                Sampler(sampling or Sampling(temperature=0.0)),
                Detokenizer(stop),
                max_tokens,
                self.model.vocab.end_tokens,
                outputs or Outputs(),
                constraint,
                prediction,
                special_text,
                reader,
                public,
            )
        )
        return name

    def step(self) -> None:
        self.engine.step()
        self.check()

    def run(self, most: int = 10_000) -> int:
        """Step until nothing runs; return the number of steps."""
        steps = 0
        while self.engine.busy:
            self.step()
            steps += 1
            assert steps < most, "the engine does not come to an end"
        return steps

    def check(self) -> None:
        """The cache's account and the model's cells agree, cell by cell; so do the drafter's."""
        cache = self.engine.cache
        cache.check_integrity()
        if self.draft is not None and self.drafter is not None:
            _check_cells(self.draft, self.drafter.cells.contents())
        if isinstance(self.model, FakeModel):
            _check_cells(self.model, cache.contents())
            assert len(self.model.cells) == cache.cells_used

    def text(self, name: str) -> str:
        return "".join(e.text for e in self.events[name] if isinstance(e, Delta))

    def tokens(self, name: str) -> list[int]:
        return [t for e in self.events[name] if isinstance(e, Delta) for t in e.token_ids]

    def logprobs(self, name: str) -> list[TokenLogprob]:
        return [p for e in self.events[name] if isinstance(e, Delta) for p in e.logprobs]

    def prompt_logprobs(self, name: str) -> list[TokenLogprob]:
        return [p for e in self.events[name] if isinstance(e, PromptLogprobs) for p in e.tokens]

    def done(self, name: str) -> Done:
        last = self.events[name][-1]
        assert isinstance(last, Done), last
        return last

    def failed(self, name: str) -> Failed:
        last = self.events[name][-1]
        assert isinstance(last, Failed), last
        return last


def _check_cells(model: FakeModel, contents: dict[int, list[int]]) -> None:
    for seq_id in range(model.n_seq):
        assert model.held(seq_id) == contents.get(seq_id, [])


def alone(prompt: list[int] | str, max_tokens: int = 8, **options: int) -> list[int]:
    """The tokens of an answer whose sequence has a model to itself."""
    harness = Harness(n_cells=4096, **options)
    name = harness.submit(prompt, max_tokens=max_tokens)
    harness.run()
    return harness.tokens(name)
