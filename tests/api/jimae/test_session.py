"""Coming in: sessions, keys, and what is refused."""

from __future__ import annotations

import time

import httpx
import pytest

from fakes.people import PASSWORD, TERMINAL, People
from jimae.api.credentials import COOKIE
from jimae.service.accounts import setup
from jimae.service.service import Service
from jimae.settings import Settings

ASK = {"model": "fake", "messages": [{"role": "user", "content": "首都は?"}]}
NEW = "brown-fox-jumps-over"


@pytest.fixture
def people(service: Service) -> People:
    return People(service)


def code(response: httpx.Response) -> str:
    return response.json()["error"]["code"]


async def test_without_accounts_everybody_is_local(client: httpx.AsyncClient) -> None:
    body = (await client.get("/jimae/session")).json()
    assert (body["mode"], body["setup"], body["me"]["id"]) == ("single", True, "local")
    assert (await client.get("/v1/models", headers={"x-api-key": "unused"})).status_code == 200


async def test_nobody_makes_the_first_account_without_the_terminal(
    client: httpx.AsyncClient,
) -> None:
    wanted = {"name": "mallory", "role": "admin"}
    response = await client.post("/jimae/admin/users", json=wanted)
    assert (response.status_code, code(response)) == (409, "no_account")
    assert code(await client.post("/jimae/me", json={"display_name": "x"})) == "no_account"
    assert (await client.get("/jimae/session")).json()["mode"] == "single"


async def test_the_first_account_ends_it_while_the_server_runs(
    client: httpx.AsyncClient, people: People
) -> None:
    assert (await client.get("/api/status")).json()["mode"] == "single-user"
    root = await people.add("root", "admin")
    status = await client.get("/api/status", headers=root.session)
    assert status.json()["mode"] == "accounts"
    response = await client.get("/v1/models")
    assert (response.status_code, code(response)) == (401, "credentials_missing")
    assert response.headers["www-authenticate"] == "Bearer"
    body = (await client.get("/jimae/session")).json()
    assert (body["mode"], body["setup"], body["me"]) == ("accounts", False, None)
    assert (await client.get("/health/live")).is_success


async def test_every_api_says_so_in_its_words(client: httpx.AsyncClient, people: People) -> None:
    await people.add("root", "admin")
    openai = await client.post("/v1/chat/completions", json=ASK)
    anthropic = await client.post("/v1/messages", json=ASK)
    ollama = await client.post("/api/chat", json=ASK)
    assert [one.status_code for one in (openai, anthropic, ollama)] == [401] * 3
    assert openai.json()["error"]["type"] == "authentication_error"
    assert anthropic.json()["error"]["type"] == "authentication_error"
    assert "Bearer" in ollama.json()["error"]


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
        assert code(await client.get("/jimae/admin/users", headers=headers)) == "not_permitted"


async def test_one_credential_at_a_time(client: httpx.AsyncClient, people: People) -> None:
    user = await people.add("hanako")
    bearer, key = await people.key(user), await people.key(user, "x-api-key")
    for both in ({**user.session, **bearer}, {**user.session, **key}, {**bearer, **key}):
        response = await client.get("/v1/models", headers=both)
        assert (response.status_code, code(response)) == (401, "credentials_conflict")
    same = {"x-api-key": bearer["Authorization"].removeprefix("Bearer ")}
    assert (await client.get("/v1/models", headers={**bearer, **same})).is_success


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": "Basic cm9vdDpyb290"}, "credentials_malformed"),
        ({"Authorization": "Bearer sk-unused"}, "key_malformed"),
        ({"x-api-key": ""}, "key_malformed"),
        ({"Cookie": f"{COOKIE}=nobody"}, "session_ended"),
    ],
)
async def test_what_lets_nobody_in(
    client: httpx.AsyncClient, people: People, headers: dict[str, str], expected: str
) -> None:
    await people.add("root", "admin")
    response = await client.get("/v1/models", headers=headers)
    assert (response.status_code, code(response)) == (401, expected)


async def test_who_is_disabled_stays_out(client: httpx.AsyncClient, people: People) -> None:
    user = await people.add("hanako")
    key = await people.key(user)
    expired = await people.key(user, expires_at=time.time() - 1)
    assert code(await client.get("/v1/models", headers=expired)) == "key_expired"
    await people.disable(user)
    for headers in (user.session, key):
        response = await client.get("/v1/models", headers=headers)
        assert (response.status_code, code(response)) == (401, "account_disabled")


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
    client.cookies.set(COOKIE, cookie.split("=")[1].split(";")[0])
    assert code(await client.get("/v1/models")) == "session_ended"


async def test_a_wrong_password(client: httpx.AsyncClient, people: People) -> None:
    await people.add("hanako")
    for wanted in ({"name": "hanako", "password": "no"}, {"name": "nobody", "password": "no"}):
        response = await client.post("/jimae/session", json=wanted)
        assert (response.status_code, code(response)) == (401, "sign_in_failed")
        assert "set-cookie" not in response.headers
    unknown = await client.post("/jimae/session", json={**wanted, "remember": True})
    assert (unknown.status_code, code(unknown)) == (400, "unknown_parameter")


async def test_what_changes_something_needs_the_sessions_token(
    client: httpx.AsyncClient, people: People
) -> None:
    user, other = await people.add("hanako"), await people.add("taro")
    cookie = {"Cookie": user.session["Cookie"]}
    for csrf in ({}, {"X-JIMAE-CSRF": ""}, {"X-JIMAE-CSRF": other.csrf}):
        response = await client.post("/v1/chat/completions", json=ASK, headers={**cookie, **csrf})
        assert (response.status_code, code(response)) == (403, "csrf_wrong")
    assert (await client.get("/v1/models", headers=cookie)).is_success
    told = (await client.get("/jimae/session", headers=cookie)).json()["csrf"]
    assert told == user.csrf
    assert (await client.post("/v1/chat/completions", json=ASK, headers=user.session)).is_success


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1"},
    ],
)
async def test_no_other_sites_page_changes_anything(
    client: httpx.AsyncClient, people: People, foreign: dict[str, str]
) -> None:
    user = await people.add("hanako")
    response = await client.post(
        "/v1/chat/completions", json=ASK, headers={**user.session, **foreign}
    )
    assert (response.status_code, code(response)) == (403, "cross_origin")
    signing = {"name": "hanako", "password": PASSWORD}
    response = await client.post("/jimae/session", json=signing, headers=foreign)
    assert code(response) == "cross_origin"
    read = await client.get("/v1/models", headers={**user.session, **foreign})
    assert not [name for name in read.headers if name.startswith("access-control")]
    with_key = {**await people.key(user), **foreign}
    assert (await client.post("/v1/chat/completions", json=ASK, headers=with_key)).is_success


@pytest.mark.parametrize(
    "own",
    [
        {"Origin": "http://127.0.0.1"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_ones_own_page_may(
    client: httpx.AsyncClient, people: People, own: dict[str, str]
) -> None:
    user = await people.add("hanako")
    response = await client.post("/v1/chat/completions", json=ASK, headers={**user.session, **own})
    assert response.is_success


async def test_who_must_change_the_password_may_do_nothing_else(
    client: httpx.AsyncClient, people: People
) -> None:
    user = await people.add("hanako", must_change_password=True)
    for headers in (user.session, await people.key(user)):
        response = await client.get("/v1/models", headers=headers)
        assert (response.status_code, code(response)) == (403, "password_change_needed")
    body = (await client.get("/jimae/session", headers=user.session)).json()
    assert body["me"]["must_change_password"]
    change = {"current": PASSWORD, "new": NEW}
    changed = await client.post("/jimae/me/password", json=change, headers=user.session)
    assert changed.json()["must_change_password"] is False
    assert (await client.get("/v1/models", headers=user.session)).is_success


async def test_ones_own_sessions(client: httpx.AsyncClient, people: People) -> None:
    user, other = await people.add("hanako"), await people.add("taro")
    signing = {"name": "hanako", "password": PASSWORD}
    for _ in range(2):
        await client.post("/jimae/session", json=signing, headers={"User-Agent": "Netscape"})
        client.cookies.clear()
    listed = (await client.get("/jimae/me/sessions", headers=user.session)).json()["data"]
    assert len(listed) == 3
    assert [one["current"] for one in listed].count(True) == 1
    assert {one["agent"] for one in listed} == {"", "Netscape"}
    one = next(one["id"] for one in listed if not one["current"])
    mine = f"/jimae/me/sessions/{one}"
    assert code(await client.delete(mine, headers=other.session)) == "user_session_not_found"
    assert (await client.delete(mine, headers=user.session)).json() == {"ended": 1}
    rest = await client.delete("/jimae/me/sessions", headers=user.session)
    assert rest.json() == {"ended": 1}
    assert (await client.get("/v1/models", headers=user.session)).is_success


async def test_the_group_that_one_works_in(client: httpx.AsyncClient, people: People) -> None:
    user = await people.add("hanako", groups=["営業", "総務"])
    elsewhere = await people.add("taro", groups=["人事"])
    wanted = {"group": user.groups["総務"], "display_name": "佐藤花子"}
    me = (await client.post("/jimae/me", json=wanted, headers=user.session)).json()
    assert [group["name"] for group in me["groups"]] == ["総務", "営業"]
    assert me["display_name"] == "佐藤花子"
    wanted = {"group": elsewhere.groups["人事"]}
    response = await client.post("/jimae/me", json=wanted, headers=user.session)
    assert code(response) == "group_not_found"


async def test_a_session_that_nobody_used_ends(
    client: httpx.AsyncClient, service: Service, people: People, settings: Settings
) -> None:
    user = await people.add("hanako")
    assert (await client.get("/v1/models", headers=user.session)).is_success
    idle = settings.accounts.session_idle_minutes * 60
    now = time.time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: now + idle - 60)
        # The session of the helper ends after an hour at the latest.
        assert code(await client.get("/v1/models", headers=user.session)) == "session_ended"
    signing = {"name": "hanako", "password": PASSWORD}
    await client.post("/jimae/session", json=signing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: now + idle - 60)
        assert (await client.get("/v1/models")).is_success
        await service.accounts.presence.write()
        patch.setattr(time, "time", lambda: now + 2 * idle - 120)
        assert (await client.get("/v1/models")).is_success, "it was used meanwhile"
        patch.setattr(time, "time", lambda: now + 4 * idle)
        assert code(await client.get("/v1/models")) == "session_ended"


async def test_the_first_administrator_by_a_code(
    client: httpx.AsyncClient, service: Service
) -> None:
    kept = (await client.post("/v1/conversations", json={})).json()["id"]
    file = {"files": {"file": ("a.txt", b"a")}, "data": {"purpose": "user_data"}}
    file_id = (await client.post("/v1/files", **file)).json()["id"]  # type: ignore[arg-type]
    wanted = {"code": "xxxx-xxxx-xxxx", "name": "yamada", "password": NEW}
    assert code(await client.post("/jimae/setup", json=wanted)) == "setup_no_code"
    right = await service.store.write(lambda session: setup.new_code(session, TERMINAL))
    wrong = await client.post("/jimae/setup", json=wanted)
    assert (wrong.status_code, code(wrong)) == (400, "setup_code_wrong")
    wanted["code"] = right.replace("-", " ").upper()
    made = await client.post("/jimae/setup", json=wanted)
    assert made.json()["me"]["role"] == "admin"
    assert (await client.get(f"/v1/conversations/{kept}")).is_success, "what was local is theirs"
    assert (await client.get(f"/v1/files/{file_id}")).is_success
    client.cookies.clear()
    assert code(await client.post("/jimae/setup", json=wanted)) == "setup_done"


async def test_a_code_is_tried_five_times(client: httpx.AsyncClient, service: Service) -> None:
    right = await service.store.write(lambda session: setup.new_code(session, TERMINAL))
    wanted = {"code": "wrong", "name": "yamada", "password": NEW}
    codes = [code(await client.post("/jimae/setup", json=wanted)) for _ in range(5)]
    assert codes == ["setup_code_wrong"] * 4 + ["setup_no_code"]
    response = await client.post("/jimae/setup", json={**wanted, "code": right})
    assert code(response) == "setup_no_code"
    assert (await client.get("/jimae/session")).json()["mode"] == "single"
