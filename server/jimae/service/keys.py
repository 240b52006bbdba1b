"""API keys: made, found, and taken back. What programs come in with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service import key_text
from jimae.service.audit.record import note
from jimae.service.caller import Caller, KeyGrant
from jimae.service.items import new_id
from jimae.store.account_tables import Account, ApiKey

AREAS: Final = ("write", "read", "files", "models", "admin", "audit", "self")
"""What a key can be limited to: `api.access.Area`."""


class NewKey(NamedTuple):
    """What a key is made with. Nothing in `areas` or `models` allows what its owner may."""

    name: str
    areas: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    expires_at: float | None = None


class MadeKey(NamedTuple):
    """A key that was made. Nobody can see `secret` again."""

    row: ApiKey
    secret: str


def find(session: Session, raw: str, now: float | None = None) -> ApiKey:
    """The key that a program shows.

    Whether its owner may still come in is for `service.accounts` to say. Raises
    `key_malformed`, `key_unknown`, `key_revoked` and `key_expired`, all of status 401.
    """
    if not key_text.is_key(raw):
        raise JimaeError("key_malformed")
    row = session.scalar(select(ApiKey).where(ApiKey.key_sha256 == key_text.digest(raw)))
    if row is None:
        raise JimaeError("key_unknown")
    if row.revoked_at is not None:
        raise JimaeError("key_revoked", name=row.name, when=_told(row.revoked_at))
    if row.expires_at is not None and row.expires_at <= (time.time() if now is None else now):
        raise JimaeError("key_expired", name=row.name, when=_told(row.expires_at))
    return row


def grant(row: ApiKey) -> KeyGrant:
    """What a `Caller` knows of its key."""
    return KeyGrant(row.id, row.name, tuple(row.areas), tuple(row.models))


def create(session: Session, caller: Caller, account_id: str, wanted: NewKey) -> MadeKey:
    """Make a key for an account.

    With a key, no other can be made that may do more: its areas and models go over to the new
    one. Raises `key_owner_unknown`, and `key_too_wide` for what the caller's own key may not.
    """
    if session.get(Account, account_id) is None:
        raise JimaeError("key_owner_unknown", id=account_id)
    wanted = _within(caller.key, wanted)
    secret = key_text.make()
    row = ApiKey(
        id=new_id("key"),
        owner=account_id,
        created_at=time.time(),
        key_sha256=key_text.digest(secret),
        prefix=secret[: key_text.SHOWN],
        account_id=account_id,
        name=wanted.name,
        areas=list(wanted.areas),
        models=list(wanted.models),
        expires_at=wanted.expires_at,
    )
    session.add(row)
    details = {
        "account": account_id,
        "name": wanted.name,
        "areas": list(wanted.areas),
        "models": list(wanted.models),
        "expires_at": wanted.expires_at,
    }
    note(session, caller, "key.create", target=row.id, details=details)
    return MadeKey(row, secret)


def revoke(
    session: Session, caller: Caller, account_ids: Sequence[str] | None, key_id: str
) -> None:
    """Take a key back, for good; again, nothing. `account_ids` are those whose keys the caller
    may see, None for everybody's. Raises `key_not_found`."""
    row = one(session, account_ids, key_id)
    if row.revoked_at is None:
        row.revoked_at = time.time()
        note(session, caller, "key.revoke", target=row.id, details={"account": row.account_id})


def one(session: Session, account_ids: Sequence[str] | None, key_id: str) -> ApiKey:
    """A key of one of these accounts. Raises `key_not_found`."""
    wanted = select(ApiKey).where(ApiKey.id == key_id)
    if account_ids is not None:
        wanted = wanted.where(ApiKey.account_id.in_(account_ids))
    row = session.scalar(wanted)
    if row is None:
        raise JimaeError("key_not_found", id=key_id)
    return row


def _within(key: KeyGrant | None, wanted: NewKey) -> NewKey:
    if key is None:
        return wanted
    areas = _narrowed("areas", key.areas, wanted.areas)
    models = _narrowed("models", key.models, wanted.models)
    return wanted._replace(areas=areas, models=models)


def _narrowed(param: str, own: tuple[str, ...], asked: tuple[str, ...]) -> tuple[str, ...]:
    beyond = [name for name in asked if own and name not in own]
    if beyond:
        raise JimaeError(
            "key_too_wide", param=param, beyond=", ".join(beyond), allowed=", ".join(own)
        )
    return asked or own


def _told(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
