"""Whether an ID token says what it must, signed by who must have signed it.

OpenID Connect Core 1.0, section 3.1.3.7. Only signatures with a key pair are ever allowed: a
token "signed" with the public key as a shared secret (HS256), or with nothing (`none`), is one
that anybody could have written.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final, NamedTuple

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError, KeyParameterError
from joserfc.jwk import KeySet

from jimae.errors import JimaeError

LEEWAY_SECONDS: Final = 60
LONGEST: Final = 256 * 1024

Claims = dict[str, Any]


class Expected(NamedTuple):
    """What a token must say: `nonce` is of this one attempt to sign in."""

    directory: str
    issuer: str
    client_id: str
    nonce: str
    algorithms: Collection[str]
    access_token: str | None = None


class UnknownKeyError(Exception):
    """No key that is known now can have signed it; the provider may have a new one."""


def checked(token: object, keys: KeySet, expected: Expected, now: int | None = None) -> Claims:
    """The claims of a token that holds. Raises `id_token_invalid` and `UnknownKeyError`."""
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST:
        raise _invalid(expected, "there is none")
    try:
        decoded = jwt.decode(token, keys, algorithms=list(expected.algorithms))
    except (InvalidKeyIdError, BadSignatureError, KeyParameterError) as error:
        raise UnknownKeyError(str(error)) from error
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise _invalid(expected, str(error)) from error
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "value": expected.issuer},
            "aud": {"essential": True, "value": expected.client_id},
            "sub": {"essential": True},
            "exp": {"essential": True},
            "iat": {"essential": True},
        },
        {
            "nonce": expected.nonce,
            "client_id": expected.client_id,
            "access_token": expected.access_token,
        },
    )
    try:
        claims.validate(now=now, leeway=LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError) as error:
        raise _invalid(expected, str(error)) from error
    return dict(claims)


def read_keys(document: object) -> KeySet:
    """The keys of a provider, without shared secrets. Raises ValueError."""
    found = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise ValueError("the keys are no list")
    pairs = [key for key in found if isinstance(key, dict) and key.get("kty") != "oct"]
    try:
        return KeySet.import_key_set({"keys": pairs})
    except (JoseError, KeyError, TypeError) as error:
        raise ValueError(f"the keys cannot be read: {error}") from error


def _invalid(expected: Expected, reason: str) -> JimaeError:
    return JimaeError(
        "id_token_invalid", directory=expected.directory, reason=json.dumps(reason)[:200]
    )
