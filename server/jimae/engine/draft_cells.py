"""What a draft model holds of the sequences that are being written, in cells of its own.

    sequence     [ t t t t t t | t ]               the last token is computed by the next step
    its copy     [ t t t t t t | t d d ]           with a draft behind it, or
                 [ t t t ]                         behind
                   lease        guessed

What is in a copy's lease is the sequence's own, less its last token, and accounted for in a
`PrefixCache` like the model's: copies share beginnings within their scope, and idle ones are
used again until others need their cells. What is `guessed` is in no account: the next `settle`
makes of it a part of the lease what came true, and takes the rest back. So nobody has to tell
of a step that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from jimae.engine.acceptance import Acceptance
from jimae.engine.cost import CostModel
from jimae.engine.prefix_cache import Lease, PrefixCache
from jimae.engine.radix_tree import common_prefix
from jimae.engine.sequence import Sequence
from jimae.llama.model import Logits, Model, Slice

COMPARED = 32
"""Tokens of an answer at the end of a chunk that are compared with what would be guessed."""


@dataclass(eq=False)
class Copy:
    """A sequence as the draft model has it; how often its guesses are right there."""

    sequence: Sequence
    lease: Lease
    acceptance: Acceptance
    guessed: list[int] = field(default_factory=list)
    last_used: int = 0

    @property
    def missing(self) -> int:
        """Tokens before the last that it has not read."""
        return len(self.sequence.tokens) - 1 - self.lease.length


class DraftCells:
    """The copies, and what computing them costs. Used by the thread that owns the models.

    `n_vocab` is the size of the vocabulary of the model that is helped: what the draft model
    has behind that is padding.
    """

    def __init__(self, model: Model, n_vocab: int, clock: Callable[[], float]) -> None:
        self.cache = PrefixCache(model)
        self.cost = CostModel()
        self._model = model
        self._known = min(n_vocab, model.vocab.size)
        self._clock = clock
        self._copies: dict[str, Copy] = {}
        self._uses = 0
        self.cost.measure(model, clock)

    # --- what there is ------------------------------------------------------------------

    def get(self, sequence: Sequence) -> Copy | None:
        return self._copies.get(sequence.id)

    def missing(self, sequence: Sequence) -> int:
        """Tokens before the last that would have to be read."""
        if (copy := self.get(sequence)) is not None:
            return copy.missing
        held, _ = self.cache.measure(sequence.principal.scope, sequence.tokens)
        return len(sequence.tokens) - 1 - held

    @property
    def most(self) -> int:
        """Most tokens of one batch."""
        return self._model.n_batch

    def price(self, start: int, n: int, rows: int) -> float:
        """Seconds of reading `n` tokens from position `start` on."""
        return self.cost.predict(n, n * (start + n), rows)

    # --- computing ----------------------------------------------------------------------

    def settle(self) -> None:
        """Keep the guesses that came true, take the others back."""
        for copy in self._copies.values():
            self._settle(copy)

    def follow(self, sequence: Sequence, acceptance: Acceptance) -> Copy:
        """A copy of a sequence, with what is here of it already."""
        lease = self.cache.acquire(sequence.principal.scope, sequence.tokens)
        copy = self._copies[sequence.id] = Copy(sequence, lease, acceptance)
        self._touch(copy)
        return copy

    def read(self, copy: Copy, n: int) -> list[bool] | None:
        """Read `n` missing tokens; tell of the answer's next ones whether they would have been
        guessed. None if there is no room, or a token that this model does not know."""
        start = copy.lease.length
        tokens = copy.sequence.tokens[start : start + n]
        if max(tokens) >= self._known or not self._make_room(n, {copy}):
            return None
        first = max(start, copy.sequence.prompt_length - 1, start + n - COMPARED)
        rows = self._decode([Slice(copy.lease.seq_id, start, tokens, max(0, start + n - first))])
        self.cache.extend(copy.lease, tokens)
        self._touch(copy)
        came = copy.sequence.tokens[first + 1 : start + n + 1]
        return [self._guess(row) == token for row, token in zip(rows, came, strict=True)]

    def draft(self, copies: Collection[Copy], lengths: Collection[int]) -> list[list[int]] | None:
        """Up to `lengths` likely next tokens for each copy, one batch for each position. A draft
        ends with a token that ends an answer. None if there is no room.

        Copies have to be settled and may miss a few tokens, which are read in the first batch.
        """
        parts = []
        for copy in copies:
            start = copy.lease.length
            parts.append(Slice(copy.lease.seq_id, start, copy.sequence.tokens[start:], 1))
        if not self._make_room(sum(len(p.tokens) for p in parts) + sum(lengths), copies):
            return None
        rows = self._decode(parts)
        drafts: list[list[int]] = []
        for copy, part, row in zip(copies, parts, rows, strict=True):
            self.cache.extend(copy.lease, part.tokens[:-1])
            copy.guessed = [part.tokens[-1]]
            self._touch(copy)
            drafts.append([self._guess(row)])
        while going := [
            (copy, draft)
            for copy, draft, length in zip(copies, drafts, lengths, strict=True)
            if len(draft) < length and draft[-1] not in copy.sequence.end_tokens
        ]:
            rows = self._decode([self._next(copy, draft[-1]) for copy, draft in going])
            for (copy, draft), row in zip(going, rows, strict=True):
                copy.guessed.append(draft[-1])
                draft.append(self._guess(row))
        return drafts

    def _next(self, copy: Copy, token: int) -> Slice:
        return Slice(copy.lease.seq_id, copy.lease.length + len(copy.guessed), [token], 1)

    def _decode(self, batch: list[Slice]) -> list[Logits]:
        began = self._clock()
        rows = self._model.decode(batch)
        self.cost.observe(
            sum(len(part.tokens) for part in batch),
            sum(len(part.tokens) * (part.start + len(part.tokens)) for part in batch),
            len(rows),
            self._clock() - began,
        )
        return rows

    def _guess(self, row: Logits) -> int:
        return int(row[: self._known].argmax())

    # --- giving back --------------------------------------------------------------------

    def leave(self, sequence: Sequence) -> None:
        """A sequence does not run any more. What was read of it stays until it is evicted."""
        if (copy := self._copies.pop(sequence.id, None)) is not None:
            self._settle(copy)
            self.cache.release(copy.lease)

    def clear(self) -> None:
        """Give up everything."""
        for copy in list(self._copies.values()):
            self._drop(copy)
        self.cache.clear()

    def _settle(self, copy: Copy) -> None:
        if not copy.guessed:
            return
        start, tokens = copy.lease.length, copy.sequence.tokens
        true = common_prefix(copy.guessed, tokens, start, len(tokens) - 1)
        if true < len(copy.guessed):
            self._model.seq_remove(copy.lease.seq_id, start + true)
        self.cache.extend(copy.lease, copy.guessed[:true])
        copy.guessed.clear()

    def _make_room(self, n: int, kept: Collection[Copy]) -> bool:
        """Have `n` free cells, if need be those of copies that were used least recently."""
        while not self.cache.make_room(n + sum(len(c.guessed) for c in self._copies.values())):
            others = [copy for copy in self._copies.values() if copy not in kept]
            if not others:
                return False
            self._drop(min(others, key=lambda copy: copy.last_used))
        return True

    def _drop(self, copy: Copy) -> None:
        del self._copies[copy.sequence.id]
        self.cache.release(copy.lease, keep=False)

    def _touch(self, copy: Copy) -> None:
        self._uses += 1
        copy.last_used = self._uses

    # --- proof --------------------------------------------------------------------------

    def contents(self) -> dict[int, list[int]]:
        """The tokens that each sequence id should hold. Raises AssertionError if a copy is not
        what the sequence is, or the account of the cells is wrong."""
        self.cache.check_integrity()
        held = self.cache.contents()
        for copy in self._copies.values():
            seq_id, end = copy.lease.seq_id, copy.lease.length
            if held[seq_id] != copy.sequence.tokens[:end]:
                raise AssertionError(f"the copy of {copy.sequence.id} is of another text")
            held[seq_id] = held[seq_id] + copy.guessed
        return held
