"""Content as it is kept: with the salt of its commitment, and encrypted if that is set.

    commitment = HMAC-SHA-256(salt, text)          in the chain, for ever
    sealed     = salt ‖ text                       apart from it, until it is deleted
               | nonce ‖ AES-256-GCM(salt ‖ text)  with an encryption key

Without the salt, which is random, nobody can tell from the commitment what a text was, not
even one that is easily guessed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jimae.errors import JimaeError

SALT: Final = 32
NONCE: Final = 12
KEY: Final = 32


class Sealed(NamedTuple):
    commitment: str
    key_id: str | None
    data: bytes


def commitment_of(salt: bytes, text: str) -> str:
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()


class Vault:
    """Seals with the last of some keys, and opens with any; without keys, nothing is encrypted."""

    def __init__(self, keys: tuple[bytes, ...] = ()) -> None:
        self._keys = {key_id(key): AESGCM(key) for key in keys}
        self._last = key_id(keys[-1]) if keys else None
        self._in_use = keys[-1] if keys else None

    @property
    def encrypts(self) -> bool:
        return self._last is not None

    def can_open(self, key: str | None) -> bool:
        return key is None or key in self._keys

    def seal(self, record_id: str, text: str) -> Sealed:
        salt = secrets.token_bytes(SALT)
        plain = salt + text.encode()
        commitment = commitment_of(salt, text)
        if self._last is None:
            return Sealed(commitment, None, plain)
        nonce = secrets.token_bytes(NONCE)
        data = self._keys[self._last].encrypt(nonce, plain, record_id.encode())
        return Sealed(commitment, self._last, nonce + data)

    def prefix_key(self, model: str) -> bytes | None:
        """The key (32 bytes) of what a model keeps on disk of prompts; None for none."""
        if self._in_use is None:
            return None
        info = b"jimae: prefixes of " + model.encode()
        return HKDF(SHA256(), KEY, salt=None, info=info).derive(self._in_use)

    def open(self, record_id: str, key: str | None, data: bytes) -> tuple[bytes, str]:
        """Its salt and its text.

        Raises `audit_key_missing`; and ValueError for what is not what was sealed.
        """
        if key is not None:
            if key not in self._keys:
                raise JimaeError("audit_key_missing", key=key)
            try:
                data = self._keys[key].decrypt(data[:NONCE], data[NONCE:], record_id.encode())
            except InvalidTag:
                raise ValueError("changed after it was encrypted") from None
        return data[:SALT], data[SALT:].decode()


def key_id(key: bytes) -> str:
    return hashlib.sha256(b"jimae audit key " + key).hexdigest()[:8]


def read_keys(path: Path) -> tuple[bytes, ...]:
    """The keys of a file: one a line in base64, the last one in use.

    Raises `audit_key_file`.
    """
    try:
        lines = path.read_text(encoding="ascii").split()
        keys = tuple(base64.b64decode(line, validate=True) for line in lines)
    except (OSError, UnicodeDecodeError, binascii.Error) as error:
        raise JimaeError("audit_key_file", path=str(path), reason=str(error)) from None
    if not keys or any(len(key) != KEY for key in keys):
        reason = f"it needs lines of {KEY} bytes in base64, and has {len(keys)} lines"
        raise JimaeError("audit_key_file", path=str(path), reason=reason)
    return keys
