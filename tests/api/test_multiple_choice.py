"""What lm-eval would find through the server is what the model's logits say.
scripts/proofs/lm_eval.py asks it with lm-eval itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from fakes.multiple_choice import Score, best, of_logits, of_server, questions
from fakes.serving import serving
from fakes.weights import MODELS, THREADS
from jimae.llama.binding import LlamaModel, LoadOptions
from jimae.service.service import Service
from jimae.settings import load
from jimae.worker.client import LocalBackend

MODEL = "smollm2-135m"
QUESTIONS = questions(8)
# Of a log-likelihood, in nats, of one request at a time: what else is in a batch moves it more.
TOLERANCE = 0.05

pytestmark = [pytest.mark.weights, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def straight() -> Iterator[list[list[Score]]]:
    """What the logits say of each choice of each question."""
    options = LoadOptions(
        MODELS / f"{MODEL}.gguf", n_cells=512, n_running=1, n_idle=0, n_outputs=512, threads=THREADS
    )
    model = LlamaModel(options)
    yield [of_logits(model, question) for question in QUESTIONS]
    model.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    data_dir = tmp_path_factory.mktemp("data")
    (data_dir / "models").symlink_to(MODELS)
    chosen = {
        "data_dir": data_dir,
        "models.default": MODEL,
        "engine.kv_tokens": 2048,
        "engine.threads": THREADS,
    }
    service = Service(load(environ={}, overrides=chosen), LocalBackend)
    async with (
        serving(service.settings, service) as served,
        httpx.AsyncClient(base_url=served.url, timeout=60, trust_env=False) as client,
    ):
        yield client


@pytest.mark.parametrize(("tokenized", "count"), [(True, 8), (False, 3)])
async def test_the_server_chooses_what_the_logits_do(
    client: httpx.AsyncClient, straight: list[list[Score]], tokenized: bool, count: int
) -> None:
    for question, expected in zip(QUESTIONS[:count], straight, strict=False):
        served = await of_server(client, MODEL, question, tokenized=tokenized)
        assert best(served) == best(expected), question
        for one, other in zip(served, expected, strict=True):
            assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=TOLERANCE)
            assert one.greedy == other.greedy
