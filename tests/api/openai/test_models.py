"""GET /v1/models: more than names, in fields that clients ignore."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from openai.types import Model

from fakes import official
from fakes.files import write_gguf
from jimae.api.openai.models import model_body
from jimae.catalogue.installed import record
from jimae.catalogue.registry import load
from jimae.service.model_status import ModelStatus
from jimae.settings import Settings
from jimae.types import Capability, ModelInfo

KNOWN = "smollm2-135m"
SUM = "ab" * 32


async def models(client: httpx.AsyncClient) -> dict[str, Any]:
    found = (await client.get("/v1/models")).json()["data"]
    for model in found:
        official.judged(Model, model)
    return {model["id"]: model for model in found}


async def test_a_loaded_model_tells_of_itself(client: httpx.AsyncClient) -> None:
    fake = (await models(client))["fake"]
    assert fake["state"] == "ready"
    assert fake["default"]
    assert (fake["context"], fake["context_trained"]) == (4096, 4096)
    assert fake["capabilities"] == []
    assert fake["parser"] == "plain"
    assert fake["parameters"] == 1
    assert fake["modalities"] == {"input": ["text"], "output": ["text"]}


async def test_one_of_no_catalogue_tells_what_its_file_says(client: httpx.AsyncClient) -> None:
    other = (await models(client))["other"]
    assert other["file"]["bytes"] > 0
    for name in ("context", "context_trained", "capabilities", "licence", "family"):
        assert other[name] is None


async def test_one_of_the_catalogue_tells_before_it_is_loaded(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    path = settings.models_dir / f"{KNOWN}.gguf"
    write_gguf(path)
    entry = load().get(KNOWN)
    record(settings.models_dir, entry, "weights", SUM, "catalogue", "test")
    found = (await models(client))[KNOWN]
    assert found["state"] == "available"
    assert found["context"] is None
    assert found["context_trained"] == entry.context
    assert found["capabilities"] == ["chat", "completions"]
    assert found["licence"] == {
        "spdx": entry.licence.spdx,
        "url": entry.licence.url,
        "commercial": entry.licence.commercial,
    }
    assert found["file"] == {"bytes": path.stat().st_size, "sha256": SUM}
    _append(path)
    assert (await models(client))[KNOWN]["file"]["sha256"] is None


@pytest.mark.parametrize(
    ("capabilities", "output"),
    [
        (("chat", "completions", "embeddings"), ["text", "embedding"]),
        (("rerank",), ["score"]),
        ((), ["text"]),
    ],
)
def test_what_comes_out_of_a_model(capabilities: tuple[Capability, ...], output: list[str]) -> None:
    status = ModelStatus("m", "ready", False, 0, None, None, None, None, 1, None)
    loaded = ModelInfo("m", "a", 1, 1, 1, 1, 1, "attention", True, capabilities=capabilities)
    assert model_body(status._replace(info=loaded))["modalities"]["output"] == output


def _append(path: Path) -> None:
    """Another file than the one that was checked."""
    path.write_bytes(path.read_bytes() + b"x")
