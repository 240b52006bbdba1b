"""Health, status, and the list of models."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

from fakes.backend import FakeBackend
from jimae.service.service import Service


async def test_live_and_ready(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    assert (await client.get("/health/live")).json() == {"status": "live"}
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "model": "fake"})
    backend.restarting()
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "restarting", "model": "fake"})
    assert (await client.get("/health/live")).status_code == 200


async def test_not_ready_without_its_database(client: httpx.AsyncClient, service: Service) -> None:
    await service.store.close()
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "no_database", "model": "fake"})
    assert (await client.get("/health/live")).status_code == 200


async def test_not_ready_once_it_stops(client: httpx.AsyncClient, service: Service) -> None:
    service.runs.refuse()
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "stopping")
    answer = await client.post(
        "/v1/chat/completions",
        json={"model": "fake", "messages": [{"role": "user", "content": "a"}]},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "server_stopping")


async def test_status_for_the_page(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    backend.restarting()
    status = (await client.get("/api/status")).json()
    assert status.pop("version")
    load = status["models"][0].pop("load")
    assert load["elapsed"] >= 0
    assert load["expected"] == 0.5
    assert load["progress"] == 1.0
    memory = status["models"][0].pop("memory")
    assert memory["estimated"] > 2**20
    assert memory["measured"] is None
    use = status["models"][0].pop("use")
    assert use["idle"] >= 0
    assert (use["requests"], use["expires"]) == (0, None)
    assert status == {
        "mode": "single-user",
        "models": [
            {
                "id": "fake",
                "name": "fake",
                "state": "restarting",
                "default": True,
                "context": 4096,
                "description": None,
            },
            {
                "id": "other",
                "name": "other",
                "state": "available",
                "default": False,
                "context": None,
                "load": None,
                "memory": None,
                "use": None,
                "description": None,
            },
        ],
        "queue": {"running": 0, "waiting": 0},
    }


async def test_models(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/models")).json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["fake", "other"]
    one = (await client.get("/v1/models/other")).json()
    assert one == listed["data"][1]
    assert one["object"] == "model"


@pytest.mark.parametrize(
    "model",
    [
        "nothing",
        "../fake",
        "models/fake",
        "fake.gguf",
        "/etc/passwd",
        "..\\fake",
        "fake\0",
        "%2e%2e%2ffake",
        "FAKE",
        "あ" * 500,
    ],
)
async def test_ids_that_are_not_there(client: httpx.AsyncClient, model: str) -> None:
    response = await client.get(f"/v1/models/{quote(model, safe='')}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"


async def test_openapi_names_every_route(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert set(document["paths"]) >= {
        "/v1/models",
        "/v1/models/{model_id}",
        "/v1/chat/completions",
        "/v1/completions",
        "/tokenizer_info",
        "/tokenize",
        "/detokenize",
        "/health/live",
        "/health/ready",
        "/api/status",
    }
    body = document["paths"]["/v1/chat/completions"]["post"]["requestBody"]
    reference = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert "messages" in document["components"]["schemas"][reference]["properties"]
    for path in ("/docs", "/redoc"):
        assert (await client.get(path)).status_code == 404
