"""How long the log is kept, and what must be kept longer."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.deletion import Kind
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.settings import AuditSettings
from jimae.store.audit_tables import AuditHold, AuditRule

DAY: Final = 86400
KINDS: Final[tuple[Kind, ...]] = ("metadata", "content")


class Retention(NamedTuple):
    """Days that each kind is kept; 0 for ever. A content never outlives its record."""

    metadata: int
    content: int


def retention(session: Session, defaults: AuditSettings) -> Retention:
    """As the database says, and where it does not, as the settings do."""
    set_here = {rule.id: rule.days for rule in session.scalars(select(AuditRule))}
    return Retention(
        set_here.get("metadata", defaults.metadata_days),
        set_here.get("content", defaults.content_days),
    )


def set_retention(
    session: Session, caller: Caller, days: Mapping[Kind, int], defaults: AuditSettings
) -> Retention:
    before = retention(session, defaults)
    for kind, number in days.items():
        rule = session.get(AuditRule, kind)
        if rule is None:
            rule = AuditRule(id=kind, owner=caller.id, created_at=time.time(), days=number)
            session.add(rule)
        rule.days = number
    session.flush()
    after = retention(session, defaults)
    told = {"before": before._asdict(), "after": after._asdict()}
    note(session, caller, "audit.retention", details=told)
    return after


def holds(session: Session) -> list[AuditHold]:
    return list(session.scalars(select(AuditHold).order_by(AuditHold.created_at, AuditHold.id)))


def lay_hold(
    session: Session,
    caller: Caller,
    *,
    reason: str,
    account_id: str | None = None,
    group_id: str | None = None,
    since: float | None = None,
    until: float | None = None,
) -> AuditHold:
    hold = AuditHold(
        id=f"hold-{uuid.uuid4().hex}",
        owner=caller.id,
        created_at=time.time(),
        reason=reason,
        account_id=account_id,
        group_id=group_id,
        since=since,
        until=until,
    )
    session.add(hold)
    note(session, caller, "audit.hold", target=hold.id, details=_told(hold))
    return hold


def lift_hold(session: Session, caller: Caller, hold_id: str) -> None:
    """Raises `audit_hold_not_found`."""
    hold = session.get(AuditHold, hold_id)
    if hold is None:
        raise JimaeError("audit_hold_not_found", id=hold_id[:64])
    session.delete(hold)
    note(session, caller, "audit.release", target=hold.id, details=_told(hold))


def _told(hold: AuditHold) -> dict[str, object]:
    return {
        "reason": hold.reason,
        "account": hold.account_id,
        "group": hold.group_id,
        "since": hold.since,
        "until": hold.until,
    }
