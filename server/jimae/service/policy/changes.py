"""Laying down: rules, prohibited words, models that are trusted. Parts of a transaction.

Administrators lay down for everybody and for any group; managers for the groups that they look
after, in rules and words of their own, which can only make it stricter.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.items import new_id
from jimae.service.personal_data.found import Kind
from jimae.service.policy.book import TURN, rule_of, word_of
from jimae.service.policy.rules import Level, Models, Rule, Treatment
from jimae.service.policy.words import Word, WordAction, fold
from jimae.store.account_tables import Account, Group, Membership
from jimae.store.policy_tables import (
    EVERYBODY,
    PolicyAcceptance,
    PolicyRule,
    PolicyWord,
    TrustedModel,
)
from jimae.store.turns import take_turn


def set_rule(
    session: Session,
    caller: Caller,
    *,
    group: str | None,
    kind: Kind,
    models: Models,
    treatment: Treatment,
) -> Rule:
    """Lay down what is done with a kind of personal data; one in its place gives way.

    Raises `not_permitted`, `policy_group_not_found`.
    """
    take_turn(session, TURN)
    owner, level = _for(session, caller, group)
    found = session.scalar(
        select(PolicyRule).where(
            PolicyRule.owner == owner,
            PolicyRule.kind == kind,
            PolicyRule.models == models,
            PolicyRule.level == level,
        )
    )
    row = found or PolicyRule(
        id=new_id("rule"),
        owner=owner,
        created_at=time.time(),
        kind=kind,
        models=models,
        level=level,
    )
    row.action, row.confidence = treatment
    session.add(row)
    note(session, caller, "policy.rule_set", target=row.id, details=_of_rule(row))
    return rule_of(row)


def delete_rule(session: Session, caller: Caller, rule_id: str) -> None:
    """Raises `policy_rule_not_found`."""
    take_turn(session, TURN)
    row = session.get(PolicyRule, rule_id)
    if row is None or not _may_change(caller, row):
        raise JimaeError("policy_rule_not_found", id=rule_id[:100])
    session.delete(row)
    note(session, caller, "policy.rule_delete", target=row.id, details=_of_rule(row))


def add_word(
    session: Session, caller: Caller, *, group: str | None, word: str, action: WordAction
) -> Word:
    """Prohibit a word; the same again changes what is done.

    Raises `empty_word`, `not_permitted`, `policy_group_not_found`.
    """
    folded = fold(word.strip())
    if not folded.replace("*", "").strip():
        raise JimaeError("empty_word", param="word", word=word)
    take_turn(session, TURN)
    owner, level = _for(session, caller, group)
    found = session.scalar(
        select(PolicyWord).where(
            PolicyWord.owner == owner, PolicyWord.folded == folded, PolicyWord.level == level
        )
    )
    row = found or PolicyWord(
        id=new_id("word"), owner=owner, created_at=time.time(), folded=folded, level=level
    )
    row.word, row.action = word.strip(), action
    session.add(row)
    note(session, caller, "policy.word_set", target=row.id, details=_of_word(row))
    return word_of(row)


def delete_word(session: Session, caller: Caller, word_id: str) -> None:
    """Raises `policy_word_not_found`."""
    take_turn(session, TURN)
    row = session.get(PolicyWord, word_id)
    if row is None or not _may_change(caller, row):
        raise JimaeError("policy_word_not_found", id=word_id[:100])
    session.delete(row)
    note(session, caller, "policy.word_delete", target=row.id, details=_of_word(row))


def trust(session: Session, caller: Caller, models: Iterable[str]) -> None:
    """Say which models are trusted: these and no others."""
    take_turn(session, TURN)
    wanted = set(models)
    for row in session.scalars(select(TrustedModel)):
        if row.model not in wanted:
            session.delete(row)
        wanted.discard(row.model)
    now = time.time()
    for model in sorted(wanted):
        row = TrustedModel(id=new_id("trust"), owner=caller.id, created_at=now, model=model)
        session.add(row)
    session.flush()
    trusted = session.scalars(select(TrustedModel.model).order_by(TrustedModel.model)).all()
    note(session, caller, "policy.trust", details={"models": list(trusted)})


class Acceptance(NamedTuple):
    """Somebody, and when they accepted a version; None if they have not."""

    account_id: str
    name: str
    display_name: str
    accepted_at: float | None


def accepted(
    session: Session, caller: Caller, version: int, *, after: str | None, limit: int
) -> tuple[Sequence[Acceptance], bool]:
    """Who accepted a version and who did not, by id, and whether there are more: of everybody
    for an administrator, for a manager of those they look after. Not those kept out."""
    found = (
        select(Account.id, Account.name, Account.display_name, PolicyAcceptance.created_at)
        .outerjoin(
            PolicyAcceptance,
            (PolicyAcceptance.owner == Account.id) & (PolicyAcceptance.version == version),
        )
        .where(Account.disabled_at.is_(None))
        .order_by(Account.id)
        .limit(limit + 1)
    )
    if caller.role != "admin":
        theirs = select(Membership.account_id).where(Membership.group_id.in_(caller.manages))
        found = found.where(Account.id.in_(theirs))
    if after is not None:
        found = found.where(Account.id > after)
    rows = [Acceptance(*row) for row in session.execute(found)]
    return rows[:limit], len(rows) > limit


def visible(caller: Caller, owner: str) -> bool:
    """Whether somebody may read what is laid down for a group, or for everybody."""
    return caller.role == "admin" or owner in (EVERYBODY, *caller.manages)


def forget_group(session: Session, group: str) -> None:
    """What was laid down for a group goes with it."""
    take_turn(session, TURN)
    for table in (PolicyRule, PolicyWord):
        for row in session.scalars(select(table).where(table.owner == group)):
            session.delete(row)


def _for(session: Session, caller: Caller, group: str | None) -> tuple[str, Level]:
    """For whom somebody lays down, and as what."""
    if caller.role != "admin" and group is None:
        raise JimaeError("not_permitted", needed="admin")
    if group is None:
        return EVERYBODY, "admin"
    allowed = caller.role == "admin" or group in caller.manages
    if not allowed or session.get(Group, group) is None:
        raise JimaeError("policy_group_not_found", param="group", id=group[:100])
    return group, "admin" if caller.role == "admin" else "manager"


def _may_change(caller: Caller, row: PolicyRule | PolicyWord) -> bool:
    return caller.role == "admin" or (row.level == "manager" and row.owner in caller.manages)


def _of_rule(row: PolicyRule) -> dict[str, str]:
    return {
        "for": row.owner,
        "kind": row.kind,
        "models": row.models,
        "action": row.action,
        "confidence": row.confidence,
    }


def _of_word(row: PolicyWord) -> dict[str, str]:
    return {"for": row.owner, "word": row.word, "action": row.action}
