"""SCIM 2.0, as Entra ID and Okta speak it: their requests in the shapes that they document.

https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups
https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20/
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from api.scim.conftest import BASE, Scim
from jimae.service.accounts import groups, people, sessions
from jimae.service.accounts.people import NewPerson
from jimae.service.accounts.sessions import Visitor
from jimae.service.caller import SERVER

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

ENTRA_USER: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE],
    "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "userName": "Suzuki.Taro@example.jp",
    "active": True,
    "addresses": [{"primary": False, "type": "work", "country": "Japan"}],
    "displayName": "鈴木 太郎",
    "emails": [{"primary": True, "type": "work", "value": "taro@example.jp"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "鈴木 太郎", "familyName": "鈴木", "givenName": "太郎"},
    "phoneNumbers": [{"primary": True, "type": "work", "value": "03-0000-0000"}],
    "preferredLanguage": "ja",
    "title": "課長",
    ENTERPRISE: {"employeeNumber": "1234", "department": "総務部"},
}
OKTA_USER: dict[str, Any] = {
    "schemas": [USER],
    "userName": "hanako@example.jp",
    "name": {"givenName": "花子", "familyName": "田中"},
    "emails": [{"primary": True, "value": "hanako@example.jp", "type": "work"}],
    "displayName": "田中 花子",
    "locale": "ja-JP",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations)}


async def test_users_are_made(scim_stored: Scim) -> None:
    for body in (ENTRA_USER, OKTA_USER):
        await _made(scim_stored, body)


async def _made(scim: Scim, body: dict[str, Any]) -> None:
    made = await scim.directory.post("/Users", json=body)

    assert made.status_code == 201, made.text
    assert made.headers["content-type"] == "application/scim+json"
    told = made.json()
    assert (
        made.headers["location"] == told["meta"]["location"] == f"{BASE}/scim/v2/Users/{told['id']}"
    )
    assert {name: told[name] for name in ("userName", "externalId", "displayName", "active")} == {
        name: body[name] for name in ("userName", "externalId", "displayName", "active")
    }
    # No more is kept than what is needed, and nothing else is told.
    assert set(told) == {
        *("schemas", "id", "meta", "userName", "externalId", "displayName", "active", "emails")
    }
    account = await scim.account(body["userName"].lower())
    assert account is not None
    assert (account.source, account.external_id) == ("scim", body["externalId"])
    assert (account.role, account.mail) == ("user", body["emails"][0]["value"])
    assert account.password_hash is None
    assert "user.create" in await scim.acts()
    assert (await scim.directory.get(f"/Users/{told['id']}")).json() == told


async def test_the_same_user_twice(scim: Scim) -> None:
    await scim.directory.post("/Users", json=ENTRA_USER)
    again = await scim.directory.post("/Users", json=ENTRA_USER)
    other = await scim.directory.post("/Users", json=ENTRA_USER | {"userName": "other"})
    same = {**ENTRA_USER, "externalId": "other", "userName": "SUZUKI.TARO@example.jp"}
    third = await scim.directory.post("/Users", json=same)

    for answer in (again, other, third):
        assert answer.status_code == 409
        assert answer.json()["scimType"] == "uniqueness"


async def test_accounts_of_this_server_are_out_of_reach(scim: Scim) -> None:
    admin = await scim.account("admin")
    assert admin is not None

    taken = await scim.directory.post("/Users", json=ENTRA_USER | {"userName": "Admin"})
    assert taken.status_code == 409
    off = patch({"op": "replace", "path": "active", "value": False})
    for answer in (
        await scim.directory.get(f"/Users/{admin.id}"),
        await scim.directory.patch(f"/Users/{admin.id}", json=off),
        await scim.directory.delete(f"/Users/{admin.id}"),
    ):
        assert answer.status_code == 404
        assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert (await scim.directory.get("/Users")).json()["totalResults"] == 0
    still = await scim.account("admin")
    assert still is not None
    assert still.disabled_at is None


OFF: tuple[dict[str, Any], ...] = (
    {"op": "Replace", "path": "active", "value": "False"},
    {"op": "Replace", "path": "active", "value": False},
    {"op": "replace", "value": {"active": False}},
    {"op": "Add", "path": "active", "value": "False"},
)


async def test_who_is_not_active_loses_access_at_once(scim: Scim) -> None:
    user_id = await scim.user("taro")
    on = patch({"op": "Replace", "path": "active", "value": "True"})
    for operation in OFF:
        await scim.service.store.write(
            lambda session: sessions.begin(session, user_id, Visitor(), 3600)
        )

        told = await scim.directory.patch(f"/Users/{user_id}", json=patch(operation))

        assert told.status_code == 200, told.text
        assert told.json()["active"] is False
        account = await scim.account("taro")
        assert account is not None
        assert account.disabled_at is not None
        left = await scim.service.store.read(lambda session: sessions.of(session, user_id))
        assert left == []
        told = await scim.directory.patch(f"/Users/{user_id}", json=on)
        assert told.json()["active"] is True
        account = await scim.account("taro")
        assert account is not None
        assert account.disabled_at is None
    assert (await scim.acts()).count("user.disable") == len(OFF)


async def test_entra_changes_a_user(scim: Scim) -> None:
    user_id = await scim.user("taro", displayName="太郎")

    told = await scim.directory.patch(
        f"/Users/{user_id}",
        json=patch(
            {"op": "Add", "path": 'emails[type eq "work"].value', "value": "taro@example.jp"},
            {"op": "Replace", "path": "displayName", "value": "鈴木 太郎"},
            {"op": "Replace", "path": "userName", "value": "Suzuki.Taro"},
            {"op": "Add", "path": "externalId", "value": "ext-1"},
            {"op": "Add", "path": "name.givenName", "value": "太郎"},
            {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "総務部"},
        ),
    )

    assert told.status_code == 200, told.text
    account = await scim.account("suzuki.taro")
    assert account is not None
    assert (account.display_name, account.mail, account.external_id) == (
        "鈴木 太郎",
        "taro@example.jp",
        "ext-1",
    )
    gone = patch({"op": "Remove", "path": 'emails[type eq "work"]'})
    await scim.directory.patch(f"/Users/{user_id}", json=gone)
    account = await scim.account("suzuki.taro")
    assert account is not None
    assert account.mail is None


async def test_okta_replaces_a_user(scim: Scim) -> None:
    made = (await scim.directory.post("/Users", json=OKTA_USER)).json()

    body = OKTA_USER | {"id": made["id"], "displayName": "佐藤 花子", "active": False}
    told = await scim.directory.put(f"/Users/{made['id']}", json=body)

    assert told.status_code == 200, told.text
    account = await scim.account("hanako@example.jp")
    assert account is not None
    assert account.display_name == "佐藤 花子"
    assert account.disabled_at is not None


async def test_a_user_who_is_let_go_and_comes_back(scim_stored: Scim) -> None:
    scim = scim_stored
    made = (await scim.directory.post("/Users", json=ENTRA_USER)).json()
    group = await scim.directory.post(
        "/Groups",
        json={"schemas": [GROUP], "displayName": "課", "members": [{"value": made["id"]}]},
    )
    assert len(group.json()["members"]) == 1

    assert (await scim.directory.delete(f"/Users/{made['id']}")).status_code == 204

    assert (await scim.directory.get(f"/Users/{made['id']}")).status_code == 404
    assert (await scim.directory.delete(f"/Users/{made['id']}")).status_code == 404
    left = (await scim.directory.get(f"/Groups/{group.json()['id']}")).json()
    assert "members" not in left
    account = await scim.account("suzuki.taro@example.jp")
    assert account is not None
    assert account.disabled_at is not None

    again = await scim.directory.post("/Users", json=ENTRA_USER)
    assert again.status_code == 201, again.text
    assert again.json()["id"] == made["id"]
    account = await scim.account("suzuki.taro@example.jp")
    assert account is not None
    assert account.disabled_at is None


async def test_searching(scim_stored: Scim) -> None:
    scim = scim_stored
    for number in range(7):
        await scim.user(f"user{number}", externalId=f"ext{number}", displayName=f"人{number}")

    async def found(**query: str | int) -> tuple[int, list[str]]:
        told = await scim.directory.get("/Users", params=query)
        assert told.status_code == 200, told.text
        body = told.json()
        return body["totalResults"], [user["userName"] for user in body["Resources"]]

    assert await found(filter='userName eq "USER3"') == (1, ["user3"])
    assert await found(filter='externalId eq "ext4"') == (1, ["user4"])
    assert await found(filter='externalId eq "EXT4"') == (0, [])
    assert await found(filter='userName eq "nobody"') == (0, [])
    assert await found(filter='displayName eq "人5"') == (1, ["user5"])
    assert await found(filter='userName sw "user" and externalId eq "ext1"') == (1, ["user1"])
    assert await found(filter="active eq false") == (0, [])
    assert await found(startIndex=3, count=2) == (7, ["user2", "user3"])
    assert await found(startIndex=8, count=2) == (7, [])
    assert await found(count=0) == (7, [])
    assert await found(filter='userName sw "user"', startIndex=6) == (7, ["user5", "user6"])
    total, names = await found(sortBy="userName", sortOrder="descending", count=2)
    assert (total, names) == (7, ["user6", "user5"])
    told = await scim.directory.get("/Users", params={"attributes": "userName", "count": 1})
    assert set(told.json()["Resources"][0]) == {"schemas", "id", "userName"}


NO_SEARCHES: tuple[dict[str, str], ...] = (
    {"filter": "userName eq"},
    {"filter": 'nothing eq "x"'},
    {"filter": "(" * 3000},
    {"filter": 'userName eq "' + "x" * 5000},
    {"count": "many"},
    {"startIndex": "first"},
    {"sortBy": "nothing"},
)


async def test_searches_that_are_none(scim: Scim) -> None:
    for query in NO_SEARCHES:
        told = await scim.directory.get("/Users", params=query)

        assert told.status_code == 400, told.text
        assert told.headers["content-type"] == "application/scim+json"
        assert told.json()["status"] == "400"


async def test_entra_keeps_a_group(scim_stored: Scim) -> None:
    scim = scim_stored
    people_ = [await scim.user(f"user{number}") for number in range(3)]
    made = await scim.directory.post(
        "/Groups",
        json={
            "schemas": [
                GROUP,
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
            ],
            "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
            "displayName": "総務部",
            "meta": {"resourceType": "Group"},
        },
    )
    assert made.status_code == 201, made.text
    one = f"/Groups/{made.json()['id']}"

    async def members() -> set[str]:
        return {
            member["value"] for member in (await scim.directory.get(one)).json().get("members", [])
        }

    add = {"op": "Add", "path": "members", "value": [{"value": one} for one in people_[:2]]}
    told = await scim.directory.patch(one, json=patch(add))
    assert told.status_code == 200, told.text
    assert await members() == set(people_[:2])
    told = await scim.directory.patch(one, json=patch(add))
    assert await members() == set(people_[:2])

    remove = {"op": "Remove", "path": "members", "value": [{"value": people_[0]}]}
    told = await scim.directory.patch(one, json=patch(remove))
    assert told.status_code == 200, told.text
    assert await members() == {people_[1]}

    rename = {"op": "Replace", "path": "displayName", "value": "総務課"}
    await scim.directory.patch(one, json=patch(rename))
    listed = await scim.directory.get(
        "/Groups", params={"filter": 'displayName eq "総務課"', "excludedAttributes": "members"}
    )
    assert listed.json()["totalResults"] == 1
    assert "members" not in listed.json()["Resources"][0]
    assert {"group.create", "group.join", "group.leave", "group.change"} <= set(await scim.acts())


async def test_okta_keeps_a_group(scim: Scim) -> None:
    people_ = [await scim.user(f"user{number}") for number in range(3)]
    made = await scim.directory.post(
        "/Groups",
        json={
            "schemas": [GROUP],
            "displayName": "経理部",
            "members": [{"value": people_[0], "display": "user0"}],
        },
    )
    id_ = made.json()["id"]

    async def members() -> set[str]:
        body = (await scim.directory.get(f"/Groups/{id_}")).json()
        return {member["value"] for member in body.get("members", [])}

    assert await members() == {people_[0]}
    told = await scim.directory.patch(
        f"/Groups/{id_}",
        json=patch(
            {"op": "remove", "path": f'members[value eq "{people_[0]}"]'},
            {"op": "add", "path": "members", "value": [{"value": people_[1], "display": "user1"}]},
        ),
    )
    assert told.status_code == 200, told.text
    assert await members() == {people_[1]}
    rename = {"op": "replace", "value": {"id": id_, "displayName": "経理課"}}
    told = await scim.directory.patch(f"/Groups/{id_}", json=patch(rename))
    assert (told.status_code, told.json()["displayName"]) == (200, "経理課")
    replace = {"op": "replace", "path": "members", "value": [{"value": people_[2]}]}
    await scim.directory.patch(f"/Groups/{id_}", json=patch(replace))
    assert await members() == {people_[2]}
    body = {"schemas": [GROUP], "displayName": "経理課", "members": []}
    assert (await scim.directory.put(f"/Groups/{id_}", json=body)).status_code == 200
    assert await members() == set()

    assert (await scim.directory.delete(f"/Groups/{id_}")).status_code == 204
    assert (await scim.directory.get(f"/Groups/{id_}")).status_code == 404


async def test_groups_of_the_house_are_out_of_reach(scim: Scim) -> None:
    def house(session: Session) -> tuple[str, str]:
        group = groups.create(session, SERVER, "役員")
        person = people.create(session, SERVER, NewPerson(name="yakuin"))
        groups.join(session, SERVER, group, person)
        return group.id, person.id

    group_id, person_id = await scim.service.store.write(house)

    assert (await scim.directory.get(f"/Groups/{group_id}")).status_code == 404
    taken = await scim.directory.post("/Groups", json={"schemas": [GROUP], "displayName": "役員"})
    assert (taken.status_code, taken.json()["scimType"]) == (409, "uniqueness")
    stranger = {"schemas": [GROUP], "displayName": "新", "members": [{"value": person_id}]}
    told = await scim.directory.post("/Groups", json=stranger)
    assert (told.status_code, told.json()["scimType"]) == (400, "invalidValue")


NO_USERS: tuple[dict[str, Any], ...] = (
    {},
    {"userName": ""},
    {"userName": "a b\u202ec"},
    {"userName": 5},
    {"userName": "x" * 500},
    {"userName": "x", "displayName": "x" * 500},
    {"userName": "x", "displayName": "x\0"},
    {"userName": "x", "externalId": "x" * 500},
    {"userName": "x", "emails": [{"value": "x" * 500}]},
    {"userName": "x", "active": "perhaps"},
)


async def test_users_that_are_none(scim: Scim) -> None:
    for body in NO_USERS:
        told = await scim.directory.post("/Users", json={"schemas": [USER], **body})

        assert (told.status_code, told.json()["scimType"]) == (400, "invalidValue"), told.text
    assert (await scim.directory.get("/Users")).json()["totalResults"] == 0


async def test_patches_that_are_none(scim: Scim) -> None:
    user_id = await scim.user("taro")

    for content in (b"", b"[]", b"{", b'{"schemas": []}', b'{"Operations": 5}', b"\xff"):
        told = await scim.directory.patch(f"/Users/{user_id}", content=content)

        assert told.status_code == 400, told.text
        assert told.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


async def test_a_patch_is_done_whole_or_not(scim: Scim) -> None:
    user_id = await scim.user("taro", displayName="太郎")
    await scim.user("jiro")

    told = await scim.directory.patch(
        f"/Users/{user_id}",
        json=patch(
            {"op": "replace", "path": "displayName", "value": "別人"},
            {"op": "replace", "path": "userName", "value": "jiro"},
        ),
    )

    assert (told.status_code, told.json()["scimType"]) == (409, "uniqueness")
    account = await scim.account("taro")
    assert account is not None
    assert account.display_name == "太郎"


async def test_who_may_call(scim: Scim) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": f"Bearer {scim.key[:-1]}x"}):
        told = await scim.directory.get("/Users", headers=headers)
        assert told.status_code == 401
        assert told.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    # Its key opens nothing else.
    told = await scim.directory.get(f"{BASE}/v1/models")
    assert told.status_code == 403


async def test_what_the_server_says_of_itself(scim: Scim) -> None:
    config = (await scim.directory.get("/ServiceProviderConfig")).json()
    assert config["patch"] == {"supported": True}
    assert config["bulk"]["supported"] is False
    types = (await scim.directory.get("/ResourceTypes")).json()
    assert {one["id"] for one in types["Resources"]} == {"User", "Group"}
    schemas = (await scim.directory.get("/Schemas")).json()
    assert {one["id"] for one in schemas["Resources"]} == {USER, GROUP}
    assert (await scim.directory.get(f"/Schemas/{USER}")).json()["id"] == USER
    assert (await scim.directory.get("/ResourceTypes/User")).json()["endpoint"] == "/Users"
    assert (await scim.directory.get("/Schemas/none")).status_code == 404


async def test_what_is_not_offered_is_said_and_refused(scim: Scim) -> None:
    config = (await scim.directory.get("/ServiceProviderConfig")).json()
    offered = {name: config[name]["supported"] for name in ("bulk", "etag", "changePassword")}
    assert offered == {"bulk": False, "etag": False, "changePassword": False}

    operation = {"method": "POST", "path": "/Users", "bulkId": "1", "data": {"userName": "x"}}
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [operation],
    }
    for method, path, sent in (("POST", "/Bulk", body), ("GET", "/Me", None)):
        told = await scim.directory.request(method, path, json=sent)
        assert told.status_code == 404
        assert told.headers["content-type"] == "application/scim+json"
        assert told.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert told.json()["status"] == "404"
    # Without versions there is none to tell, nor one that a change could be bound to.
    user_id = await scim.user("taro")
    told = await scim.directory.get(f"/Users/{user_id}")
    assert "etag" not in told.headers
    assert "version" not in told.json()["meta"]


async def test_schemas_that_a_directory_leaves_out(scim: Scim) -> None:
    made = await scim.directory.post("/Users", json={"userName": "hanako", "active": "True"})
    assert made.status_code == 201, made.text
    change = {"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}
    told = await scim.directory.patch(f"/Users/{made.json()['id']}", json=change)
    assert (told.status_code, told.json()["active"]) == (200, False), told.text
