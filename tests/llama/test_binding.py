"""The real binding: what the engine relies on, on real and on tiny random weights."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fakes import tiny_hybrid
from fakes.engine_harness import Harness
from fakes.weights import MODELS, THREADS
from jimae.errors import JimaeError
from jimae.llama.binding import LlamaModel, LoadOptions
from jimae.llama.model import DecodeAbortedError, Logits, Slice
from jimae.types import Outputs


def loaded(path: Path, n_cells: int = 1024, threads: int = THREADS) -> LlamaModel:
    return LlamaModel(LoadOptions(path, n_cells=n_cells, n_running=8, threads=threads))


@pytest.fixture(scope="module")
def hybrid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaModel]:
    path = tmp_path_factory.mktemp("hybrid") / "tiny.gguf"
    tiny_hybrid.write(path)
    model = loaded(path)
    yield model
    model.close()


@pytest.fixture(scope="module")
def smollm() -> Iterator[LlamaModel]:
    model = loaded(MODELS / "smollm2-135m.gguf")
    yield model
    model.close()


@pytest.fixture(scope="module")
def gemma() -> Iterator[LlamaModel]:
    model = loaded(MODELS / "gemma3-270m.gguf", n_cells=2048, threads=0)
    yield model
    model.close()


def story(model: LlamaModel, text: str) -> list[int]:
    return model.vocab.tokenize(text, special=False, add_bos=model.vocab.adds_bos)


def answer(model: LlamaModel, ids: list[int], n: int = 12) -> tuple[list[int], int]:
    """Greedy tokens of a fresh engine's answer, and how many of the prompt were reused."""
    h = Harness(model=model)
    name = h.submit(ids, max_tokens=n)
    h.run()
    h.engine.cache.clear()
    return h.tokens(name), h.done(name).usage.cached_tokens


def turns(model: LlamaModel, ids: list[int], more: list[int]) -> tuple[list[int], int]:
    """The second answer of a conversation, and how many tokens it reused."""
    h = Harness(model=model)
    first = h.submit(ids, max_tokens=12)
    h.run()
    second = h.submit([*ids, *h.tokens(first), *more], max_tokens=12)
    h.run()
    cached = h.done(second).usage.cached_tokens
    h.engine.cache.clear()
    fresh, _ = answer(model, [*ids, *h.tokens(first), *more])
    assert h.tokens(second) == fresh
    return h.tokens(second), cached


def test_a_hybrid_goes_on_from_its_very_end(hybrid: LlamaModel) -> None:
    assert hybrid.memory == "recurrent"
    ids = story(hybrid, "once upon a time")
    _, cached = turns(hybrid, ids, story(hybrid, "and then"))
    assert cached == len(ids) + 11


def test_a_hybrid_is_not_cut(hybrid: LlamaModel) -> None:
    h = Harness(model=hybrid)
    ids = story(hybrid, "once upon a time there was a fox")
    h.submit(ids)
    h.run()
    name = h.submit(ids[:20] + story(hybrid, "other"))
    h.run()
    assert h.done(name).usage.cached_tokens == 0
    h.engine.cache.clear()
    assert h.tokens(name) == answer(hybrid, ids[:20] + story(hybrid, "other"), 8)[0]


def test_hybrid_sequences_among_others_answer_as_alone(hybrid: LlamaModel) -> None:
    h = Harness(model=hybrid)
    prompts = [story(hybrid, f"tale number {i} of many") for i in range(6)]
    names = [h.submit(p, user=f"u{i}") for i, p in enumerate(prompts)]
    h.run()
    h.engine.cache.clear()
    for name, prompt in zip(names, prompts, strict=True):
        assert h.tokens(name) == answer(hybrid, prompt, 8)[0]


@pytest.mark.weights
def test_a_window_model_is_shared_and_cut_like_any_other(gemma: LlamaModel) -> None:
    assert gemma.memory == "window"
    ids = story(gemma, "The fox and the hare lived by the river. " * 80)  # beyond the window
    _, cached = turns(gemma, ids, story(gemma, " And then"))
    assert cached > len(ids)
    h = Harness(model=gemma)
    h.submit(ids, max_tokens=4)
    h.run()
    other = ids[:600] + story(gemma, " Something else happened, and")
    name = h.submit(other, max_tokens=8)
    h.run()
    assert h.done(name).usage.cached_tokens == 600
    h.engine.cache.clear()
    assert h.tokens(name) == answer(gemma, other, 8)[0]


@pytest.mark.weights
def test_cells_come_back_from_bytes(smollm: LlamaModel) -> None:
    ids = story(smollm, "The capital of Japan is")
    (before,) = (x.copy() for x in smollm.decode([Slice(0, 0, ids, 1)]))
    data = smollm.seq_save(0)
    smollm.seq_remove(0, 0)
    assert smollm.seq_load(3, data)
    smollm.seq_remove(3, len(ids) - 1)
    (after,) = smollm.decode([Slice(3, len(ids) - 1, ids[-1:], 1)])
    assert int(after.argmax()) == int(before.argmax())
    assert float(np.abs(after - before).max()) < 0.5
    smollm.seq_remove(3, 0)
    assert not smollm.seq_load(3, data[: len(data) // 2])


def log_softmax(row: Logits) -> npt.NDArray[np.float64]:
    exact = row.astype(np.float64)
    shifted: npt.NDArray[np.float64] = exact - exact.max()
    return shifted - np.log(np.exp(shifted).sum())


def token_by_token(model: LlamaModel, ids: list[int]) -> list[npt.NDArray[np.float64]]:
    """Log probabilities behind each token, computed one at a time without the engine."""
    rows = []
    for place, token in enumerate(ids):
        (row,) = model.decode([Slice(0, place, [token], 1)])
        rows.append(log_softmax(row))
    model.seq_remove(0, 0)
    return rows


def scored(model: LlamaModel, ids: list[int], rows: int, n: int = 0) -> tuple[Harness, str]:
    """A fresh engine's probabilities of a prompt, and of `n` greedy tokens behind it."""
    most, model.n_outputs = model.n_outputs, rows
    try:
        h = Harness(model=model)
        outputs = Outputs(next_token=n > 0, prompt_logprobs=3, logprobs=3)
        name = h.submit(ids, max_tokens=n, outputs=outputs)
        h.run()
        h.engine.cache.clear()
    finally:
        model.n_outputs = most
    return h, name


# A row of a batch and the same row alone differ by how sums are rounded, as the kernels do it.
CLOSE = 0.25


@pytest.mark.weights
def test_probabilities_of_a_prompt_are_those_of_its_tokens_one_by_one(smollm: LlamaModel) -> None:
    ids = story(
        smollm, "The capital of Japan is Tokyo, and 東京 is where most of its people live. " * 2
    )
    rows = token_by_token(smollm, ids)
    h, name = scored(smollm, ids, 128)
    first, *told = h.prompt_logprobs(name)
    assert (first.token, first.logprob) == (ids[0], None)
    assert [t.token for t in told] == ids[1:]
    expected = [float(row[token]) for row, token in zip(rows, ids[1:], strict=False)]
    assert [t.logprob for t in told] == pytest.approx(expected, abs=CLOSE)
    for each, row in zip(told, rows, strict=False):
        assert [p for _, _, p in each.top] == pytest.approx(np.sort(row)[:-4:-1], abs=CLOSE)
    assert b"".join(t.piece for t in [first, *told]).decode().startswith("The capital of Japan")


@pytest.mark.weights
def test_a_prompt_is_as_likely_in_whatever_chunks_it_is_read(smollm: LlamaModel) -> None:
    ids = story(smollm, "Once upon a time there was a fox who lived by the river. " * 5)
    sums = []
    for rows in (128, 40, 17):
        h, name = scored(smollm, ids, rows)
        told = h.prompt_logprobs(name)
        assert len(told) == len(ids) > 40
        sums.append(sum(t.logprob or 0.0 for t in told))
    assert sums == pytest.approx([sums[0]] * 3, abs=CLOSE * 4)


@pytest.mark.weights
def test_probabilities_of_an_answer_are_those_of_the_models_logits(smollm: LlamaModel) -> None:
    ids = story(smollm, "The capital of Japan is")
    h, name = scored(smollm, ids, 128, n=10)
    answer = h.tokens(name)
    rows = token_by_token(smollm, ids + answer)[len(ids) - 1 :]
    told = h.logprobs(name)
    assert [t.token for t in told] == answer
    expected = [float(row[token]) for row, token in zip(rows, answer, strict=False)]
    assert [t.logprob for t in told] == pytest.approx(expected, abs=CLOSE)
    assert [t.top[0][0] for t in told] == answer  # greedy


@pytest.mark.weights
def test_what_native_code_would_die_of_is_an_error(smollm: LlamaModel) -> None:
    with pytest.raises(ValueError, match="sequence id"):
        smollm.decode([Slice(999, 0, [1], 1)])
    with pytest.raises(ValueError, match="vocabulary"):
        smollm.decode([Slice(0, 0, [10**7], 1)])
    with pytest.raises(ValueError, match="vocabulary"):
        smollm.decode([Slice(0, 0, [-1], 1)])
    with pytest.raises(ValueError, match="at most"):
        smollm.decode([Slice(0, 0, [1] * 513, 1)])
    with pytest.raises(ValueError, match="sequence id"):
        smollm.seq_copy(0, -1, 0, 1)


@pytest.mark.weights
def test_a_step_that_is_broken_off_is_no_error_in_the_log(
    smollm: LlamaModel, caplog: pytest.LogCaptureFixture
) -> None:
    ids = story(smollm, "A long story about a town hall. " * 60)[:500]
    left = threading.Event()

    def leave() -> None:
        while not left.wait(0.001):
            smollm.abort()

    leaver = threading.Thread(target=leave)
    leaver.start()
    try:
        with caplog.at_level(logging.WARNING), pytest.raises(DecodeAbortedError):
            smollm.decode([Slice(0, 0, ids, 0)])
    finally:
        left.set()
        leaver.join()
    assert caplog.messages == []


@pytest.mark.weights
def test_vocabulary(smollm: LlamaModel) -> None:
    vocab = smollm.vocab
    assert "<|im_start|>" in vocab.control_texts
    (start,) = vocab.tokenize("<|im_start|>", special=True)
    assert len(vocab.tokenize("<|im_start|>", special=False)) > 1
    assert vocab.piece(start) == b""
    assert vocab.piece(start, special=True) == b"<|im_start|>"
    text = "漢字と🍣 emoji\n"
    ids = vocab.tokenize(text, special=False)
    assert b"".join(vocab.piece(t) for t in ids) == text.encode()


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(JimaeError, match="broken"):
        loaded(path)
