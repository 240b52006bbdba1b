"""Sessions of people at the page: begun, found, listed and ended."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from jimae.service.items import new_id
from jimae.store.account_tables import SignIn

TOKEN_BYTES: Final = 32
LONGEST_AGENT: Final = 256
LONGEST_ADDRESS: Final = 64


class Visitor(NamedTuple):
    """Where somebody signs in from: the client's address, and what its program calls itself."""

    address: str = ""
    agent: str = ""


class Opened(NamedTuple):
    """A new session. Nobody can see `token` again; `csrf` goes with what the page changes."""

    token: str
    csrf: str
    account_id: str
    session_id: str


def digest(token: str) -> str:
    """What is stored of a token: it is random enough that a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(session: Session, account_id: str, visitor: Visitor, seconds: float) -> Opened:
    """A session of an account that ends after so many seconds at the latest."""
    now = time.time()
    token, csrf = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
    row = SignIn(
        id=new_id("session"),
        owner=account_id,
        created_at=now,
        token_sha256=digest(token),
        csrf=csrf,
        account_id=account_id,
        seen_at=now,
        expires_at=now + seconds,
        address=visitor.address[:LONGEST_ADDRESS],
        agent=visitor.agent[:LONGEST_AGENT],
    )
    session.add(row)
    session.flush()
    return Opened(token, csrf, account_id, row.id)


def of(session: Session, account_id: str) -> Sequence[SignIn]:
    """Those of an account, the last used first."""
    return session.scalars(
        select(SignIn)
        .where(SignIn.account_id == account_id)
        .order_by(SignIn.seen_at.desc(), SignIn.id)
    ).all()


def end(session: Session, account_id: str, session_id: str) -> bool:
    """End one of an account's; False if it has none with this id."""
    row = session.scalar(
        select(SignIn).where(SignIn.id == session_id, SignIn.account_id == account_id)
    )
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def end_all(session: Session, account_id: str, but: str | None = None) -> int:
    """End all of an account's, or all others; returns how many there were."""
    ended = delete(SignIn).where(SignIn.account_id == account_id)
    if but is not None:
        ended = ended.where(SignIn.id != but)
    return len(session.scalars(ended.returning(SignIn.id)).all())


def forget_ended(session: Session, idle_since: float) -> None:
    """Delete those that are over."""
    over = (SignIn.expires_at <= time.time()) | (SignIn.seen_at <= idle_since)
    session.execute(delete(SignIn).where(over))
