"""Passwords: what one may be, how it is kept, and how it is compared.

Argon2id with the parameters of RFC 9106 for machines with little memory (64 MiB, 3 passes). A
comparison takes a tenth of a second of a core on purpose, so it runs in a thread and only a few
run at once: others wait their turn, and too many are told to come again.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import argon2

from jimae.errors import JimaeError
from jimae.service.accounts.names import folded

T = TypeVar("T")

LONGEST: Final = 256
AT_ONCE: Final = 2
WAITING: Final = 32
RETRY_SECONDS: Final = 2.0
ONE_TIME_LENGTH: Final = 16
# Without those that one takes for another when reading them out.
ONE_TIME_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"

# What is tried first everywhere, as stems: a password must have more than one of them and digits.
# fmt: off
_COMMON: Final = (
    "password", "passw0rd", "qwertyuiop", "qwerty", "asdfghjkl", "letmein", "welcome", "iloveyou",
    "administrator", "admin", "changeme", "default", "secret", "master", "sakura", "jimae",
    "パスワード", "1234567890", "0987654321", "1q2w3e4r5t6y", "1qaz2wsx3edc", "abcdefghij",
)
# fmt: on

Hasher = argon2.PasswordHasher
HASHER: Final = Hasher()


class Passwords:
    """Raises `too_many_sign_ins` when more than `WAITING` wait for a thread."""

    def __init__(self, shortest: int, hasher: Hasher | None = None) -> None:
        self._shortest = shortest
        self._hasher = hasher or HASHER
        self._nobody = _of_nobody(self._hasher)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    def check(self, password: str, name: str, param: str = "password") -> None:
        """Raises `password_length` or `password_guessable` for one that may not be chosen."""
        length = len(password)
        if not self._shortest <= length <= LONGEST:
            raise JimaeError(
                "password_length", param=param, length=length, least=self._shortest, most=LONGEST
            )
        if _guessable(password, name):
            raise JimaeError("password_guessable", param=param)

    def hash_now(self, password: str) -> str:
        """The hash to keep, made in this thread."""
        return self._hasher.hash(_same(password))

    async def hash(self, password: str) -> str:
        return await self._in_turn(partial(self.hash_now, password))

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one of this hash; None takes as long, and is nobody's."""
        return await self._in_turn(partial(self._matches, kept, password))

    def is_weaker(self, kept: str) -> bool:
        """Whether a hash was made with less work than one is now."""
        return self._hasher.check_needs_rehash(kept)

    def _matches(self, kept: str | None, password: str) -> bool:
        try:
            same = self._hasher.verify(kept or self._nobody, _same(password))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return same and kept is not None

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING:
            raise JimaeError("too_many_sign_ins", retry_after=RETRY_SECONDS)
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.shield(asyncio.to_thread(work))
        finally:
            self._waiting -= 1


def _of_nobody(hasher: Hasher) -> str:
    """A hash that no password has, and that takes as long to compare with as any other."""
    salt, digest = secrets.token_bytes(hasher.salt_len), secrets.token_bytes(hasher.hash_len)
    work = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${work}${_base64(salt)}${_base64(digest)}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def one_time() -> str:
    """A password to be read out, typed once, and changed: `abcd-efgh-jkmn-pqrs` (80 bits)."""
    letters = "".join(secrets.choice(ONE_TIME_LETTERS) for _ in range(ONE_TIME_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, ONE_TIME_LENGTH, 4))


def _same(password: str) -> str:
    """As it is compared: full-width letters of an IME are those of a keyboard without one."""
    return unicodedata.normalize("NFKC", password)


def _guessable(password: str, name: str) -> bool:
    text = folded(password)
    for stem in (name, *_COMMON):
        if len(stem) >= 3:
            text = text.replace(stem, "")
    rest = [letter for letter in text if not letter.isdigit() and letter.isalnum()]
    return len(set(folded(password))) < 5 or (len(rest) < 4 and len(set(text)) < 8)
