"""One attempt to sign in at a provider, between the way there and the way back.

It is sealed in a cookie of the browser that began it, so that nobody can be signed in as
somebody else by a link (the state and the nonce come back to this browser only), and strangers
who begin ten thousand attempts leave nothing in the database.
"""

from __future__ import annotations

import base64
import secrets
from typing import Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECONDS: Final = 600
_BYTES: Final = 32


class Attempt(msgspec.Struct, frozen=True):
    """What must be the same when the browser is back. `verifier` is PKCE's (RFC 7636)."""

    directory: str
    state: str
    nonce: str
    verifier: str

    @classmethod
    def begin(cls, directory: str) -> Attempt:
        state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
        return cls(directory, state, nonce, verifier)


class Seal:
    """Closes and opens cookies. Every server with the same secret opens what another closed;
    without one, the key lasts as long as this server."""

    def __init__(self, secret: bytes | None) -> None:
        derive = HKDF(hashes.SHA256(), _BYTES, salt=None, info=b"jimae: attempts to sign in")
        key = derive.derive(secret) if secret else secrets.token_bytes(_BYTES)
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, attempt: Attempt) -> str:
        return self._fernet.encrypt(msgspec.json.encode(attempt)).decode()

    def open(self, sealed: str) -> Attempt | None:
        """None for what this server did not close, or closed too long ago."""
        try:
            inside = self._fernet.decrypt(sealed.encode(), ttl=SECONDS)
            return msgspec.json.decode(inside, type=Attempt)
        except (InvalidToken, UnicodeEncodeError, msgspec.MsgspecError):
            return None
