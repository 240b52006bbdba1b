"""Who comes in: one look at the database for each request."""

from __future__ import annotations

import hmac
import time
from functools import partial
from typing import Any, Final, NamedTuple, cast

import msgspec
from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service import keys
from jimae.service.accounts import sessions
from jimae.service.accounts.presence import Presence
from jimae.service.caller import LOCAL, Caller, KeyGrant, Role, Via
from jimae.settings import AccountsSettings
from jimae.store.account_tables import Account, Group, Membership, SignIn
from jimae.store.store import Store

# One row for each group, that of the work first; one row with nothing for who has none.
_PERSON: Final = (
    select(
        Account.id,
        Account.name,
        Account.role,
        Account.disabled_at,
        Account.must_change_password,
        Membership.group_id,
        Membership.manages,
    )
    .outerjoin(Membership, Membership.account_id == Account.id)
    .order_by(Membership.chosen.desc(), Membership.created_at, Membership.id)
)
_BY_ID: Final = _PERSON.where(Account.id == bindparam("account_id"))
_BY_SESSION: Final = (
    _PERSON.add_columns(
        SignIn.id.label("session_id"), SignIn.csrf, SignIn.seen_at, SignIn.expires_at
    )
    .join(SignIn, SignIn.account_id == Account.id)
    .where(SignIn.token_sha256 == bindparam("sha256"))
)
_ANYBODY: Final = select(Account.id).limit(1)


class Credentials(NamedTuple):
    """What a request shows: the cookie of a session, or API keys as its headers have them.

    `csrf` is None where nothing is changed; else it must be that of the session.
    """

    token: str | None = None
    keys: tuple[str, ...] = ()
    csrf: str | None = None
    address: str = ""


class Me(NamedTuple):
    """Somebody as they are shown to themselves. `csrf` only of a session."""

    caller: Caller
    display_name: str
    groups: tuple[Group, ...]
    csrf: str | None


class Accounts:
    """The accounts of a server. Without one, everybody is the same local person."""

    def __init__(self, store: Store, settings: AccountsSettings) -> None:
        self._store = store
        self._idle_seconds = settings.session_idle_minutes * 60
        self.presence = Presence(store)
        self._are_there = False

    async def are_there(self) -> bool:
        """Whether there is any account. Once there is one, there always is: the last
        administrator cannot be deleted."""
        if not self._are_there:
            self._are_there = await self._store.read(any_account)
        return self._are_there

    async def identify(self, shown: Credentials) -> Caller:
        """Who shows these credentials.

        Raises, all of status 401: `credentials_missing`, `credentials_conflict`,
        `session_ended`, `account_disabled`, and what `keys.find` raises; and `csrf_wrong`.
        """
        if not await self.are_there():
            return LOCAL
        given = set(shown.keys) | ({shown.token} if shown.token else set())
        if len(given) > 1:
            raise JimaeError("credentials_conflict")
        if shown.keys:
            found = await self._store.look_up(partial(_by_key, raw=shown.keys[0]))
        elif shown.token:
            found = await self._store.look_up(partial(self._by_session, shown=shown))
        else:
            raise JimaeError("credentials_missing")
        self.presence.seen(found)
        return msgspec.structs.replace(found, address=shown.address)

    async def who(self, shown: Credentials) -> Me:
        """The same, with what they are shown of themselves."""
        caller = await self.identify(shown)
        return await self._store.read(partial(_me, caller=caller))

    async def acting_for(self, account_id: str, key_id: str | None = None) -> Caller:
        """Somebody for whom the server does something while they are away. With the key that
        they asked for it with, no more than that may.

        Raises `account_disabled`, also for somebody who is no more, and what `keys.still` raises.
        """
        if account_id == LOCAL.id:
            return LOCAL
        return await self._store.read(partial(_by_id, account_id=account_id, key_id=key_id))

    def _by_session(self, session: Session, shown: Credentials) -> Caller:
        rows = session.execute(_BY_SESSION, {"sha256": sessions.digest(shown.token or "")}).all()
        if not rows:
            raise JimaeError("session_ended")
        row, now = rows[0], time.time()
        seen_at = max(row.seen_at, self.presence.last_seen(row.session_id))
        if row.expires_at <= now or seen_at + self._idle_seconds <= now:
            raise JimaeError("session_ended")
        if shown.csrf is not None and not hmac.compare_digest(
            shown.csrf.encode(), row.csrf.encode()
        ):
            raise JimaeError("csrf_wrong")
        return _caller(rows, "session", session_id=row.session_id)


def any_account(session: Session) -> bool:
    return session.execute(_ANYBODY).first() is not None


def _me(session: Session, caller: Caller) -> Me:
    account = session.get(Account, caller.id)
    groups = {
        group.id: group
        for group in session.scalars(select(Group).where(Group.id.in_(caller.groups)))
    }
    csrf = None
    if caller.session_id is not None:
        csrf = session.scalar(select(SignIn.csrf).where(SignIn.id == caller.session_id))
    return Me(
        caller,
        caller.name if account is None else account.display_name,
        tuple(groups[group_id] for group_id in caller.groups if group_id in groups),
        csrf,
    )


def _by_key(session: Session, raw: str) -> Caller:
    key = keys.find(session, raw)
    rows = session.execute(_BY_ID, {"account_id": key.account_id}).all()
    return _caller(rows, "key", key=keys.grant(key))


def _by_id(session: Session, account_id: str, key_id: str | None) -> Caller:
    key = None if key_id is None else keys.grant(keys.still(session, key_id))
    rows = session.execute(_BY_ID, {"account_id": account_id}).all()
    return _caller(rows, "server", key=key)


def _caller(
    rows: list[Row[Any]] | Any,
    via: Via,
    *,
    session_id: str | None = None,
    key: KeyGrant | None = None,
) -> Caller:
    """Raises `account_disabled`."""
    if not rows or rows[0].disabled_at is not None:
        raise JimaeError("account_disabled")
    first = rows[0]
    return Caller(
        id=first.id,
        name=first.name,
        role=cast(Role, first.role),
        via=via,
        groups=tuple(row.group_id for row in rows if row.group_id is not None),
        manages=tuple(row.group_id for row in rows if row.manages),
        session_id=session_id,
        key=key,
        must_change_password=first.must_change_password,
    )
