"""What engines keep of somebody's prompts goes with what they delete."""

from __future__ import annotations

from pathlib import Path

from fakes.backend import FakeBackend
from fakes.people import People
from jimae.service.prefixes import scopes_of
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.types import scope_mark


def kept(folder: Path, model: str, scope: str) -> Path:
    path = folder / "kv" / model / f"{scope_mark(scope)}-00.kv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"cells")
    return path


async def test_files_of_every_model_and_scope_go_and_others_stay(
    service: Service, settings: Settings
) -> None:
    people = People(service)
    person = await people.add("hanako", groups=["総務"])
    other = await people.add("taro", groups=["営業"])
    scopes = [person.id, "server", f"group/{person.groups['総務']}"]
    gone = [kept(settings.data_dir, model, scope) for model in ("a", "b") for scope in scopes]
    stays = kept(settings.data_dir, "a", other.id)

    await service.prefixes.forget(person.id)

    assert not [path for path in gone if path.exists()]
    assert stays.exists()


async def test_a_key_is_a_scope_of_its_owner(service: Service) -> None:
    people = People(service)
    person = await people.add("hanako")
    await people.key(person)
    scopes = await service.store.read(lambda session: scopes_of(session, person.id))
    assert [scope for scope in scopes if scope.startswith("key/")]


async def test_a_model_in_memory_forgets_what_is_deleted(
    service: Service, backend: FakeBackend
) -> None:
    made = await service.conversations.create("local", {}, [])
    assert backend.forgotten == []
    await service.conversations.delete("local", made.id)
    assert "local" in backend.forgotten
