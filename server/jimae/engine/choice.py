"""What the logits of a step say: the tokens that were chosen, and how likely the model
found them and those of a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jimae.engine.logprobs import LogProbs
from jimae.engine.work import Work
from jimae.llama.model import Logits
from jimae.types import TokenLogprob


class Chosen(NamedTuple):
    """A token that was chosen; whether the answer `ends` with it."""

    token: int
    ends: bool
    logprobs: tuple[TokenLogprob, ...] = ()


def tell_prompt(work: Work, rows: Sequence[Logits], logprobs: LogProbs) -> list[TokenLogprob]:
    """Probabilities of the prompt's next untold tokens, which `rows` precede."""
    sequence = work.sequence
    most = sequence.outputs.prompt_logprobs or 0
    told = [] if sequence.told else [logprobs.first(sequence.tokens[0])]
    start = sequence.told + len(told)
    tokens = sequence.tokens[start : sequence.prompt_length]
    told += [logprobs.of(row, token, most) for row, token in zip(rows, tokens, strict=False)]
    sequence.told += len(told)
    return told


def choose(work: Work, rows: Sequence[Logits], logprobs: LogProbs) -> list[Chosen]:
    """The tokens that the sampler chooses: one, and one more for each draft it confirms.

    `rows` are the logits behind the sequence's last token and behind each draft; they
    are written to.
    """
    sequence, constraint = work.sequence, work.sequence.constraint
    masks = constraint.masks() if constraint is not None else [None] * len(rows)
    most = sequence.outputs.logprobs
    chosen: list[Chosen] = []
    drafts = [*work.drafts, None]
    for row, mask, draft in zip(rows, masks, drafts, strict=True):
        raw = row.copy() if most is not None else row
        token = sequence.sampler.sample(row, mask)
        ends = token in sequence.end_tokens
        if constraint is not None and not ends:
            constraint.accept(token)
            ends = constraint.finished
        told = (logprobs.of(raw, token, most),) if most is not None else ()
        chosen.append(Chosen(token, ends, told))
        if ends or token != draft:
            break
    return chosen
