"""300 JSON Schemas through the real server, greedy and sampled: what finishes fits, or it is a 400.

Finished are the answers that end by themselves; those that a small model leaves open until
their tokens are used up say so (`length`) and are counted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from fakes.schemas import judge, make
from fakes.serving import serving
from jimae.service.service import Service
from jimae.settings import load
from jimae.worker.client import LocalBackend
from worker.test_client import MODELS

MODEL = "qwen2.5-coder-0.5b"
TIMES = 300
AT_ONCE = 8
TOKENS = 256
GREEDY: dict[str, Any] = {"temperature": 0}
SAMPLED: dict[str, Any] = {"temperature": 1.2, "seed": 1}


async def ask(client: httpx.AsyncClient, number: int, sampling: dict[str, Any]) -> str:
    """What became of a schema. Raises if an answer does not fit or a refusal is no 400."""
    schema = make(number)
    form = {"name": "answer", "schema": schema, "strict": True}
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "適当な例を一つ、JSON で短く答えてください。"}],
        "max_tokens": TOKENS,
        "response_format": {"type": "json_schema", "json_schema": form},
        **sampling,
    }
    response = await client.post("/v1/chat/completions", json=body)
    got = response.json()
    if response.status_code == 400:
        return f"refused: {got['error']['code']}"
    if response.status_code != 200:
        raise AssertionError(f"schema {number}: {response.status_code} {got}")
    choice = got["choices"][0]
    if choice["finish_reason"] != "stop":
        return str(choice["finish_reason"])
    answer = choice["message"]["content"]
    if reason := judge(schema, answer):
        text = json.dumps(schema, ensure_ascii=False)
        raise AssertionError(f"schema {number}: {reason}\n  {text}\n  {answer}")
    return "fits"


async def main(times: int) -> int:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "models").symlink_to(MODELS)
        chosen = {
            "data_dir": Path(directory),
            "models.default": MODEL,
            "engine.kv_tokens": 8192,
            "engine.parallel": AT_ONCE,
        }
        service = Service(load(environ={}, overrides=chosen), LocalBackend)
        async with (
            serving(service.settings, service) as served,
            httpx.AsyncClient(base_url=served.url, timeout=None, trust_env=False) as client,  # noqa: S113
        ):
            for name, sampling in (("greedy", GREEDY), ("sampled", SAMPLED)):
                became: Counter[str] = Counter()
                for start in range(0, times, AT_ONCE):
                    numbers = range(start, min(start + AT_ONCE, times))
                    became.update(
                        await asyncio.gather(*(ask(client, n, sampling) for n in numbers))
                    )
                print(f"{name}: {times} schemas, {dict(became.most_common())}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES)))
