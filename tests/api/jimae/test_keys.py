"""API keys over HTTP: made, shown, limited and revoked."""

from __future__ import annotations

import time

import httpx
import openai
import pytest
from sqlalchemy import select

from api.openai.storing import begin, ended, line, written
from fakes.backend import Backends
from fakes.people import People, Person
from fakes.serving import serving
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.store.store import Store
from jimae.store.usage_tables import LedgerEntry

ASK = {"model": "fake", "messages": [{"role": "user", "content": "首都は?"}]}
KEYS = "/jimae/me/keys"


@pytest.fixture
def people(service: Service) -> People:
    return People(service)


@pytest.fixture
async def admin(people: People) -> Person:
    return await people.add("root", "admin")


@pytest.fixture
async def user(people: People, admin: Person) -> Person:
    return await people.add("hanako", groups=["営業"])


def code(response: httpx.Response) -> str:
    return response.json()["error"]["code"]


async def make(client: httpx.AsyncClient, person: Person, **wanted: object) -> dict[str, object]:
    response = await client.post(KEYS, json={"name": "議事録", **wanted}, headers=person.session)
    assert response.is_success, response.text
    body: dict[str, object] = response.json()
    return body


async def test_it_is_shown_once(client: httpx.AsyncClient, user: Person) -> None:
    made = await make(client, user)
    secret = str(made.pop("key"))
    listed = await client.get(KEYS, headers=user.session)

    assert listed.json() == {"data": [made], "has_more": False}
    assert made["state"] == "active"
    assert made["account"] == {"id": user.id, "name": "hanako"}
    assert secret not in listed.text
    for headers in ({"authorization": f"Bearer {secret}"}, {"x-api-key": secret}):
        assert (await client.post("/v1/chat/completions", json=ASK, headers=headers)).is_success


async def test_a_revoked_key_is_refused_at_once(client: httpx.AsyncClient, user: Person) -> None:
    made = await make(client, user)
    headers = {"x-api-key": str(made["key"])}
    assert (await client.get("/v1/models", headers=headers)).is_success
    revoked = await client.delete(f"{KEYS}/{made['id']}", headers=user.session)

    assert revoked.json()["state"] == "revoked"
    refused = await client.get("/v1/models", headers=headers)
    assert (refused.status_code, code(refused)) == (401, "key_revoked")


async def test_models_of_a_key_are_all_that_it_meets(
    client: httpx.AsyncClient, people: People, user: Person
) -> None:
    for carrier in ("Authorization", "x-api-key"):
        headers = await people.key(user, carrier, models=("other",))
        listed = (await client.get("/v1/models", headers=headers)).json()
        assert [one["id"] for one in listed["data"]] == ["other"]
        theirs = headers | {"anthropic-version": "2023-06-01"}
        listed = (await client.get("/v1/models", headers=theirs)).json()
        assert [one["id"] for one in listed["data"]] == ["other"]
        tags = (await client.get("/api/tags", headers=headers)).json()
        assert [one["model"].partition(":")[0] for one in tags["models"]] == ["other"]
        status = (await client.get("/api/status", headers=headers)).json()
        assert [one["id"] for one in status["models"]] == ["other"]
        assert (await client.get("/api/ps", headers=headers)).json() == {"models": []}
        assert (await client.get("/v1/models/other", headers=headers)).is_success
        assert (await client.get("/v1/models/fake", headers=headers)).status_code == 404


OF_A_MODEL: tuple[tuple[str, dict[str, object]], ...] = (
    ("/v1/chat/completions", ASK),
    ("/v1/completions", {"model": "fake", "prompt": "a"}),
    ("/v1/responses", {"model": "fake", "input": "a", "store": False}),
    ("/v1/responses/input_tokens", {"model": "fake", "input": "a"}),
    ("/v1/messages", {**ASK, "max_tokens": 5}),
    ("/v1/messages/count_tokens", ASK),
    ("/api/chat", ASK),
    ("/api/chat", {"model": "fake", "messages": []}),
    ("/api/generate", {"model": "fake", "prompt": "a"}),
    ("/tokenize", {"prompt": "a"}),
    ("/tokenize", {"model": "fake", "prompt": "a"}),
    ("/detokenize", {"model": "fake", "tokens": [97]}),
)


async def test_no_other_model_can_be_asked(
    client: httpx.AsyncClient, people: People, user: Person
) -> None:
    for carrier in ("Authorization", "x-api-key"):
        headers = await people.key(user, carrier, models=("other",))
        for path, body in OF_A_MODEL:
            refused = await client.post(path, json=body, headers=headers)
            assert refused.status_code == 403, f"{path}: {refused.text}"
            assert "'fake'" in refused.text


async def test_a_batch_may_ask_no_more_than_its_key(settings: Settings, backends: Backends) -> None:
    """Its lines are answered later, when nobody shows the key."""
    service = Service(settings, backends.make)
    async with serving(settings, service) as served:
        people = People(service)
        user = await people.add("hanako")
        secret = (await people.key(user, "x-api-key", models=("other",)))["x-api-key"]
        async with openai.AsyncOpenAI(
            base_url=f"{served.url}/v1",
            api_key=secret,
            http_client=httpx.AsyncClient(trust_env=False),
        ) as api:
            allowed = await ended(
                api, (await begin(api, [line(0, body={**ASK, "model": "other"})])).id
            )
            assert len(await written(api, allowed.output_file_id)) == 1
            refused = await ended(api, (await begin(api, [line(0)])).id)
            (outcome,) = await written(api, refused.error_file_id)
    assert "model_not_allowed" in str(outcome["response"])
    assert backends["fake"].started == 0
    used = await entries(settings)
    assert [(one.outcome, one.model) for one in used] == [("done", "other"), ("refused", "fake")]
    assert used[0].key_id == used[1].key_id is not None


async def entries(settings: Settings) -> list[LedgerEntry]:
    store = Store(settings)
    await store.open()
    found = await store.read(
        lambda session: session.scalars(select(LedgerEntry).order_by(LedgerEntry.created_at)).all()
    )
    await store.close()
    return list(found)


async def test_areas_of_a_key(client: httpx.AsyncClient, people: People, user: Person) -> None:
    headers = await people.key(user, areas=("models",))
    assert (await client.get("/v1/models", headers=headers)).is_success
    refused = await client.post("/v1/chat/completions", json=ASK, headers=headers)

    assert (refused.status_code, code(refused)) == (403, "key_not_for_this")
    assert (await client.get(KEYS, headers=headers)).status_code == 403


async def test_a_key_makes_no_key(client: httpx.AsyncClient, people: People, user: Person) -> None:
    headers = await people.key(user)
    refused = await client.post(KEYS, json={"name": "more"}, headers=headers)

    assert (refused.status_code, code(refused)) == (403, "key_by_key")


async def test_keys_of_others(
    client: httpx.AsyncClient, people: People, admin: Person, user: Person
) -> None:
    manager = await people.add("kacho", "manager", groups=["営業"], manages=True)
    elsewhere = await people.add("jiro", groups=["経理"])
    theirs, ours = await make(client, elsewhere), await make(client, user)
    path = "/jimae/admin/keys"

    everybody = (await client.get(path, headers=admin.session)).json()["data"]
    assert {one["id"] for one in everybody} == {theirs["id"], ours["id"]}
    members = (await client.get(path, headers=manager.session)).json()["data"]
    assert [one["id"] for one in members] == [ours["id"]]
    assert (await client.get(path, headers=user.session)).status_code == 403
    of_one = {"account": elsewhere.id}
    only = (await client.get(path, params=of_one, headers=admin.session)).json()["data"]
    assert [one["id"] for one in only] == [theirs["id"]]

    async def found(text: str, person: Person) -> set[str]:
        answer = await client.get(path, params={"search": text}, headers=person.session)
        return {one["id"] for one in answer.json()["data"]}

    assert await found("ＪＩＲＯ", admin) == {theirs["id"]}
    assert await found("ＪＩＲＯ", manager) == set()
    assert await found(str(ours["prefix"]), admin) == {ours["id"]}
    assert await found("議事", admin) == {theirs["id"], ours["id"]}
    assert await found("%", admin) == set()

    for person, place in ((manager, path), (user, KEYS)):
        refused = await client.delete(f"{place}/{theirs['id']}", headers=person.session)
        assert (refused.status_code, code(refused)) == (404, "key_not_found")
    assert (await client.delete(f"{path}/{ours['id']}", headers=manager.session)).is_success
    assert (await client.delete(f"{path}/{theirs['id']}", headers=admin.session)).is_success


WRONG: tuple[tuple[dict[str, object], str, str], ...] = (
    ({}, "missing_parameter", "name"),
    ({"name": ""}, "wrong_length", "name"),
    ({"name": "a\0b"}, "invalid_text", "name"),
    ({"name": "a", "areas": ["everything"]}, "invalid_choice", "areas.0"),
    ({"name": "a", "models": [1]}, "wrong_type", "models.0"),
    ({"name": "a", "expires_at": 1}, "key_expiry_past", "expires_at"),
    ({"name": "a", "expires_at": 1e300}, "out_of_range", "expires_at"),
    ({"name": "a", "owner": "root"}, "unknown_parameter", "owner"),
)


async def test_what_is_refused(client: httpx.AsyncClient, user: Person) -> None:
    for body, expected, param in WRONG:
        refused = await client.post(KEYS, json=body, headers=user.session)
        assert refused.status_code == 400
        assert (code(refused), refused.json()["error"]["param"]) == (expected, param)


async def test_without_accounts_there_is_nobody_to_have_one(client: httpx.AsyncClient) -> None:
    refused = await client.post(KEYS, json={"name": "a"})

    assert (refused.status_code, code(refused)) == (404, "key_owner_unknown")
    assert (await client.get(KEYS)).json() == {"data": [], "has_more": False}


async def test_pages(client: httpx.AsyncClient, user: Person) -> None:
    made = [(await make(client, user, expires_at=time.time() + 99))["id"] for _ in range(3)]
    first = (await client.get(KEYS, params={"limit": 2}, headers=user.session)).json()
    after = {"after": first["data"][-1]["id"]}
    second = (await client.get(KEYS, params=after, headers=user.session)).json()

    assert (first["has_more"], second["has_more"]) == (True, False)
    assert [one["id"] for one in first["data"] + second["data"]] == made[::-1]
