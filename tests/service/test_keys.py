"""API keys, on both databases."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from typing import TypeVar, get_args

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fakes.people import account, group, member
from jimae.api.access import Area
from jimae.errors import JimaeError
from jimae.service import key_text, keys
from jimae.service.caller import Caller, KeyGrant
from jimae.service.keys import MadeKey, NewKey
from jimae.settings import Settings
from jimae.store.account_tables import ApiKey
from jimae.store.store import Store

T = TypeVar("T")

ADMIN = Caller(id="acc_admin", name="admin", role="admin", via="session")
MANAGER = Caller(
    id="acc_m", name="tanaka", role="manager", via="session", groups=("grp_1",), manages=("grp_1",)
)
YAMADA = Caller(id="acc_a", name="yamada", via="session", groups=("grp_1",))
SUZUKI = Caller(id="acc_b", name="suzuki", via="session", groups=("grp_2",))


@pytest.fixture
async def store(stored: Settings) -> AsyncIterator[Store]:
    store = Store(stored)
    await store.open()

    def fill(session: Session) -> None:
        session.add_all([account("acc_admin", "admin", "admin"), account("acc_m", "tanaka")])
        session.add_all([account("acc_a", "yamada"), account("acc_b", "suzuki")])
        session.add_all([group("grp_1", "総務課"), group("grp_2", "税務課")])
        session.flush()
        session.add_all([member("acc_m", "grp_1", manages=True), member("acc_a", "grp_1")])
        session.add(member("acc_b", "grp_2"))

    await store.write(fill)
    yield store
    await store.close()


async def make(store: Store, caller: Caller, wanted: NewKey | str) -> MadeKey:
    new = NewKey(wanted) if isinstance(wanted, str) else wanted
    return await store.write(lambda session: keys.create(session, caller, caller.id, new))


async def find(store: Store, secret: str) -> ApiKey:
    return await store.read(lambda session: keys.find(session, secret))


async def code(work: Callable[[Session], T], store: Store) -> str:
    with pytest.raises(JimaeError) as refused:
        await store.write(work)
    return refused.value.code


def test_areas_are_those_of_the_routes() -> None:
    assert set(keys.AREAS) == set(get_args(Area))


async def test_a_key_is_found_by_its_secret_alone(store: Store) -> None:
    wanted = NewKey("議事録", ("write", "models"), ("qwen3",))
    made = await make(store, YAMADA, wanted)
    await make(store, YAMADA, "another")

    found = await find(store, made.secret)
    assert found.id == made.key.row.id
    assert keys.grant(found) == KeyGrant(found.id, "議事録", ("write", "models"), ("qwen3",))


async def test_the_secret_is_nowhere_in_the_database(store: Store) -> None:
    made = await make(store, YAMADA, "script")

    def rows(session: Session) -> str:
        return json.dumps([vars(row) for row in session.scalars(select(ApiKey))], default=str)

    kept = await store.read(rows)
    assert made.key.row.prefix in kept
    assert made.secret[key_text.SHOWN :] not in kept


async def test_a_slip_of_the_hand_is_told_apart_from_a_key_of_elsewhere(store: Store) -> None:
    made = await make(store, YAMADA, "script")
    wrong = made.secret[:-1] + ("a" if made.secret[-1] != "a" else "b")

    assert await code(lambda session: keys.find(session, wrong), store) == "key_malformed"
    assert await code(lambda session: keys.find(session, key_text.make()), store) == "key_unknown"


async def test_a_revoked_key_is_no_key(store: Store) -> None:
    made = await make(store, YAMADA, "script")
    own = keys.own(YAMADA)
    for _ in range(2):
        await store.write(lambda session: keys.revoke(session, YAMADA, own, made.key.row.id))

    assert await code(lambda session: keys.find(session, made.secret), store) == "key_revoked"


async def test_a_key_expires(store: Store) -> None:
    made = await make(store, YAMADA, NewKey("script", expires_at=time.time() + 0.3))
    await find(store, made.secret)
    while time.time() < (made.key.row.expires_at or 0):
        time.sleep(0.05)  # noqa: ASYNC251  (nothing else runs)

    assert await code(lambda session: keys.find(session, made.secret), store) == "key_expired"


async def test_it_cannot_be_made_expired(store: Store) -> None:
    late = NewKey("script", expires_at=time.time() - 1)

    assert (
        await code(lambda session: keys.create(session, YAMADA, "acc_a", late), store)
        == "key_expiry_past"
    )


async def test_a_key_makes_no_keys(store: Store) -> None:
    program = Caller(id="acc_a", name="yamada", via="key", key=KeyGrant("key_1", "script"))

    assert (
        await code(lambda session: keys.create(session, program, "acc_a", NewKey("more")), store)
        == "key_by_key"
    )


async def test_nobody_has_none(store: Store) -> None:
    """Without accounts there is nobody whom a key could act for."""
    local = Caller(id="local", name="local", role="admin", via="local")

    assert (
        await code(lambda session: keys.create(session, local, "local", NewKey("a")), store)
        == "key_owner_unknown"
    )


async def test_there_is_a_most(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MOST", 2)
    first = await make(store, YAMADA, "a")
    await make(store, YAMADA, "b")
    another = NewKey("c")

    def create(session: Session) -> MadeKey:
        return keys.create(session, YAMADA, "acc_a", another)

    assert await code(create, store) == "too_many_keys"
    await store.write(
        lambda session: keys.revoke(session, YAMADA, keys.own(YAMADA), first.key.row.id)
    )
    await store.write(create)


# --- who sees which ---------------------------------------------------------------------


async def seen(store: Store, caller: Caller) -> set[str]:
    found, more = await store.read(
        lambda session: keys.page(session, keys.overseen(caller), limit=100)
    )
    assert not more
    return {one.row.name for one in found}


async def test_who_sees_whose_keys(store: Store) -> None:
    for caller in (ADMIN, MANAGER, YAMADA, SUZUKI):
        await make(store, caller, f"of {caller.name}")

    assert await seen(store, ADMIN) == {"of admin", "of tanaka", "of yamada", "of suzuki"}
    assert await seen(store, MANAGER) == {"of tanaka", "of yamada"}
    assert await seen(store, YAMADA) == set()


async def test_keys_out_of_reach_are_not_there(store: Store) -> None:
    theirs = (await make(store, SUZUKI, "theirs")).key.row.id
    for caller, reach in ((YAMADA, keys.own(YAMADA)), (MANAGER, keys.overseen(MANAGER))):
        assert (
            await code(
                lambda session, c=caller, r=reach: keys.revoke(session, c, r, theirs),  # type: ignore[misc]
                store,
            )
            == "key_not_found"
        )
    revoked = await store.write(
        lambda session: keys.revoke(session, ADMIN, keys.overseen(ADMIN), theirs)
    )
    assert revoked.account == "suzuki"
    assert revoked.row.revoked_at is not None


async def test_pages(store: Store) -> None:
    made = [(await make(store, YAMADA, f"key {n}")).key.row.id for n in range(5)]
    found: list[str] = []
    after: str | None = None
    while True:
        page, more = await store.read(
            lambda session, last=after: keys.page(  # type: ignore[misc]
                session, keys.own(YAMADA), after=last, limit=2
            )
        )
        found += [one.row.id for one in page]
        after = found[-1]
        if not more:
            break

    assert found == made[::-1]
