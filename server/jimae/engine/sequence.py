"""One request inside the engine: its tokens, what of them is computed, its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Protocol

from jimae.engine.detokenizer import Detokenizer
from jimae.engine.grammar import Constraint
from jimae.engine.prefix_cache import Lease
from jimae.engine.sampler import Sampler
from jimae.engine.speculation import PromptLookup
from jimae.types import Event, Outputs, Principal, PromptItem

_arrivals = count()


class Reader(Protocol):
    """Splits an answer into its parts while it is written, where its stop strings are looked
    for in one of them only."""

    @property
    def stopped_by(self) -> str | None:
        """The stop string that the answer has ended at."""
        ...

    def read(self, event: Event) -> list[Event]:
        """What is told in place of an event. Raises JimaeError and nothing else."""
        ...


@dataclass(eq=False)
class Sequence:
    """A prompt that is read in, and the answer that is written after it.

        tokens   [ p p p p p p p p p p p | g g g g g ]     p prompt, g generated
                  0        ^ computed     ^ prompt_length

    A sequence prefills while more than its last token is uncomputed; with one
    token left it decodes. Without a lease it waits, whether it is new or paused.

    `reader` None: stop strings are looked for in all of the text, by the detokenizer.
    The first `public` tokens hold nothing that anybody wrote, only the template's words and
    the server's: they may be shared with everybody.

    `prediction` are tokens that the answer is expected to repeat. With
    `special_text` the texts of control tokens are part of the answer's. `told`
    counts prompt tokens whose probability was reported, if that is asked for.
    """

    id: str
    principal: Principal
    prompt: list[PromptItem]
    sampler: Sampler
    detokenizer: Detokenizer
    max_tokens: int
    end_tokens: frozenset[int]
    outputs: Outputs = field(default_factory=Outputs)
    constraint: Constraint | None = None
    prediction: tuple[int, ...] = ()
    special_text: bool = False
    reader: Reader | None = None
    public: int = 0
    arrived_at: float = 0.0
    started_at: float | None = None
    first_token_at: float | None = None
    lease: Lease | None = None
    cached_tokens: int = 0
    told: int = 0
    told_position: int = 0
    leader: str | None = None
    tokens: list[int] = field(init=False)
    arrival: int = field(default_factory=lambda: next(_arrivals))

    def __post_init__(self) -> None:
        self.tokens = position_keys(self.prompt)
        self.prompt_length = len(self.tokens)

    @cached_property
    def lookup(self) -> PromptLookup:
        return PromptLookup(self.tokens, self.prompt_length, self.prediction)

    def draft(self) -> list[int]:
        """Tokens that are likely to come next, and that the grammar allows."""
        draft = self.lookup.draft()
        if draft and self.constraint is not None:
            del draft[self.constraint.confirm(draft) :]
        return draft

    @property
    def stopped_by(self) -> str | None:
        """The stop string that the answer has ended at."""
        return (self.reader or self.detokenizer).stopped_by

    def read(self, event: Event) -> list[Event]:
        """What is told of an event of the answer."""
        return [event] if self.reader is None else self.reader.read(event)

    @property
    def scoring(self) -> bool:
        """Whether probabilities of the prompt are still to be told.

        Such a prompt is computed whole: its own logits are what is asked for.
        """
        return self.outputs.prompt_logprobs is not None and self.told < self.prompt_length

    @property
    def computed(self) -> int:
        return self.lease.length if self.lease is not None else 0

    @property
    def remaining(self) -> int:
        """Tokens that must be computed before the next one can be sampled."""
        return len(self.tokens) - self.computed

    @property
    def generated(self) -> int:
        return len(self.tokens) - self.prompt_length

    @property
    def decoding(self) -> bool:
        return self.lease is not None and self.remaining == 1 and self.generated > 0


def position_keys(prompt: list[PromptItem]) -> list[int]:
    """One integer per position of a prompt, equal only where the KV cells are.

    A token is its id. Raises ValueError for a media chunk: no model here reads
    any yet.
    """
    keys: list[int] = []
    for item in prompt:
        if not isinstance(item, int):
            raise ValueError(f"media chunk {item.hash}: this model reads text only")
        keys.append(item)
    return keys
