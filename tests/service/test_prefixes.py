"""What engines keep of somebody's prompts goes with what they delete."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path

import pytest

from fakes.backend import Backends, FakeBackend
from fakes.people import People
from jimae.service.audit.sealing import Vault
from jimae.service.prefixes import remove, scopes_of
from jimae.service.service import Service
from jimae.settings import Settings, load
from jimae.types import Sampling, scope_mark
from jimae.worker.disk_store import DiskStore

ONE, TWO = b"1" * 32, b"2" * 32


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


def saved(folder: Path, model: str, scope: str, key: bytes | None) -> Path:
    """A real file, as a worker leaves it."""
    directory = folder / "kv" / model
    store = DiskStore(directory, "identity", max_bytes=10_000, max_age=1e9, key=key)
    before = set(directory.iterdir())
    store.save(scope, range(600), b"cells")
    store.close()
    (path,) = set(directory.iterdir()) - before
    return path


def test_the_key_of_files_is_one_for_each_model_and_comes_of_the_last_key() -> None:
    assert Vault().prefix_key("a") is None
    vault = Vault((ONE, TWO))
    key = vault.prefix_key("a")
    assert key is not None
    assert len(key) == 32
    assert key == Vault((TWO,)).prefix_key("a")
    assert len({key, vault.prefix_key("b"), Vault((ONE,)).prefix_key("a"), ONE, TWO}) == 5


def test_encrypted_files_are_deleted_by_scope_without_a_key(tmp_path: Path) -> None:
    gone = saved(tmp_path, "a", "acc-1", Vault((ONE,)).prefix_key("a"))
    stays = saved(tmp_path, "b", "acc-2", Vault((ONE,)).prefix_key("b"))
    remove(tmp_path / "kv", ["acc-1"])
    assert (gone.exists(), stays.exists()) == (False, True)


def with_keys(settings: Settings, *keys: bytes, **overrides: object) -> Settings:
    chosen: dict[str, object] = {"data_dir": settings.data_dir, "models.default": "fake"}
    if keys:
        file = settings.data_dir / "keys"
        file.write_text("\n".join(base64.b64encode(key).decode() for key in keys))
        chosen["audit.encryption_keys"] = str(file)
    return load(environ={}, overrides={**chosen, **overrides})


@pytest.mark.parametrize("now", [(), (ONE,), (ONE, TWO)])
@pytest.mark.parametrize("before", [(), (ONE,), (ONE, TWO)])
async def test_at_the_start_only_what_the_present_key_wrote_stays(
    settings: Settings, backends: Backends, before: tuple[bytes, ...], now: tuple[bytes, ...]
) -> None:
    # `other` is never loaded: its folder is looked after all the same.
    files = [
        saved(settings.data_dir, name, "acc-1", Vault(before).prefix_key(name))
        for name in ("fake", "other")
    ]
    given: dict[str, bytes | None] = {}

    def make(model: str, path: Path, all_of: Settings, *rest: object) -> FakeBackend:
        sampling, _, key, _ = rest
        assert isinstance(sampling, Sampling)
        assert key is None or isinstance(key, bytes)
        given[model] = key
        return backends[model]

    service = Service(with_keys(settings, *now), make)
    await service.start()
    await service.close()
    assert given == {"fake": Vault(now).prefix_key("fake")}
    assert [path.exists() for path in files] == [before == now] * 2


async def test_at_the_start_what_was_not_used_for_long_goes_and_everything_if_none_is_kept(
    settings: Settings, backends: Backends
) -> None:
    old, new = (saved(settings.data_dir, name, "acc-1", None) for name in ("fake", "other"))
    long_ago = time.time() - 8 * 86400
    os.utime(old, (long_ago, long_ago))
    (old.parent / "a folder of somebody's").mkdir()
    for mb, stays in ((1024, True), (0, False)):
        chosen = with_keys(settings, **{"engine.disk_cache_mb": mb})
        service = Service(chosen, backends.make)
        await service.start()
        await service.close()
        assert (old.exists(), new.exists()) == (False, stays)
