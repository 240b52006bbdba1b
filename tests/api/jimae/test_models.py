"""Choosing models, and looking after them."""

from __future__ import annotations

import httpx
import pytest

from fakes.backend import Backends, FakeBackend, done
from fakes.files import write_gguf
from fakes.people import People
from fakes.waiting import until
from jimae.catalogue.entry import ATTRIBUTION
from jimae.errors import JimaeError
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.types import Delta, Started

ADMIN = "/jimae/admin/models"
ASK = {"model": "fake", "messages": [{"role": "user", "content": "話して"}]}


async def models(client: httpx.AsyncClient) -> dict[str, dict[str, object]]:
    return {one["id"]: one for one in (await client.get(ADMIN)).json()["data"]}


async def test_cards_say_what_helps_to_choose(
    client: httpx.AsyncClient, service: Service, settings: Settings
) -> None:
    write_gguf(settings.models_dir / "qwen2.5-coder-1.5b.gguf")
    body = (await client.get("/jimae/models")).json()
    cards = {one["id"]: one for one in body["data"]}
    assert body["attribution"] == ATTRIBUTION
    known = cards["qwen2.5-coder-1.5b"]
    assert known["licence"]["spdx"] == "Apache-2.0"
    assert "コード" in known["good_at"]["ja"]
    assert cards["fake"]["licence"] is None
    assert (cards["fake"]["default"], cards["fake"]["speed"]) == (True, None)


async def test_the_speed_is_that_of_answers_given_here(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    backend.play(Started(7, 0), *[Delta("あ", (1,))] * 40, done(40))
    assert (await client.post("/v1/chat/completions", json=ASK)).is_success
    (card,) = [
        one for one in (await client.get("/jimae/models")).json()["data"] if one["id"] == "fake"
    ]
    assert card["speed"] > 0


async def test_nobody_is_shown_models_they_may_not_ask(
    client: httpx.AsyncClient, service: Service
) -> None:
    people = People(service)
    root = await people.add("root", "admin")
    user = await people.add("hanako")
    only = {"models": ["other"]}
    subject = f"/jimae/admin/limits/account:{user.id}"
    assert (await client.put(subject, json=only, headers=root.session)).is_success
    cards = (await client.get("/jimae/models", headers=user.session)).json()["data"]
    assert [one["id"] for one in cards] == ["other"]


async def test_load_and_unload(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    assert (await models(client))["other"]["state"] == "available"
    assert (await client.post(f"{ADMIN}/other/load")).json()["id"] == "other"
    await until_ready(client, "other")
    assert (await models(client))["other"]["memory"] is not None
    assert (await client.post(f"{ADMIN}/other/unload")).json()["state"] == "available"
    assert (await models(client))["other"]["memory"] is None
    assert (await client.post(f"{ADMIN}/nothing/load")).status_code == 404
    assert (await client.post(f"{ADMIN}/nothing/unload")).status_code == 404


async def until_ready(client: httpx.AsyncClient, name: str) -> None:
    for _ in range(200):
        if (await models(client))[name]["state"] == "ready":
            return
    pytest.fail(f"{name} was not loaded")


async def test_a_model_in_use_stays(
    client: httpx.AsyncClient, service: Service, backend: FakeBackend
) -> None:
    async with service.models.use("fake"):
        refused = await client.post(f"{ADMIN}/fake/unload")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "model_in_use")
        assert (await models(client))["fake"]["state"] == "ready"
    assert (await client.post(f"{ADMIN}/fake/unload")).is_success


async def test_a_file_is_taken_in_from_the_folder(
    client: httpx.AsyncClient, service: Service, settings: Settings
) -> None:
    folder = settings.data_dir / "import"
    assert (await client.get(ADMIN)).json()["folder"]["exists"] is False
    write_gguf(folder / "My Model (Q4).gguf")
    (folder / "notes.txt").write_text("no model")
    (offered,) = (await client.get(ADMIN)).json()["folder"]["files"]
    assert (offered["model"], offered["known"], offered["present"]) == ("my-model-q4", False, False)
    begun = await client.post("/jimae/admin/imports", json={"file": "My Model (Q4).gguf"})
    assert (begun.status_code, begun.json()["model"]) == (200, "my-model-q4")
    await until(lambda: service.imports.begun()[0].state == "done")
    there = (await client.get(ADMIN)).json()
    assert there["imports"][0]["done"] == there["imports"][0]["total"] > 0
    assert there["folder"]["files"][0]["present"] is True
    assert "my-model-q4" in {one["id"] for one in there["data"]}
    again = await client.post("/jimae/admin/imports", json={"file": "My Model (Q4).gguf"})
    assert again.json()["error"]["code"] == "import_present"


async def test_what_cannot_be_recorded_is_not_begun(
    client: httpx.AsyncClient,
    service: Service,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_gguf(settings.data_dir / "import" / "mine.gguf")

    def full(*_: object, **__: object) -> None:
        raise JimaeError("storage_full", place=str(settings.data_dir))

    with monkeypatch.context() as patch:
        patch.setattr("jimae.api.jimae.models.note", full)
        refused = await client.post("/jimae/admin/imports", json={"file": "mine.gguf"})
    assert refused.status_code == 507
    assert service.imports.begun() == []
    begun = await client.post("/jimae/admin/imports", json={"file": "mine.gguf"})
    assert begun.is_success
    await until(lambda: service.imports.begun()[0].state == "done")


@pytest.mark.parametrize("name", ["../jimae.db", "/etc/passwd", "..", "notes.txt", "a\0.gguf"])
async def test_nothing_else_is_read(
    client: httpx.AsyncClient, settings: Settings, name: str
) -> None:
    (settings.data_dir / "import").mkdir()
    (settings.data_dir / "import" / "notes.txt").write_text("no model")
    refused = await client.post("/jimae/admin/imports", json={"file": name})
    assert refused.status_code == 404


async def test_a_file_that_is_no_model_is_refused(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    folder = settings.data_dir / "import"
    folder.mkdir()
    (folder / "bad.gguf").write_bytes(b"not a model")
    refused = await client.post("/jimae/admin/imports", json={"file": "bad.gguf"})
    assert refused.json()["error"]["code"] == "gguf_invalid"


async def test_a_file_of_the_catalogue_has_to_be_the_publishers(
    client: httpx.AsyncClient, service: Service, settings: Settings
) -> None:
    write_gguf(settings.data_dir / "import" / "smollm2-135m.gguf")
    begun = await client.post("/jimae/admin/imports", json={"file": "smollm2-135m.gguf"})
    assert begun.is_success
    await until(lambda: service.imports.begun()[0].state == "failed")
    told = (await client.get(ADMIN)).json()["imports"][0]["error"]
    assert "bytes instead of" in told
    assert not (settings.models_dir / "smollm2-135m.gguf").exists()


async def test_it_says_what_a_load_would_take_and_why_one_failed(
    client: httpx.AsyncClient, backends: Backends, settings: Settings
) -> None:
    (settings.models_dir / "bad.gguf").write_bytes(b"not a model")
    body = (await client.get(ADMIN)).json()
    machine, rows = body["machine"], {one["id"]: one for one in body["data"]}
    assert 0 < machine["free"] <= machine["possible"] <= machine["for_models"]
    assert rows["other"]["needed"] > rows["other"]["size"]
    assert (rows["bad"]["needed"], rows["bad"]["error"]) == (None, None)

    assert (await client.post(f"{ADMIN}/other/load")).is_success
    await until_ready(client, "other")
    loaded = (await models(client))["other"]
    assert loaded["memory"]["estimated"] == rows["other"]["needed"]  # type: ignore[index]
    backends["other"].broken("out of memory")
    failed = (await models(client))["other"]
    assert failed["state"] == "failed"
    assert "out of memory" in str(failed["error"])
