"""The models through the official client: on /v1/models, which is OpenAI's as well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC

import anthropic
import httpx
import httpx2
import pytest
from anthropic.types import ModelInfo
from pydantic import TypeAdapter

from fakes.serving import Served

VERSION = {"anthropic-version": "2023-06-01"}


@pytest.fixture
async def api(served: Served) -> AsyncIterator[anthropic.AsyncAnthropic]:
    http = httpx2.AsyncClient(trust_env=False)
    async with anthropic.AsyncAnthropic(
        base_url=served.url, api_key="unused", max_retries=0, http_client=http
    ) as client:
        yield client


async def test_models(api: anthropic.AsyncAnthropic) -> None:
    found = [model async for model in api.models.list()]
    assert [model.id for model in found] == ["fake", "other"]
    for model in found:
        TypeAdapter(ModelInfo).validate_python(model.to_dict(mode="python"))
    fake, other = found
    assert (fake.display_name, fake.max_input_tokens, fake.lifecycle) == ("fake", 4096, "active")
    assert fake.created_at.tzinfo == UTC
    assert other.max_input_tokens is None


async def test_pages(api: anthropic.AsyncAnthropic) -> None:
    first = await api.models.list(limit=1)
    assert ([model.id for model in first.data], first.has_more) == (["fake"], True)
    following = await first.get_next_page()
    assert ([model.id for model in following.data], following.has_more) == (["other"], False)
    before = await api.models.list(before_id="other")
    assert [model.id for model in before.data] == ["fake"]
    assert [model.id async for model in api.models.list(limit=1)] == ["fake", "other"]
    assert (await api.models.list(lifecycle=["retired"])).data == []


async def test_one_model(api: anthropic.AsyncAnthropic) -> None:
    model = await api.models.retrieve("fake")
    assert (model.type, model.id) == ("model", "fake")


async def test_errors_are_told_in_their_form(api: anthropic.AsyncAnthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as missing:
        await api.models.retrieve("gone")
    assert missing.value.type == "not_found_error"
    assert missing.value.request_id
    with pytest.raises(anthropic.BadRequestError, match="after_id"):
        await api.models.list(after_id="gone")
    with pytest.raises(anthropic.BadRequestError, match="limit"):
        await api.models.list(limit=0)


async def test_others_are_told_in_openai_s_form(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/models")).json()["object"] == "list"
    assert (await client.get("/v1/models/fake")).json()["object"] == "model"
    assert "code" in (await client.get("/v1/models/gone")).json()["error"]
    assert "object" not in (await client.get("/v1/models", headers=VERSION)).json()
