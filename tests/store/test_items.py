"""The forest of items: paths, branches, and what is gone when it is deleted."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.settings import Settings
from jimae.store import items
from jimae.store.store import Store
from jimae.store.tables import Conversation, Item
from store.test_store import item

#   a ── b ── c ── d
#        └─── e
BRANCHES = {"a": None, "b": "a", "c": "b", "d": "c", "e": "b"}


def grow(session: Session) -> None:
    for name, parent in BRANCHES.items():
        items.append(session, parent, [item(name)])


def names(session: Session) -> set[str]:
    return set(session.scalars(select(Item.id)))


async def paths(store: Store, *heads: str, owner: str = "local") -> list[str]:
    def read(session: Session) -> list[str]:
        return ["".join(row.id for row in items.path(session, owner, head)) for head in heads]

    return await store.read(read)


async def test_paths_and_branches(store: Store) -> None:
    await store.write(grow)
    assert await paths(store, "d", "e", "a", "z") == ["abcd", "abe", "a", ""]
    assert await paths(store, "d", owner="mallory") == [""]

    def below(session: Session) -> str:
        return "".join(row.id for row in items.path(session, "local", "d", below="b"))

    assert await store.read(below) == "cd"


async def test_a_long_path(store: Store) -> None:
    def long(session: Session) -> str | None:
        return items.append(session, None, [item(f"i{n:04}") for n in range(2000)])

    head = await store.write(long)
    found = await store.read(lambda session: len(items.path(session, "local", head)))
    assert found == 2000


async def test_pruning_ends_where_something_goes_on(store: Store) -> None:
    def prune(head: str) -> object:
        def transaction(session: Session) -> set[str]:
            items.prune(session, head)
            return names(session)

        return store.write(transaction)

    await store.write(grow)
    assert await prune("c") == set("abcde"), "something goes on from it"  # type: ignore[misc]
    assert await prune("d") == set("abe")  # type: ignore[misc]

    def point(session: Session) -> None:
        session.add(Conversation(id="conv", owner="local", created_at=0.0, head_id="a", details={}))

    await store.write(point)
    assert await prune("e") == {"a"}, "a conversation ends there"  # type: ignore[misc]


async def test_an_item_is_taken_out_of_every_path(store: Store) -> None:
    await store.write(grow)
    await store.write(lambda session: items.remove(session, session.get_one(Item, "b")))
    assert await paths(store, "d", "e") == ["acd", "ae"]
    await store.write(lambda session: items.remove(session, session.get_one(Item, "a")))
    assert await paths(store, "d", "e") == ["cd", "e"]


async def test_what_is_deleted_is_not_in_the_files(settings: Settings) -> None:
    words = "a secret that nobody may find again "
    store = Store(settings)
    await store.open()

    def written() -> bool:
        files = settings.data_dir.glob("jimae.db*")
        return any(words.encode() in file.read_bytes() for file in files)

    row = item("s", data={"content": words * 500})
    await store.write(lambda session: session.add(row))
    assert written()
    await store.erase(lambda session: items.prune(session, "s"))
    assert not written()
    await store.close()
