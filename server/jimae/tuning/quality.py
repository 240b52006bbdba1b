"""How well a model foretells a text, and how far its distributions are from another's.

Perplexity is the exponential of the mean negative log-likelihood of each token
after those before it, in windows that do not overlap; the first `UNSCORED` tokens
of a window have too little before them and are not counted. All formats of a model
read the same tokens, so differences are paired and far more certain than the
perplexity itself.

The divergence is taken over the reference's `TOP` likeliest tokens and one more
class for all others: a lower bound of the whole one, near to it, which keeps the
reference at a few MiB instead of a vocabulary for each token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from jimae.llama.model import Logits, Model, Slice
from jimae.tuning.messages import Quality

WINDOW: Final = 512
CHUNK: Final = 64
UNSCORED: Final = 32
# Vocabularies made for other languages cut Japanese into bytes: the rest is left out.
MOST_WINDOWS: Final = 6
TOP: Final = 1024

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Row = Callable[[Floats], None]


class Reference(NamedTuple):
    """What a model foretold: shapes (n,), (n, k) and (n, k). Logarithms are natural."""

    loss: Floats
    top_ids: Ids
    top_logs: Floats


def windows(tokens: Sequence[int], bos: int | None) -> list[list[int]]:
    """At most `MOST_WINDOWS` pieces of at most `WINDOW` tokens, each beginning with `bos` if
    the model wants one. A last piece without anything to score is left out."""
    head = [] if bos is None else [bos]
    size = WINDOW - len(head)
    pieces = [head + list(tokens[i : i + size]) for i in range(0, len(tokens), size)]
    return [piece for piece in pieces[:MOST_WINDOWS] if len(piece) > UNSCORED]


def log_softmax(logits: Logits) -> Floats:
    """Log-probabilities, shape (n_vocab,)."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max()
    shifted -= np.log(np.exp(shifted).sum())
    return shifted


def foretell(
    model: Model,
    pieces: Sequence[Sequence[int]],
    each: Callable[[Floats, int], None],
    progress: Callable[[int], None],
) -> None:
    """Call `each` with the log-probabilities and the token that follows, for every scored
    token in order; `progress` with the tokens read since the last call."""
    step = min(CHUNK, model.n_batch, model.n_outputs)
    for piece in pieces:
        model.seq_remove(0, 0)
        for start in range(0, len(piece), step):
            part = piece[start : start + step]
            # The row at position i foretells token i + 1.
            first = max(start, UNSCORED - 1)
            wanted = max(0, start + len(part) - first)
            rows = model.decode([Slice(0, start, part, wanted)])
            for position, row in enumerate(rows, first):
                if position + 1 < len(piece):
                    each(log_softmax(row), piece[position + 1])
            progress(len(part))
    model.seq_remove(0, 0)


def refer(
    model: Model, pieces: Sequence[Sequence[int]], progress: Callable[[int], None]
) -> Reference:
    """What this model foretells of the text."""
    loss: list[float] = []
    ids: list[Ids] = []
    logs: list[Floats] = []
    top = min(TOP, model.vocab.size - 1)

    def each(row: Floats, token: int) -> None:
        loss.append(-row[token])
        best = np.argpartition(row, -top)[-top:]
        ids.append(best)
        logs.append(row[best])

    foretell(model, pieces, each, progress)
    return Reference(np.array(loss), np.array(ids), np.array(logs))


def compare(
    model: Model,
    pieces: Sequence[Sequence[int]],
    reference: Reference,
    progress: Callable[[int], None],
) -> Quality:
    """This model against what another foretold of the same tokens."""
    loss: list[float] = []
    divergence: list[float] = []

    def each(row: Floats, token: int) -> None:
        index = len(loss)
        loss.append(-row[token])
        divergence.append(divergence_of(reference.top_logs[index], row[reference.top_ids[index]]))

    foretell(model, pieces, each, progress)
    return difference(reference.loss, np.array(loss), divergence)


def divergence_of(ours: Floats, theirs: Floats) -> float:
    """KL(ours || theirs) in nats over some tokens and the class of all others."""
    rest_ours = max(0.0, 1.0 - float(np.exp(ours).sum()))
    rest_theirs = max(1e-12, 1.0 - float(np.exp(theirs).sum()))
    inside = float((np.exp(ours) * (ours - theirs)).sum())
    rest = rest_ours * np.log(rest_ours / rest_theirs) if rest_ours > 0 else 0.0
    return max(0.0, inside + float(rest))


def difference(before: Floats, after: Floats, divergence: Sequence[float]) -> Quality:
    """The figures of a paired comparison of losses in nats, each of shape (n,)."""
    delta = after - before
    ratio = float(np.exp(delta.mean()))
    error = float(delta.std(ddof=1) / np.sqrt(len(delta)))
    return Quality(
        tokens=len(after),
        perplexity=float(np.exp(after.mean())),
        change=ratio - 1.0,
        error=ratio * error,
        divergence=float(np.mean(divergence)),
    )


def of_reference(reference: Reference) -> Quality:
    """The figures of the model that others are compared with."""
    return Quality(len(reference.loss), float(np.exp(reference.loss.mean())))


def save(reference: Reference, path: Path) -> None:
    with path.open("wb") as file:
        np.savez(
            file,
            loss=reference.loss,
            top_ids=reference.top_ids.astype(np.int32),
            top_logs=reference.top_logs.astype(np.float32),
        )


def restore(path: Path) -> Reference:
    with np.load(path) as data:
        return Reference(
            data["loss"].astype(np.float64),
            data["top_ids"].astype(np.int64),
            data["top_logs"].astype(np.float64),
        )
