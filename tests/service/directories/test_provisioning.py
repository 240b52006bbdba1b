"""Whose account is whose, when a provider and SCIM both tell of people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from scim2_models import UniquenessException
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts import groups, people
from jimae.service.accounts.people import NewPerson
from jimae.service.caller import SERVER
from jimae.service.directories import provisioning, scim
from jimae.service.directories.person import Person
from jimae.settings import Settings
from jimae.settings.directories import OidcSettings
from jimae.store.account_tables import Account
from jimae.store.store import Store

SCOPE = scim.Scope(SERVER, "web", "https://ai.example.jp/scim/v2")
SAKURA = Person("web", "oid-1", "sakura@example.jp", "山田さくら", "sakura@example.jp")


def rules(**changed: Any) -> OidcSettings:
    return OidcSettings(issuer="https://login.example.jp", client_id="jimae", **changed)


def body(name: str, **more: Any) -> dict[str, Any]:
    return {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, **more}


@pytest.fixture
async def store(stored: Settings) -> AsyncIterator[Store]:
    store = Store(stored)
    await store.open()
    admin = NewPerson(name="admin", role="admin")
    await store.write(lambda session: people.create(session, SERVER, admin))
    yield store
    await store.close()


async def test_who_is_told_of_first_signs_in_later(store: Store) -> None:
    def both(session: Session) -> tuple[str | None, str]:
        told = scim.create_user(session, SCOPE, body("sakura@example.jp", externalId="oid-1"))
        return told.id, provisioning.vouch(session, SAKURA, rules(create=False))

    told, came = await store.write(both)
    assert told == came


async def test_who_signs_in_first_is_told_of_later(store: Store) -> None:
    def both(session: Session) -> tuple[str, str | None, str]:
        came = provisioning.vouch(session, SAKURA, rules())
        told = scim.create_user(session, SCOPE, body("Sakura@example.jp"))
        # Nothing said of an id: the one that is known stays.
        return came, told.id, provisioning.vouch(session, SAKURA, rules())

    came, told, again = await store.write(both)
    assert came == told == again


async def test_an_id_is_of_one(store: Store) -> None:
    def taken(session: Session) -> None:
        provisioning.vouch(session, SAKURA, rules())
        made = scim.create_user(session, SCOPE, body("taro"))
        patch = {"op": "replace", "path": "externalId", "value": "oid-1"}
        asked = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [patch],
        }
        scim.patch_user(session, SCOPE, made.id or "", asked)

    with pytest.raises(UniquenessException):
        await store.write(taken)


async def test_the_same_name_is_not_the_same_person(store: Store) -> None:
    def other(session: Session) -> None:
        provisioning.vouch(session, SAKURA, rules())
        provisioning.vouch(session, SAKURA._replace(external_id="oid-2"), rules())

    with pytest.raises(JimaeError) as caught:
        await store.write(other)
    assert caught.value.code == "directory_name_taken"


async def test_a_new_name_follows_unless_it_is_taken(store: Store) -> None:
    def renamed(session: Session) -> tuple[str, str]:
        account_id = provisioning.vouch(session, SAKURA, rules())
        provisioning.vouch(session, SAKURA._replace(name="sato@example.jp"), rules())
        first = people.find(session, account_id).name
        provisioning.vouch(session, SAKURA._replace(name="admin"), rules())
        return first, people.find(session, account_id).name

    assert await store.write(renamed) == ("sato@example.jp", "sato@example.jp")


async def test_a_group_of_the_house_is_not_joined_by_its_name(store: Store) -> None:
    def joined(session: Session) -> set[str]:
        groups.create(session, SERVER, "役員")
        person = SAKURA._replace(groups=("役員", "総務部"))
        account_id = provisioning.vouch(session, person, rules(all_groups=True))
        return {group.name for group, _ in groups.of(session, [account_id])[account_id]}

    assert await store.write(joined) == {"総務部"}


async def test_another_provider_under_the_same_name(store: Store) -> None:
    await store.write(lambda session: provisioning.vouch(session, SAKURA, rules()))
    other = OidcSettings(issuer="https://other.example.jp", client_id="jimae")

    with pytest.raises(JimaeError) as caught:
        await store.write(lambda session: provisioning.vouch(session, SAKURA, other))
    assert caught.value.code == "directory_changed"

    await store.write(
        lambda session: provisioning.accept(
            session, SERVER, "web", "oidc", provisioning.identity(other)
        )
    )
    await store.write(lambda session: provisioning.vouch(session, SAKURA, other))


async def test_an_attempt_is_spent_once(store: Store) -> None:
    await store.write(lambda session: provisioning.spend(session, "state", "somebody"))

    with pytest.raises(JimaeError) as caught:
        await store.write(lambda session: provisioning.spend(session, "state", "somebody"))
    assert caught.value.code == "sign_in_stale"


async def test_long_names_of_a_directory(store: Store) -> None:
    def came(session: Session) -> Account:
        person = SAKURA._replace(display_name="長" * 1000, mail="x" * 1000)
        return people.find(session, provisioning.vouch(session, person, rules()))

    account = await store.write(came)
    assert (len(account.display_name), account.mail) == (256, None)
    with pytest.raises(JimaeError) as caught:
        await store.write(
            lambda session: provisioning.vouch(
                session, SAKURA._replace(external_id="x" * 1000, name="other"), rules()
            )
        )
    assert caught.value.code == "directory_claim"
