"""A draft model on weights: loaded beside its model, and never heard in what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import tiny_hybrid
from fakes.weights import MODELS, THREADS
from jimae.engine.detokenizer import Detokenizer
from jimae.engine.drafter import Drafter
from jimae.engine.engine import Engine, EngineOptions
from jimae.engine.sampler import Sampler
from jimae.engine.sequence import Sequence
from jimae.errors import JimaeError
from jimae.llama.binding import LlamaModel, LoadOptions
from jimae.settings import EngineSettings, Settings, load
from jimae.types import Delta, Event, GenerateRequest, Principal, Sampling, TextPrompt
from jimae.worker.client import LocalBackend

TOKENS = 16
PROMPT = "<|im_start|>user\n日本の県をいくつか挙げてください。<|im_end|>\n<|im_start|>assistant\n"
GREEDY = Sampling(temperature=0.0)


def settings(data_dir: Path) -> Settings:
    engine = EngineSettings(kv_tokens=512, parallel=2, threads=THREADS, disk_cache_mb=0)
    found = load(environ={}, overrides={"data_dir": data_dir})
    return found.model_copy(update={"engine": engine})


def said_by(engine: Engine, heard: list[Event]) -> list[int]:
    """What one sequence alone says."""
    heard.clear()
    prompt = engine.model.vocab.tokenize(PROMPT, special=True)
    ends = engine.model.vocab.end_tokens
    engine.submit(
        Sequence(
            "a", Principal("u", "u"), list(prompt), Sampler(GREEDY), Detokenizer(), TOKENS, ends
        )
    )
    while engine.busy:
        engine.step()
    engine.cache.clear()
    return [token for event in heard if isinstance(event, Delta) for token in event.token_ids]


@pytest.mark.weights
def test_a_larger_model_says_the_same_with_a_smaller_one_ahead() -> None:
    """Alone, and greedy. A token that is checked in a batch of five can have logits that differ
    in their last digits from those it has in a batch of one, so that another token wins where
    two are as good; here they are not."""
    heard: list[Event] = []

    def model(name: str) -> LlamaModel:
        path = MODELS / f"{name}.gguf"
        return LlamaModel(LoadOptions(path, n_cells=512, n_running=2, n_idle=2, threads=THREADS))

    large, small = model("qwen2.5-coder-1.5b"), model("qwen2.5-coder-0.5b")
    options = EngineOptions(512)
    plain = Engine(large, options, lambda _, event: heard.append(event))
    before = said_by(plain, heard)
    drafter = Drafter(small, large)
    # As if it paid: on most machines it does not with models as near to each other as these.
    drafter.cells.cost.predict = lambda *_: 1e-6  # type: ignore[method-assign]
    drafter.main_cost.predict = lambda *_: 0.1  # type: ignore[method-assign]
    engine = Engine(large, options, lambda _, event: heard.append(event), drafter=drafter)
    assert said_by(engine, heard) == before
    status = engine.status()
    assert status.tokens_drafted > status.tokens_confirmed > 0
    assert status.steps < plain.status().steps
    small.close()
    large.close()


@pytest.mark.weights
async def test_a_worker_loads_both(tmp_path: Path) -> None:
    path = MODELS / "smollm2-135m.gguf"
    backend = LocalBackend("smollm2-135m", path, settings(tmp_path), GREEDY, draft=path)
    await backend.start()
    request = GenerateRequest("r", Principal("u", "u"), TextPrompt("The sea is"), max_tokens=8)
    events = [event async for event in backend.generate(request)]
    assert sum(isinstance(event, Delta) for event in events) == 8
    await backend.close()


async def test_a_model_that_cannot_take_guesses_back_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "hybrid.gguf"
    tiny_hybrid.write(path)
    backend = LocalBackend("large", path, settings(tmp_path), GREEDY, draft=path)
    await backend.start()
    with pytest.raises(JimaeError) as caught:
        await backend.wait_ready()
    assert caught.value.code == "draft_unfit"
    assert caught.value.values == {"model": "large", "draft": "hybrid"}
    await backend.close()
