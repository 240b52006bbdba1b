"""Looking after people and groups: what administrators may, what managers may, what nobody may."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fakes.backend import FakeBackend, forever
from fakes.people import People, Person
from jimae.service.service import Service
from jimae.store.account_tables import Account, ApiKey, Membership, SignIn
from jimae.store.tables import Conversation, Item
from jimae.types import scope_mark

USERS = "/jimae/admin/users"
GROUPS = "/jimae/admin/groups"
NEW = "brown-fox-jumps-over"


@pytest.fixture
def people(service: Service) -> People:
    return People(service)


@pytest.fixture
async def admin(people: People) -> Person:
    return await people.add("root", "admin")


def code(response: httpx.Response) -> str:
    return response.json()["error"]["code"]


async def test_somebody_new_signs_in_with_a_password_for_once(
    client: httpx.AsyncClient, admin: Person
) -> None:
    wanted = {"name": "ＨＡＮＡＫＯ", "display_name": "佐藤花子", "mail": "h@example.jp"}
    made = await client.post(USERS, json=wanted, headers=admin.session)
    body = made.json()
    assert (body["name"], body["role"], body["must_change_password"]) == ("hanako", "user", True)
    again = await client.post(USERS, json={"name": "Hanako"}, headers=admin.session)
    assert (again.status_code, code(again)) == (409, "name_taken")
    signing = {"name": "hanako", "password": body["password"]}
    me = (await client.post("/jimae/session", json=signing)).json()["me"]
    assert me["must_change_password"]
    client.cookies.clear()
    listed = await client.get(f"{USERS}/{body['id']}", headers=admin.session)
    assert "password" not in listed.json()
    bad = {"name": "taro", "password": "password1234"}
    assert code(await client.post(USERS, json=bad, headers=admin.session)) == "password_guessable"


async def test_looking_for_people(client: httpx.AsyncClient, people: People, admin: Person) -> None:
    for name in ("hanako", "haruto", "taro"):
        await people.add(name, groups=["営業"] if name == "taro" else ())

    async def names(**query: str) -> tuple[list[str], bool]:
        body = (await client.get(USERS, params=query, headers=admin.session)).json()
        return [one["name"] for one in body["data"]], body["has_more"]

    assert await names() == (["hanako", "haruto", "root", "taro"], False)
    assert await names(search="ＨＡ") == (["hanako", "haruto"], False)
    assert await names(role="admin") == (["root"], False)
    assert await names(disabled="true") == ([], False)
    assert await names(search="%") == ([], False)
    page = (await client.get(USERS, params={"limit": 2}, headers=admin.session)).json()
    assert page["has_more"]
    assert await names(limit="2", after=page["data"][-1]["id"]) == (["root", "taro"], False)
    wrong = await client.get(USERS, params={"limit": 0}, headers=admin.session)
    assert (wrong.status_code, code(wrong)) == (400, "out_of_range")


async def test_disabling_and_enabling(
    client: httpx.AsyncClient, people: People, admin: Person
) -> None:
    user = await people.add("hanako")
    one = f"{USERS}/{user.id}"
    body = (await client.post(one, json={"disabled": True}, headers=admin.session)).json()
    assert body["disabled"]
    assert (await client.get("/v1/models", headers=user.session)).status_code == 401
    assert (await client.get(f"{one}/sessions", headers=admin.session)).json()["data"] == []
    key = await people.key(user)
    await client.post(one, json={"disabled": False}, headers=admin.session)
    assert (await client.get("/v1/models", headers=key)).is_success


async def test_a_new_password_for_who_forgot_theirs(
    client: httpx.AsyncClient, people: People, admin: Person
) -> None:
    user = await people.add("hanako")
    reset = await client.post(f"{USERS}/{user.id}/password", headers=admin.session)
    signing = {"name": "hanako", "password": reset.json()["password"]}
    assert code(await client.get("/v1/models", headers=user.session)) == "session_ended"
    assert (await client.post("/jimae/session", json=signing)).json()["me"]["must_change_password"]


async def test_ending_sessions_of_others(
    client: httpx.AsyncClient, people: People, admin: Person
) -> None:
    user = await people.add("hanako")
    one = f"{USERS}/{user.id}/sessions"
    listed = (await client.get(one, headers=admin.session)).json()["data"]
    ended = await client.delete(f"{one}/{listed[0]['id']}", headers=admin.session)
    assert ended.json() == {"ended": 1}
    gone = await client.delete(f"{one}/{listed[0]['id']}", headers=admin.session)
    assert (gone.status_code, code(gone)) == (404, "user_session_not_found")
    assert (await client.delete(one, headers=admin.session)).json() == {"ended": 0}
    assert code(await client.get("/v1/models", headers=user.session)) == "session_ended"


async def test_the_last_administrator_stays(
    client: httpx.AsyncClient, people: People, admin: Person
) -> None:
    one = f"{USERS}/{admin.id}"
    for change in ({"role": "user"}, {"disabled": True}):
        response = await client.post(one, json=change, headers=admin.session)
        assert (response.status_code, code(response)) == (409, "last_admin")
    assert code(await client.delete(one, headers=admin.session)) == "last_admin"
    disabled = await people.add("other", "admin")
    await people.disable(disabled)
    assert code(await client.delete(one, headers=admin.session)) == "last_admin"
    await people.add("second", "admin")
    response = await client.post(one, json={"role": "user"}, headers=admin.session)
    assert response.json()["role"] == "user"


async def owned(client: httpx.AsyncClient, who: Person) -> tuple[str, str]:
    """A conversation and a file of somebody's."""
    item = {"type": "message", "role": "user", "content": "a"}
    conversation = await client.post(
        "/v1/conversations", json={"items": [item]}, headers=who.session
    )
    upload = await client.post(
        "/v1/files",
        files={"file": ("a.txt", b"words of hanako")},
        data={"purpose": "user_data"},
        headers=who.session,
    )
    return conversation.json()["id"], upload.json()["id"]


async def test_what_somebody_owned_is_gone_with_them(
    client: httpx.AsyncClient, service: Service, people: People, admin: Person
) -> None:
    user = await people.add("hanako", groups=["営業"])
    await people.key(user)
    _, file = await owned(client, user)
    blob = next(service.settings.data_dir.rglob(file))
    kept = service.settings.data_dir / "kv" / "fake" / f"{scope_mark(user.id)}-1.kv"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"words of hanako")
    assert (await client.delete(f"{USERS}/{user.id}", headers=admin.session)).json()["deleted"]
    assert not blob.exists()
    assert not kept.exists(), "nor what a model kept of their prompts"

    def count(session: Session) -> list[int]:
        return [
            session.scalar(select(func.count()).where(table.owner == user.id)) or 0
            for table in (Account, Membership, SignIn, ApiKey, Item, Conversation)
        ]

    assert await service.store.read(count) == [0] * 6
    database = service.settings.data_dir.glob("jimae.db*")
    assert not [file for file in database if b"words of hanako" in file.read_bytes()]
    gone = await client.get(f"{USERS}/{user.id}", headers=admin.session)
    assert (gone.status_code, code(gone)) == (404, "user_not_found")
    assert code(await client.get("/v1/models", headers=user.session)) == "session_ended"


async def test_what_is_being_written_for_somebody_ends_with_them(
    client: httpx.AsyncClient, backend: FakeBackend, people: People, admin: Person
) -> None:
    backend.play(*forever())
    user = await people.add("hanako")
    chat = (await client.post("/jimae/chats", json={}, headers=user.session)).json()["id"]
    asked = await client.post(
        f"/jimae/chats/{chat}/ask", json={"content": "a"}, headers=user.session
    )
    assert asked.is_success
    while not backend.active:
        await asyncio.sleep(0.005)
    gone = await client.delete(f"{USERS}/{user.id}", headers=admin.session)
    assert gone.is_success
    assert (backend.cancelled, backend.active) == (1, 0)


async def test_what_somebody_made_can_be_given_on(
    client: httpx.AsyncClient, people: People, admin: Person
) -> None:
    user, heir = await people.add("hanako"), await people.add("taro")
    conversation, file = await owned(client, user)
    one = f"{USERS}/{user.id}"
    self_heir = await client.delete(one, params={"transfer_to": user.id}, headers=admin.session)
    assert code(self_heir) == "heir_same"
    done = await client.delete(one, params={"transfer_to": heir.id}, headers=admin.session)
    assert done.is_success
    items = await client.get(f"/v1/conversations/{conversation}/items", headers=heir.session)
    assert len(items.json()["data"]) == 1
    content = await client.get(f"/v1/files/{file}/content", headers=heir.session)
    assert content.content == b"words of hanako"


async def test_groups(client: httpx.AsyncClient, people: People, admin: Person) -> None:
    user = await people.add("hanako")
    made = await client.post(
        GROUPS, json={"name": "総務課", "purpose": "議事録"}, headers=admin.session
    )
    group = made.json()["id"]
    same = await client.post(GROUPS, json={"name": " 総務課 "}, headers=admin.session)
    assert (same.status_code, code(same)) == (409, "name_taken")
    members = f"{GROUPS}/{group}/members"
    joined = await client.post(members, json={"user": user.id}, headers=admin.session)
    assert joined.json()["groups"][0]["name"] == "総務課"
    assert (await client.get(f"{GROUPS}/{group}", headers=admin.session)).json()["members"] == 1
    manages = {"user": user.id, "manages": True}
    response = await client.post(members, json=manages, headers=admin.session)
    assert (response.status_code, code(response)) == (409, "not_a_manager")
    one = f"{USERS}/{user.id}"
    await client.post(one, json={"role": "manager"}, headers=admin.session)
    joined = await client.post(members, json=manages, headers=admin.session)
    assert joined.json()["groups"][0]["manages"]
    demoted = await client.post(one, json={"role": "user"}, headers=admin.session)
    assert not demoted.json()["groups"][0]["manages"]
    changed = await client.post(f"{GROUPS}/{group}", json={"name": "総務部"}, headers=admin.session)
    assert changed.json()["name"] == "総務部"
    left = await client.delete(f"{members}/{user.id}", headers=admin.session)
    assert left.json()["deleted"]
    response = await client.delete(f"{members}/{user.id}", headers=admin.session)
    assert (response.status_code, code(response)) == (404, "not_a_member")
    await client.post(members, json={"user": user.id}, headers=admin.session)
    assert (await client.delete(f"{GROUPS}/{group}", headers=admin.session)).is_success
    assert (await client.get(one, headers=admin.session)).json()["groups"] == []


class Office:
    """A manager of one group, a member of it, and somebody of another."""

    def __init__(self, boss: Person, member: Person, other: Person, chief: Person) -> None:
        self.boss, self.member, self.other, self.chief = boss, member, other, chief


@pytest.fixture
async def office(people: People, admin: Person) -> Office:
    return Office(
        await people.add("boss", "manager", groups=["営業"], manages=True),
        await people.add("member", groups=["営業"]),
        await people.add("other", groups=["人事"]),
        await people.add("chief", "admin", groups=["営業"]),
    )


async def test_a_manager_sees_their_own_group_only(
    client: httpx.AsyncClient, office: Office
) -> None:
    boss = office.boss.session
    listed = (await client.get(USERS, headers=boss)).json()["data"]
    assert [one["name"] for one in listed] == ["boss", "chief", "member"]
    groups = (await client.get(GROUPS, headers=boss)).json()["data"]
    assert [group["name"] for group in groups] == ["営業"]
    for path in (
        f"{USERS}/{office.other.id}",
        f"{USERS}/{office.other.id}/sessions",
        f"{GROUPS}/{office.other.groups['人事']}",
        f"{GROUPS}/{office.other.groups['人事']}/members",
    ):
        assert (await client.get(path, headers=boss)).status_code == 404


async def test_what_a_manager_may_change(client: httpx.AsyncClient, office: Office) -> None:
    boss = office.boss.session
    member = f"{USERS}/{office.member.id}"
    assert (await client.post(member, json={"disabled": True}, headers=boss)).json()["disabled"]
    new = {"name": "new", "groups": [office.boss.groups["営業"]]}
    made = await client.post(USERS, json=new, headers=boss)
    assert made.json()["groups"][0]["name"] == "営業"
    members = f"{GROUPS}/{office.boss.groups['営業']}/members"
    assert (await client.delete(f"{members}/{made.json()['id']}", headers=boss)).is_success


async def test_what_a_manager_may_not(client: httpx.AsyncClient, office: Office) -> None:
    boss = office.boss.session
    own, others = office.boss.groups["営業"], office.other.groups["人事"]
    members = f"{GROUPS}/{own}/members"

    async def refused(method: str, path: str, body: object = None) -> tuple[int, str]:
        response = await client.request(method, path, json=body, headers=boss)
        return response.status_code, code(response)

    role = (403, "role_not_yours")
    member, chief = f"{USERS}/{office.member.id}", f"{USERS}/{office.chief.id}"
    assert await refused("POST", member, {"role": "manager"}) == role
    assert await refused("POST", USERS, {"name": "x", "role": "admin", "groups": [own]}) == role
    assert await refused("POST", USERS, {"name": "x"}) == role
    assert await refused("POST", members, {"user": office.member.id, "manages": True}) == role
    absent = (404, "user_not_found")
    # Who is in a group can be kept out by its manager, so they cannot put anybody there.
    assert await refused("POST", members, {"user": office.other.id}) == absent
    assert await refused("POST", chief, {"disabled": True}) == absent
    assert await refused("DELETE", f"{members}/{office.chief.id}") == absent
    elsewhere = await refused("POST", USERS, {"name": "x", "groups": [others]})
    assert elsewhere == (404, "group_not_found")
    never = (403, "not_permitted")
    assert await refused("POST", f"{member}/password") == never
    assert await refused("DELETE", member) == never
    assert await refused("POST", GROUPS, {"name": "x"}) == never
    assert await refused("DELETE", f"{GROUPS}/{own}") == never


async def test_an_auditor_asks_no_model_and_looks_after_nobody(
    client: httpx.AsyncClient, people: People, admin: Person
) -> None:
    auditor = await people.add("kansa", "auditor")
    ask = {"model": "fake", "messages": [{"role": "user", "content": "a"}]}
    for response in (
        await client.post("/v1/chat/completions", json=ask, headers=auditor.session),
        await client.get(USERS, headers=auditor.session),
    ):
        assert (response.status_code, code(response)) == (403, "not_permitted")
    assert (await client.get("/jimae/me", headers=auditor.session)).is_success


async def test_unlocking_and_asking_for_a_new_password(
    client: httpx.AsyncClient, people: People, admin: Person
) -> None:
    user = await people.add("hanako", groups=["営業"])
    boss = await people.add("boss", "manager", groups=["営業"], manages=True)
    one, wrong = f"{USERS}/{user.id}", {"name": "hanako", "password": "not this one"}
    answers = [(await client.post("/jimae/session", json=wrong)).status_code for _ in range(7)]
    assert answers[-1] == 429
    right = {"name": "hanako", "password": user.password}
    assert (await client.post("/jimae/session", json=right)).status_code == 429
    listed = (await client.get(USERS, headers=boss.session)).json()["data"]
    assert [one["name"] for one in listed if one["locked_until"] is not None] == ["hanako"]

    assert (await client.post(one, json={"locked": True}, headers=boss.session)).status_code == 400
    told = (await client.post(one, json={"locked": False}, headers=boss.session)).json()
    assert told["locked_until"] is None
    assert (await client.post("/jimae/session", json=right)).status_code == 200
    client.cookies.clear()

    ask = {"must_change_password": True}
    refused = await client.post(one, json=ask, headers=boss.session)
    assert (refused.status_code, code(refused)) == (403, "role_not_yours")
    assert (await client.get("/v1/models", headers=user.session)).status_code == 200
    told = (await client.post(one, json=ask, headers=admin.session)).json()
    assert told["must_change_password"]
    held = await client.get("/v1/models", headers=user.session)
    assert (held.status_code, code(held)) == (403, "password_change_needed")
    found = (await client.get("/jimae/admin/audit", headers=admin.session)).json()["data"]
    acts = [(row["act"], row["details"]) for row in found if row["target"] == user.id]
    assert ("user.unlock", {}) in acts
    assert ("user.change", {"must_change_password": True}) in acts


async def test_no_new_password_is_asked_of_who_has_none_here(
    client: httpx.AsyncClient, people: People, admin: Person, service: Service
) -> None:
    user = await people.add("hanako")

    def elsewhere(session: Session) -> None:
        account = session.get_one(Account, user.id)
        account.source, account.external_id, account.password_hash = "ad", "1", None

    await service.store.write(elsewhere)
    ask = {"must_change_password": True}
    refused = await client.post(f"{USERS}/{user.id}", json=ask, headers=admin.session)
    assert (refused.status_code, code(refused)) == (409, "password_elsewhere")
