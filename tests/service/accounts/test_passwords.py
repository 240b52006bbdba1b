"""Passwords: what may be one, how it is kept and compared, and how many at once."""

from __future__ import annotations

import asyncio
import threading

import argon2
import pytest

from fakes.people import QUICK
from jimae.errors import JimaeError
from jimae.service.accounts import passwords as module
from jimae.service.accounts.passwords import AT_ONCE, HASHER, WAITING, Passwords, one_time

GOOD = "correct horse battery"


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(12, QUICK)


async def test_only_the_same_password_matches(passwords: Passwords) -> None:
    kept = await passwords.hash(GOOD)
    assert kept.startswith("$argon2id$")
    assert GOOD not in kept
    assert await passwords.matches(kept, GOOD)
    assert not await passwords.matches(kept, GOOD + " ")
    assert kept != await passwords.hash(GOOD), "a salt of its own"


async def test_an_ime_need_not_be_turned_off(passwords: Passwords) -> None:
    kept = await passwords.hash("ＡＢＣ合言葉１２３ガ")
    assert await passwords.matches(kept, "ABC合言葉123ｶﾞ")


async def test_nobodys_password_costs_what_anybodys_does(passwords: Passwords) -> None:
    """Nothing is left out for who is not there: the same work, with the same parameters."""
    verified: list[str] = []

    class Watching(argon2.PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            verified.append(str(hash))
            return super().verify(hash, password)

    watched = Passwords(12, Watching(time_cost=1, memory_cost=8, parallelism=1))
    kept = await watched.hash(GOOD)
    assert not await watched.matches(None, GOOD)
    assert not await watched.matches(kept, "wrong")
    nobody, somebody = verified
    assert argon2.extract_parameters(nobody) == argon2.extract_parameters(somebody)


async def test_a_hash_that_is_none_matches_nothing(passwords: Passwords) -> None:
    for kept in ("", "x", "$argon2id$v=19$m=8,t=1,p=1$", "$2b$12$abcdefghijklmnopqrstuv"):
        assert not await passwords.matches(kept or "?", GOOD)


def test_more_work_is_noticed(passwords: Passwords) -> None:
    kept = passwords.hash_now(GOOD)
    assert not passwords.is_weaker(kept)
    assert Passwords(12, argon2.PasswordHasher(2, 8, 1)).is_weaker(kept)


def test_a_server_does_the_work_of_rfc_9106() -> None:
    """Imported before `quick_hashes` puts less work in its place."""
    assert argon2.extract_parameters(HASHER.hash(GOOD)) == argon2.profiles.RFC_9106_LOW_MEMORY


@pytest.mark.parametrize(
    "password",
    [GOOD, "さくら咲く丘の電車", pytest.param(one_time(), id="one-time"), "x7#Kq!vR2$mZ"],
)
def test_what_may_be_chosen(password: str) -> None:
    Passwords(9, QUICK).check(password, "yamada")


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "PASSWORD!!12",
        "yamada202611",
        "ＹＡＭＡＤＡ123456",
        "aaaaaaaaaaaaaa",
        "121212121212",
    ],
)
def test_what_is_guessed_first(passwords: Passwords, password: str) -> None:
    with pytest.raises(JimaeError) as raised:
        passwords.check(password, "yamada")
    assert raised.value.code == "password_guessable"


@pytest.mark.parametrize("password", ["short", "x" * 257])
def test_too_short_or_too_long(passwords: Passwords, password: str) -> None:
    with pytest.raises(JimaeError) as raised:
        passwords.check(password, "yamada")
    assert raised.value.code == "password_length"


async def test_few_at_once_and_the_rest_in_turn(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = most = 0
    lock, go = threading.Lock(), threading.Event()

    def slow(kept: str | None, password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        go.wait(10)
        with lock:
            running -= 1
        return False

    monkeypatch.setattr(passwords, "_matches", slow)
    asked = [asyncio.create_task(passwords.matches(None, GOOD)) for _ in range(WAITING + 5)]
    await asyncio.sleep(0.05)
    go.set()
    done = await asyncio.gather(*asked, return_exceptions=True)
    refused = [error for error in done if isinstance(error, JimaeError)]
    assert most == AT_ONCE
    assert [error.code for error in refused] == ["too_many_sign_ins"] * 5
    assert refused[0].retry_after == module.RETRY_SECONDS
