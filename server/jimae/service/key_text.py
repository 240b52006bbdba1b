"""How an API key is written: `jm-`, 32 random characters, and 6 that check them.

    jm-4fT0qXk2…            38 characters of 0-9 A-Z a-z
       └── random (190 bits) ─┘└ check ┘

The check is a CRC-32 in base 62, as in GitHub's tokens: a slip of the hand is told at once, and
a scanner for secrets knows a key from a text that looks like one.
https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
"""

from __future__ import annotations

import hashlib
import secrets
import string
import zlib
from typing import Final

PREFIX: Final = "jm-"
DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM: Final = 32
CHECK: Final = 6  # 62 ** 6 is more than 2 ** 32
SHOWN: Final = len(PREFIX) + 6
"""Characters of a key that may be shown, so that its owner knows which one it is."""


def make() -> str:
    """A new key."""
    body = "".join(secrets.choice(DIGITS) for _ in range(RANDOM))
    return PREFIX + body + _check(body)


def is_key(text: str) -> bool:
    """Whether a text can be a key: nothing of it is missing or mistyped."""
    body, check = text[len(PREFIX) : -CHECK], text[-CHECK:]
    return (
        text.startswith(PREFIX)
        and len(body) == RANDOM
        and all(character in DIGITS for character in body)
        and check == _check(body)
    )


def digest(key: str) -> str:
    """What is stored of a key. It is random enough that a slow hash would add nothing."""
    return hashlib.sha256(key.encode()).hexdigest()


def _check(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(CHECK):
        number, digit = divmod(number, len(DIGITS))
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))
