"""People, groups and keys as somebody at a terminal calls them."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts.names import folded
from jimae.service.caller import LOCAL
from jimae.service.limits.rules import Kind, Subject
from jimae.store.account_tables import Account, ApiKey, Group


def named(session: Session, kind: Kind, text: str) -> Subject:
    """An account or group by its name or id, a key by its id or by what is shown of it.

    Raises `subject_unknown`, also for a beginning that several keys have.
    """
    match kind:
        case "account":
            found = select(Account.id).where(or_(Account.id == text, Account.name == folded(text)))
        case "group":
            found = select(Group.id).where(or_(Group.id == text, Group.name == text))
        case "key":
            found = select(ApiKey.id).where(or_(ApiKey.id == text, ApiKey.prefix == text))
        case "everybody":
            return Subject(kind, kind)
    if (kind, text) == ("account", LOCAL.id):
        return Subject(kind, text)
    ids = session.scalars(found.limit(2)).all()
    if len(ids) != 1:
        raise JimaeError("subject_unknown", kind=kind, id=text[:100])
    return Subject(kind, ids[0])
