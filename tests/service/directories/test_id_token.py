"""ID tokens that must not let anybody in, each written with real keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from jimae.errors import JimaeError
from jimae.service.directories.id_token import (
    Expected,
    UnknownKeyError,
    checked,
    read_keys,
)

NOW = 1_800_000_000
ISSUER = "https://login.example.jp"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
KEYS = read_keys({"keys": [KEY.as_dict(private=False)]})
EXPECTED = Expected("house", ISSUER, "jimae", "the-nonce", ("RS256", "ES256"), "access")
HALF = hashlib.sha256(b"access").digest()[:16]
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "jimae",
    "sub": "sakura",
    "exp": NOW + 600,
    "iat": NOW,
    "nonce": "the-nonce",
    "at_hash": base64.urlsafe_b64encode(HALF).rstrip(b"=").decode(),
}


def written(header: dict[str, Any] | None = None, key: Any = KEY, **changed: Any) -> str:
    """A token; a claim that is None is left out."""
    claims = {name: value for name, value in (CLAIMS | changed).items() if value is not None}
    head = {"alg": "RS256", "kid": "one"} | (header or {})
    return jwt.encode(head, claims, key, algorithms=[head["alg"]])


def unsigned(header: dict[str, Any], signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(CLAIMS).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def test_a_token_that_holds() -> None:
    assert checked(written(), KEYS, EXPECTED, NOW)["sub"] == "sakura"
    several = written(aud=["jimae", "other"], azp="jimae")
    assert checked(several, KEYS, EXPECTED, NOW)["azp"] == "jimae"
    # Clocks differ a little.
    assert checked(written(exp=NOW - 30), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": []},
        {"aud": None},
        {"aud": ["jimae", "other"]},
        {"azp": "another"},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"exp": NOW - 61},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": NOW + 3600},
        {"iat": None},
        {"nbf": NOW + 3600},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ["the-nonce"]},
        {"at_hash": "another"},
    ],
)
def test_claims_that_do_not_hold(changed: dict[str, Any]) -> None:
    with pytest.raises(JimaeError) as caught:
        checked(written(**changed), KEYS, EXPECTED, NOW)

    assert caught.value.code == "id_token_invalid"


def test_a_public_key_is_no_shared_secret() -> None:
    """HS256 with the provider's public key as the secret: anybody can write that."""
    for secret in (KEY.as_pem(private=False), json.dumps(KEY.as_dict(private=False)).encode()):
        head, claims, _ = unsigned({"alg": "HS256", "kid": "one"}).split(".")
        signature = hmac.digest(secret, f"{head}.{claims}".encode(), "sha256")
        with pytest.raises((JimaeError, UnknownKeyError)):
            checked(unsigned({"alg": "HS256", "kid": "one"}, signature), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 5, "RS512", "HS256"])
def test_signatures_that_are_not_allowed(algorithm: object) -> None:
    with pytest.raises((JimaeError, UnknownKeyError)):
        checked(unsigned({"alg": algorithm, "kid": "one"}), KEYS, EXPECTED, NOW)


def test_a_signature_that_holds_but_is_not_allowed() -> None:
    with pytest.raises(JimaeError):
        checked(written({"alg": "RS512"}), KEYS, EXPECTED, NOW)


def test_a_key_of_somebody_else() -> None:
    for forged in (written(key=OTHER), written({"kid": "two"}, OTHER)):
        with pytest.raises(UnknownKeyError):
            checked(forged, KEYS, EXPECTED, NOW)


def test_a_key_that_comes_with_the_token() -> None:
    forged = written({"kid": "one", "jwk": OTHER.as_dict(private=False)}, OTHER)

    with pytest.raises((JimaeError, UnknownKeyError)):
        checked(forged, KEYS, EXPECTED, NOW)


def test_a_key_of_another_kind() -> None:
    curve = ECKey.generate_key("P-256", {"kid": "one"})

    with pytest.raises((JimaeError, UnknownKeyError)):
        checked(written({"alg": "ES256"}, curve), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize(
    "token", [None, 5, "", "a", "a.b", "a.b.c", "....", "é.é.é", "x" * 300_000, {"a": 1}]
)
def test_what_is_no_token(token: object) -> None:
    with pytest.raises(JimaeError) as caught:
        checked(token, KEYS, EXPECTED, NOW)

    assert caught.value.code == "id_token_invalid"


def test_a_token_that_was_cut_or_changed() -> None:
    whole = written()
    header, claims, signature = whole.split(".")
    other = written(sub="taro").split(".")[1]
    for forged in (f"{header}.{other}.{signature}", f"{header}.{claims}.", whole[:-10]):
        with pytest.raises((JimaeError, UnknownKeyError)):
            checked(forged, KEYS, EXPECTED, NOW)


def test_shared_secrets_are_no_keys() -> None:
    secret = OctKey.generate_key(256, {"kid": "one"}).as_dict()
    found = read_keys({"keys": [secret, KEY.as_dict(private=False)]})

    assert isinstance(found, KeySet)
    assert [key.key_type for key in found] == ["RSA"]


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"keys": {}}, {"keys": []}, {"keys": [5]}, {"keys": [{"kty": "RSA"}]}],
)
def test_what_are_no_keys(document: object) -> None:
    with pytest.raises(ValueError, match="keys"):
        read_keys(document)
