"""A batch on a real model: people go before it, and it is done all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from openai.types.chat import ChatCompletion
from pydantic import TypeAdapter

from api.openai.storing import begin, client_of, ended, line, written
from fakes.waiting import until
from fakes.weights import MODELS, THREADS
from jimae.settings import load
from jimae.worker.client import LocalBackend

MODEL = "smollm2-135m"
LINES = 12
TOKENS = 24

pytestmark = pytest.mark.weights


async def test_a_person_overtakes_a_running_batch(tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(MODELS)
    settings = load(
        environ={},
        overrides={
            "data_dir": tmp_path,
            "models.default": MODEL,
            "engine.kv_tokens": 4096,
            # Two wait for each other, and long where others want the cores as well.
            "engine.threads": THREADS,
            # Fewer places than lines that are asked for at once: the person has to be given one.
            "engine.parallel": 2,
            "batches.parallel": 8,
        },
    )

    def asking(number: int) -> dict[str, object]:
        return {
            "model": MODEL,
            "messages": [{"role": "user", "content": f"Count from {number} on."}],
            "max_tokens": TOKENS,
            "ignore_eos": True,
            "temperature": 0,
        }

    async with client_of(settings, LocalBackend) as api:
        batch = await begin(api, [line(number, body=asking(number)) for number in range(LINES)])
        output = tmp_path / "files" / f"{batch.id.replace('batch_', 'file-')}-output"
        await until(output.exists, seconds=60)
        answer = await api.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Hello"}], max_tokens=8
        )
        written_before = output.read_bytes().count(b"\n")
        assert answer.choices[0].message.content
        # Behind the lines that stood in the queue, it would have waited for more than these.
        assert written_before < LINES // 2

        batch = await ended(api, batch.id, seconds=60)
        assert batch.status == "completed"
        outcomes = await written(api, batch.output_file_id)
        assert {outcome["custom_id"] for outcome in outcomes} == {f"r{n}" for n in range(LINES)}
        assert len(outcomes) == LINES
        for outcome in outcomes:
            response = outcome["response"]
            assert isinstance(response, dict)
            whole = TypeAdapter(ChatCompletion).validate_python(response["body"])
            assert whole.usage is not None
            assert whole.usage.completion_tokens == TOKENS
        assert batch.usage is not None
        assert batch.usage.output_tokens == LINES * TOKENS
