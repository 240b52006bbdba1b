from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.llama.fake import FakeModel
from jimae.llama.model import Logits, Slice
from jimae.tuning import quality
from jimae.tuning.quality import compare, divergence_of, log_softmax, refer, windows


class Biased(FakeModel):
    """The fake with its certainty changed: its logits times `scale`."""

    def __init__(self, scale: float) -> None:
        super().__init__(n_cells=2048)
        self.scale = scale
        self.rows = 0

    def decode(self, batch: Sequence[Slice]) -> list[Logits]:
        rows = super().decode(batch)
        self.rows += len(rows)
        return [row * self.scale for row in rows]


TOKENS = [97 + (i * 7) % 26 for i in range(700)]


@given(st.integers(0, 4000), st.booleans())
def test_windows_hold_the_tokens_in_order(count: int, bos: bool) -> None:
    tokens = list(range(count))
    pieces = windows(tokens, 9999 if bos else None)

    read = [token for piece in pieces for token in piece if token != 9999]
    assert read == tokens[: len(read)]
    assert all(quality.UNSCORED < len(piece) <= quality.WINDOW for piece in pieces)
    assert len(pieces) <= quality.MOST_WINDOWS
    # Nothing but an end that is too short, or what is beyond the last window, is left out.
    assert count - len(read) <= quality.UNSCORED or len(pieces) == quality.MOST_WINDOWS


def test_log_softmax_is_a_distribution() -> None:
    row = np.array([1000.0, 999.0, -5.0], dtype=np.float32)

    logs = log_softmax(row)

    assert np.exp(logs).sum() == pytest.approx(1)
    assert logs[0] - logs[1] == pytest.approx(1)


def test_perplexity_is_what_the_definition_says() -> None:
    """Every token scored by hand, one at a time."""
    model = Biased(1.0)
    pieces = windows(TOKENS, None)

    found = quality.of_reference(refer(model, pieces, lambda _: None))

    losses = []
    for piece in pieces:
        for i in range(quality.UNSCORED, len(piece)):
            logits = np.zeros(model.vocab.size)
            logits[model.next_token(piece[:i])] = 10.0
            losses.append(np.log(np.exp(logits).sum()) - logits[piece[i]])
    assert found.tokens == len(losses) == 700 - 2 * quality.UNSCORED
    assert found.perplexity == pytest.approx(np.exp(np.mean(losses)))


def test_a_model_does_not_differ_from_itself() -> None:
    pieces = windows(TOKENS, None)
    reference = refer(FakeModel(), pieces, lambda _: None)

    found = compare(FakeModel(), pieces, reference, lambda _: None)

    assert found.change == pytest.approx(0)
    assert found.error == pytest.approx(0)
    assert found.divergence == pytest.approx(0, abs=1e-9)


def test_another_model_is_told_apart_and_by_how_much() -> None:
    pieces = windows(TOKENS, None)
    base, other = Biased(1.0), Biased(0.5)
    reference = refer(base, pieces, lambda _: None)

    found = compare(other, pieces, reference, lambda _: None)

    ours, theirs = (np.array([10.0 * s] + [0.0] * 259) for s in (1.0, 0.5))
    p, q = (np.exp(x) / np.exp(x).sum() for x in (ours, theirs))
    assert found.divergence == pytest.approx((p * np.log(p / q)).sum(), rel=1e-6)
    alone = quality.of_reference(refer(Biased(0.5), pieces, lambda _: None))
    before = quality.of_reference(reference)
    assert found.perplexity == pytest.approx(alone.perplexity)
    assert found.change == pytest.approx(alone.perplexity / before.perplexity - 1)


def test_what_is_left_out_makes_the_divergence_smaller_never_larger() -> None:
    random = np.random.default_rng(3)
    p, q = (log_softmax(random.normal(size=5000).astype(np.float32)) for _ in range(2))
    whole = float((np.exp(p) * (p - q)).sum())

    found = []
    for top in (10, 100, 1000, 4999):
        best = np.argsort(p)[-top:]
        found.append(divergence_of(p[best], q[best]))

    assert found == sorted(found)
    assert found[-1] == pytest.approx(whole, rel=1e-6)
    assert found[0] >= 0


def test_progress_counts_every_token() -> None:
    told: list[int] = []
    pieces = windows(TOKENS, None)

    refer(FakeModel(), pieces, told.append)

    assert sum(told) == sum(map(len, pieces))


def test_only_rows_that_count_are_asked_for() -> None:
    model = Biased(1.0)
    pieces = windows(TOKENS, None)

    refer(model, pieces, lambda _: None)

    # One row a window foretells what is behind its end.
    assert model.rows == 700 - 2 * quality.UNSCORED + len(pieces)


def test_a_reference_survives_its_file(tmp_path: Path) -> None:
    pieces = windows(TOKENS, None)
    reference = refer(Biased(0.7), pieces, lambda _: None)

    quality.save(reference, tmp_path / "r")
    found = compare(Biased(0.7), pieces, quality.restore(tmp_path / "r"), lambda _: None)

    assert found.change == pytest.approx(0)
    assert found.divergence == pytest.approx(0, abs=1e-5)
