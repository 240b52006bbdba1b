"""API keys: made, found, listed and taken back. What programs come in with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service import key_text
from jimae.service.accounts.names import folded
from jimae.service.audit.record import note
from jimae.service.caller import Caller, KeyGrant
from jimae.service.items import new_id
from jimae.store.account_tables import Account, ApiKey, Membership

AREAS: Final = ("write", "read", "files", "models", "admin", "audit", "self", "provision")
"""What a key can be limited to: `api.access.Area`."""
State = Literal["active", "expired", "revoked"]
MOST: Final = 100
"""Keys of one account that are neither revoked nor expired."""


class NewKey(NamedTuple):
    """What a key is made with. Nothing in `areas` or `models` allows what its owner may."""

    name: str
    areas: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    expires_at: float | None = None


class MadeKey(NamedTuple):
    """A key that was made. Nobody can see `secret` again."""

    key: OwnedKey
    secret: str


class OwnedKey(NamedTuple):
    """A key and the name of its owner."""

    row: ApiKey
    account: str


_BY_DIGEST: Final = select(ApiKey).where(ApiKey.key_sha256 == bindparam("digest"))


def state_of(row: ApiKey) -> State:
    if row.revoked_at is not None:
        return "revoked"
    return "active" if row.expires_at is None or row.expires_at > time.time() else "expired"


# --- coming in --------------------------------------------------------------------------


def find(session: Session, raw: str) -> ApiKey:
    """The key that a program shows.

    Whether its owner may still come in is for `service.accounts` to say. Raises
    `key_malformed`, `key_unknown`, `key_revoked` and `key_expired`, all of status 401.
    """
    if not key_text.is_key(raw):
        raise JimaeError("key_malformed")
    return _usable(session.scalar(_BY_DIGEST, {"digest": key_text.digest(raw)}))


def still(session: Session, key_id: str) -> ApiKey:
    """A key that something was begun with. Raises what `find` raises for one that ended."""
    return _usable(session.get(ApiKey, key_id))


def _usable(row: ApiKey | None) -> ApiKey:
    if row is None:
        raise JimaeError("key_unknown")
    if row.revoked_at is not None:
        raise JimaeError("key_revoked", name=row.name, when=_told(row.revoked_at))
    if row.expires_at is not None and row.expires_at <= time.time():
        raise JimaeError("key_expired", name=row.name, when=_told(row.expires_at))
    return row


def grant(row: ApiKey) -> KeyGrant:
    """What a `Caller` knows of its key."""
    return KeyGrant(row.id, row.name, tuple(row.areas), tuple(row.models))


# --- making and taking back -------------------------------------------------------------


def create(session: Session, caller: Caller, account_id: str, wanted: NewKey) -> MadeKey:
    """Make a key for an account.

    Raises `key_by_key` for who came in with a key, since that could outlive itself and its
    limits; `key_owner_unknown`, `key_expiry_past`, `too_many_keys`.
    """
    if caller.key is not None:
        raise JimaeError("key_by_key", name=caller.key.name)
    account = session.get(Account, account_id)
    if account is None:
        raise JimaeError("key_owner_unknown", id=account_id)
    now = time.time()
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise JimaeError("key_expiry_past", param="expires_at", when=_told(wanted.expires_at))
    alive = (ApiKey.account_id == account_id, *_alive(now))
    if (session.scalar(select(func.count()).where(*alive)) or 0) >= MOST:
        raise JimaeError("too_many_keys", most=MOST)
    secret = key_text.make()
    row = ApiKey(
        id=new_id("key"),
        owner=account_id,
        created_at=now,
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
        "name": row.name,
        "areas": row.areas,
        "models": row.models,
        "expires_at": row.expires_at,
    }
    note(session, caller, "key.create", target=row.id, details=details)
    return MadeKey(OwnedKey(row, account.name), secret)


def revoke(session: Session, caller: Caller, reach: ColumnElement[bool], key_id: str) -> OwnedKey:
    """Take a key back, for good; again, nothing. Raises `key_not_found`."""
    found = one(session, reach, key_id)
    if found.row.revoked_at is None:
        found.row.revoked_at = time.time()
        details = {"account": found.row.account_id, "name": found.row.name}
        note(session, caller, "key.revoke", target=key_id, details=details)
    return found


# --- looking ----------------------------------------------------------------------------


def own(caller: Caller) -> ColumnElement[bool]:
    """One's own keys."""
    return ApiKey.account_id == caller.id


def overseen(caller: Caller) -> ColumnElement[bool]:
    """Everybody's keys for an administrator; for a manager those of the members they look after."""
    if caller.role == "admin":
        return true()
    members = select(Membership.account_id).where(Membership.group_id.in_(caller.manages))
    return ApiKey.account_id.in_(members)


def one(session: Session, reach: ColumnElement[bool], key_id: str) -> OwnedKey:
    """Raises `key_not_found`, also for one out of reach."""
    found = session.execute(_KEYS.where(ApiKey.id == key_id, reach)).first()
    if found is None:
        raise JimaeError("key_not_found", id=key_id[:64])
    return OwnedKey(*found)


def page(
    session: Session,
    reach: ColumnElement[bool],
    *,
    account_id: str | None = None,
    text: str | None = None,
    after: str | None = None,
    limit: int,
) -> tuple[Sequence[OwnedKey], bool]:
    """Keys, the newest first, and whether there are more. `text` is looked for in their names,
    what they begin with, and the names of their owners. Raises `key_not_found` for `after`."""
    wanted = [reach]
    if account_id is not None:
        wanted.append(ApiKey.account_id == account_id)
    if text:
        wanted.append(_has(text))
    if after is not None:
        last = one(session, reach, after).row
        wanted.append(tuple_(ApiKey.created_at, ApiKey.id) < tuple_(last.created_at, last.id))
    rows = session.execute(
        _KEYS.where(*wanted).order_by(ApiKey.created_at.desc(), ApiKey.id.desc()).limit(limit + 1)
    )
    found = [OwnedKey(row, name) for row, name in rows]
    return found[:limit], len(found) > limit


_KEYS: Final = select(ApiKey, Account.name).join(Account, Account.id == ApiKey.account_id)


def _has(text: str) -> ColumnElement[bool]:
    return or_(
        ApiKey.name.icontains(text, autoescape=True),
        ApiKey.prefix.contains(text, autoescape=True),
        Account.name.contains(folded(text), autoescape=True),
        Account.display_name.icontains(text, autoescape=True),
    )


def _alive(now: float) -> tuple[ColumnElement[bool], ...]:
    return ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)


def _told(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
