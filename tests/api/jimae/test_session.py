"""Coming in: sessions, keys, and what is refused."""

from __future__ import annotations

import httpx
import pytest

from fakes.people import PASSWORD, People
from jimae.service.service import Service

ASK = {"model": "fake", "messages": [{"role": "user", "content": "首都は?"}]}


@pytest.fixture
def people(service: Service) -> People:
    return People(service)


def code(response: httpx.Response) -> str:
    return response.json()["error"]["code"]


async def test_without_accounts_everybody_is_local(client: httpx.AsyncClient) -> None:
    body = (await client.get("/jimae/session")).json()
    assert (body["mode"], body["setup"], body["me"]["id"]) == ("single", True, "local")
    assert (await client.get("/v1/models", headers={"x-api-key": "unused"})).status_code == 200


async def test_the_first_account_ends_it_while_the_server_runs(
    client: httpx.AsyncClient, people: People
) -> None:
    await people.add("root", "admin")
    response = await client.get("/v1/models")
    assert (response.status_code, code(response)) == (401, "credentials_missing")
    assert response.headers["www-authenticate"] == "Bearer"
    body = (await client.get("/jimae/session")).json()
    assert (body["mode"], body["setup"], body["me"]) == ("accounts", False, None)


async def test_every_carrier_lets_the_same_person_in(
    client: httpx.AsyncClient, people: People
) -> None:
    user = await people.add("hanako", groups=["営業"])
    for headers in (user.session, await people.key(user), await people.key(user, "x-api-key")):
        me = (await client.get("/jimae/session", headers=headers)).json()["me"]
        assert (me["name"], me["role"]) == ("hanako", "user")
        assert me["groups"] == [
            {"id": user.groups["営業"], "name": "営業", "purpose": "試験", "manages": False}
        ]
        assert (await client.post("/v1/chat/completions", json=ASK, headers=headers)).is_success


async def test_signing_in_and_out(client: httpx.AsyncClient, people: People) -> None:
    await people.add("hanako")
    wanted = {"name": "ＨＡＮＡＫＯ ", "password": PASSWORD}
    response = await client.post("/jimae/session", json=wanted)
    assert response.is_success, response.text
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    csrf = {"X-JIMAE-CSRF": response.json()["csrf"]}
    assert (await client.get("/v1/models")).is_success
    ended = await client.delete("/jimae/session", headers=csrf)
    assert ended.json()["me"] is None
    client.cookies.set("jimae_session", cookie.split("=")[1].split(";")[0])
    assert code(await client.get("/v1/models")) == "session_ended"
