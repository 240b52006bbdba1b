"""Signed statements: Ed25519 over the canonical text of what is stated.

The key is made when it is first needed, in a file that only its owner may read. Whoever has
it can sign anything: note the public key somewhere else, and the newest checkpoint now and then.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from jimae.errors import JimaeError
from jimae.service.audit.canonical import canonical
from jimae.store.blobs import FULL

FOLDER: Final = "audit"
KEY_FILE: Final = "signing.key"

Statement = dict[str, Any]


class Signer:
    """`public` is the raw public key in base64: by it, statements say who signed them."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = base64.b64encode(key.public_key().public_bytes_raw()).decode()

    def signed(self, statement: Mapping[str, Any]) -> Statement:
        told = {**statement, "key": self.public}
        signature = self._key.sign(canonical(told).encode())
        return {**told, "signature": base64.b64encode(signature).decode()}


def is_signed(statement: Mapping[str, Any]) -> bool:
    """Whether the key that a statement names has signed it; whose that is, is another question."""
    try:
        key, signature = _bytes(statement["key"]), _bytes(statement["signature"])
        told = {name: value for name, value in statement.items() if name != "signature"}
        Ed25519PublicKey.from_public_bytes(key).verify(signature, canonical(told).encode())
    except (KeyError, TypeError, ValueError, InvalidSignature):
        return False
    return True


def _bytes(text: str) -> bytes:
    """Raises ValueError also for the ways to write the same bytes in another text."""
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise ValueError("not the base64 that anybody writes")
    return found


def statement_of(text: str) -> Statement:
    """A statement as it was written; one that is none has a type that nothing has."""
    try:
        told: Any = json.loads(text)
    except ValueError:
        told = None
    if isinstance(told, dict) and isinstance(told.get("seq", 0), int):
        return told
    return {"type": "unreadable"}


def signer_of(data_dir: Path) -> Signer:
    """That of a data directory, with a new key if it has none.

    Raises `audit_signing_key`, and `storage_full` where there is no room for a new one.
    """
    path = data_dir / FOLDER / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise JimaeError("storage_full", place=str(path.parent)) from None
        raise JimaeError("audit_signing_key", path=str(path), reason=str(error)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise JimaeError("audit_signing_key", path=str(path), reason="it is not an Ed25519 key")
    return Signer(key)


def _make(path: Path) -> None:
    """Whole or not at all, and the first of two that make it at the same time wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Ed25519PrivateKey.generate()
    text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(part)
    finally:
        part.unlink()
