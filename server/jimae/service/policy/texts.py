"""The text of use: its versions, and who accepted which."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.items import new_id
from jimae.service.policy.book import TURN, current_version
from jimae.service.policy.template import unfilled
from jimae.store.policy_tables import PolicyAcceptance, PolicyText
from jimae.store.turns import take_turn


def publish(session: Session, caller: Caller, *, ja: str, en: str) -> PolicyText:
    """Put a text in force, which everybody is asked to accept from now on.

    Raises `policy_unfilled` for one in which the template's places are still to be filled in.
    """
    for param, written in (("ja", ja), ("en", en)):
        if places := unfilled(written):
            raise JimaeError("policy_unfilled", param=param, places=", ".join(places))
    take_turn(session, TURN)
    text = PolicyText(
        id=new_id("policy"),
        owner=caller.id,
        created_at=time.time(),
        version=current_version(session) + 1,
        ja=ja,
        en=en,
    )
    session.add(text)
    note(session, caller, "policy.publish", target=text.id, details={"version": text.version})
    return text


def current(session: Session) -> PolicyText | None:
    return session.scalar(select(PolicyText).order_by(PolicyText.version.desc()).limit(1))


def version(session: Session, number: int) -> PolicyText:
    """Raises `policy_text_not_found`."""
    text = session.scalar(select(PolicyText).where(PolicyText.version == number))
    if text is None:
        raise JimaeError("policy_text_not_found", version=number)
    return text


def versions(session: Session) -> Sequence[PolicyText]:
    """All of them, the newest first."""
    return session.scalars(select(PolicyText).order_by(PolicyText.version.desc())).all()


def accept(session: Session, caller: Caller, number: int) -> None:
    """Record that somebody accepts the version in force; again, nothing.

    Raises `policy_outdated` for any other version, which they may have read before a new one
    was published, and `policy_accept_in_person` for a key.
    """
    if caller.via == "key":
        raise JimaeError("policy_accept_in_person")
    take_turn(session, TURN)
    if number != (in_force := current_version(session)) or number == 0:
        raise JimaeError("policy_outdated", param="version", version=number, current=in_force)
    if has_accepted(session, caller.id, number):
        return
    session.add(
        PolicyAcceptance(
            id=new_id("accept"),
            owner=caller.id,
            created_at=time.time(),
            version=number,
        )
    )
    note(session, caller, "policy.accept", details={"version": number})


def has_accepted(session: Session, owner: str, number: int) -> bool:
    found = select(PolicyAcceptance.id).where(
        PolicyAcceptance.owner == owner, PolicyAcceptance.version == number
    )
    return session.scalar(found) is not None
