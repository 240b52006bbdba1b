"""The official client and a real model: a tool that must be called is called as its schema says."""

from __future__ import annotations

from pathlib import Path

import anthropic
import httpx2
import ollama
import pytest

from fakes.serving import serving
from fakes.weights import MODELS, THREADS
from jimae.service.service import Service
from jimae.settings import load
from jimae.worker.client import LocalBackend

MODEL = "qwen2.5-coder-0.5b"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["東京", "大阪"]}},
    "required": ["city"],
    "additionalProperties": False,
}


@pytest.mark.weights
async def test_a_forced_call_and_its_result(tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(MODELS)
    settings = load(
        environ={},
        overrides={
            "data_dir": tmp_path,
            "models.default": MODEL,
            "engine.kv_tokens": 4096,
            "engine.threads": THREADS,
        },
    )
    asked = {
        "model": MODEL,
        "max_tokens": 100_000,
        "tools": [{"name": "weather", "description": "天気を調べる", "input_schema": SCHEMA}],
        "extra_body": {"temperature": 0},
    }
    question = [{"role": "user", "content": "大阪の天気は?"}]
    async with (
        serving(settings, Service(settings, LocalBackend)) as served,
        httpx2.AsyncClient(trust_env=False) as http,
        anthropic.AsyncAnthropic(
            base_url=served.url, api_key="unused", max_retries=0, http_client=http, timeout=100
        ) as api,
        ollama.AsyncClient(host=served.url, trust_env=False) as other,
    ):
        choice = {"type": "tool", "name": "weather"}
        async with api.messages.stream(messages=question, tool_choice=choice, **asked) as stream:  # type: ignore[arg-type]
            message = await stream.get_final_message()
        assert message.stop_reason == "tool_use"
        (call,) = message.content
        assert call.type == "tool_use"
        assert call.input["city"] in ("東京", "大阪")
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "晴れ、25度"}
        later = [*question, message.to_param(), {"role": "user", "content": [result]}]
        counted = await api.messages.count_tokens(
            model=MODEL,
            messages=later,  # type: ignore[arg-type]
            tools=asked["tools"],  # type: ignore[arg-type]
            tool_choice={"type": "none"},
        )
        answer = await api.messages.create(
            **{**asked, "messages": later, "tool_choice": {"type": "none"}, "max_tokens": 24}
        )  # type: ignore[call-overload]
        assert answer.content[0].text
        usage = answer.usage
        assert usage.input_tokens + usage.cache_read_input_tokens == counted.input_tokens
        told = await other.chat(
            model=MODEL,
            messages=question,
            format=SCHEMA,
            options={"temperature": 0, "num_predict": 24},
        )
        assert told.message.content is not None
        assert "city" in told.message.content
