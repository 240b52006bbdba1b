"""Accounts of those whom a directory vouches for: made, and kept as it says.

Every function is part of a transaction. An account belongs to who has its id in the directory,
never to who has its name or its mail address: those can be given to somebody else, and chosen.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from typing import Final, Literal

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts import groups, people
from jimae.service.accounts.names import folded, sign_in_name
from jimae.service.accounts.people import Change, NewPerson
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.directories import attempt, health
from jimae.service.directories.mapping import Mapped, Rules, mapped
from jimae.service.directories.person import Person
from jimae.settings.directories import OidcSettings
from jimae.store.account_tables import Account, Group
from jimae.store.directory_tables import Directory, SpentAttempt

log = logging.getLogger(__name__)

Kind = Literal["oidc", "ldap"]

LONGEST_DISPLAY: Final = 256
LONGEST_MAIL: Final = 320
LONGEST_ID: Final = 256


def acting(directory: str) -> Caller:
    """Who does what a directory asks for, in the records."""
    return Caller(id=f"directory:{directory}", name=directory, role="admin", via="server")


def vouch(session: Session, person: Person, rules: Rules) -> str:
    """The id of the account of somebody who proved who they are, made or brought up to date.

    Raises `directory_not_allowed`, `directory_no_account`, `directory_name_taken`,
    `directory_changed`, and `name_unusable` or `name_length`.
    """
    kind: Kind = "oidc" if isinstance(rules, OidcSettings) else "ldap"
    known_as(session, person.directory, kind, identity(rules))
    decided = mapped(person, rules)
    account = theirs(session, person.directory, person.external_id)
    if account is None:
        if not rules.create:
            raise JimaeError("directory_no_account", name=person.name, directory=person.directory)
        account = _made(session, person, decided)
    elif account.disabled_at is None:
        _follow(session, account, person, decided)
    if account.disabled_at is None:
        _set_groups(session, account, person.directory, decided)
    return account.id


def theirs(session: Session, directory: str, external_id: str) -> Account | None:
    """The account bound to an id of a directory."""
    return session.scalar(
        select(Account).where(Account.source == directory, Account.external_id == external_id)
    )


def known_as(session: Session, name: str, kind: Kind, means: str) -> None:
    """See that a name of the settings still means the same directory.

    Raises `directory_changed`: ids of another one could be somebody else's.
    """
    check_same(session, name, kind, means)
    row = health.answered(session, name)
    row.kind, row.identity = kind, means


def check_same(session: Session, name: str, kind: Kind, means: str) -> None:
    """Raises `directory_changed` if accounts were made with another one of this name."""
    row = session.get(Directory, name)
    if row is not None and row.identity and (row.kind, row.identity) != (kind, means):
        raise JimaeError("directory_changed", directory=name, before=row.identity, now=means)


def accept(session: Session, caller: Caller, name: str, kind: Kind, means: str) -> None:
    """Take a directory that changed for the same one from now on."""
    row = session.get(Directory, name)
    if row is not None and (row.kind, row.identity) != (kind, means):
        details = {"before": row.identity, "now": means}
        note(session, caller, "directory.accept", target=name, details=details)
        row.kind, row.identity = kind, means


def identity(rules: Rules) -> str:
    """What the ids of a directory are unique in."""
    if isinstance(rules, OidcSettings):
        return f"{rules.issuer} {rules.id_claim}"
    return rules.id_attribute


def link(
    session: Session, caller: Caller, account: Account, directory: str, external_id: str
) -> None:
    """Bind an account to somebody of a directory, who signs in there from now on.

    Raises `directory_id_taken`, and `last_admin` for the only administrator with a password of
    this server: somebody must come in while a directory is down.
    """
    other = theirs(session, directory, external_id)
    if other is not None and other is not account:
        raise JimaeError("directory_id_taken", directory=directory, name=other.name)
    with_password = select(Account.id).where(
        Account.role == "admin",
        Account.disabled_at.is_(None),
        Account.password_hash.is_not(None),
    )
    if list(session.scalars(with_password)) == [account.id]:
        raise JimaeError("last_admin", name=account.name)
    account.source, account.external_id, account.password_hash = directory, external_id, None
    details = {"directory": directory, "external_id": external_id}
    note(session, caller, "directory.link", target=account.id, details=details)


def spend(session: Session, state: str, owner: str) -> None:
    """Use an attempt to sign in up. Raises `sign_in_stale` if it was used before."""
    now = time.time()
    over = SpentAttempt.created_at < now - 2 * attempt.SECONDS
    session.execute(delete(SpentAttempt).where(over))
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {
        "id": hashlib.sha256(state.encode()).hexdigest(),
        "owner": owner,
        "created_at": now,
    }
    added = session.execute(
        insert(SpentAttempt).values(row).on_conflict_do_nothing().returning(SpentAttempt.id)
    )
    if added.first() is None:
        raise JimaeError("sign_in_stale")


def disable(session: Session, directory: str, account_id: str, why: str) -> bool:
    """Keep somebody out from now on; False if that was so, or would leave this server without
    an administrator."""
    account = people.find(session, account_id)
    if account.disabled_at is not None:
        return False
    try:
        people.change(session, acting(directory), account, Change(disabled=True))
    except JimaeError as error:
        if error.code != "last_admin":
            raise
        log.warning("directory %s: the last administrator keeps access: %s", directory, why)
        return False
    note(session, acting(directory), "directory.lose", target=account.id, details={"why": why})
    return True


def _made(session: Session, person: Person, decided: Mapped) -> Account:
    if len(person.external_id) > LONGEST_ID:
        raise JimaeError("directory_claim", directory=person.directory, claim="id")
    wanted = NewPerson(
        name=person.name,
        display_name=person.display_name[:LONGEST_DISPLAY],
        mail=_mail(person),
        role=decided.role or "user",
        source=person.directory,
        external_id=person.external_id,
    )
    try:
        return people.create(session, acting(person.directory), wanted)
    except JimaeError as error:
        if error.code != "name_taken":
            raise
        raise JimaeError(
            "directory_name_taken", name=person.name, directory=person.directory
        ) from None


def _follow(session: Session, account: Account, person: Person, decided: Mapped) -> None:
    """Take over what the directory says of them now. A name that somebody else has stays with
    them, and the last administrator stays one."""
    caller = acting(person.directory)
    name = sign_in_name(person.name)
    taken = session.scalar(select(Account.id).where(Account.name == name)) is not None
    wanted = Change(
        name=None if taken else name,
        display_name=person.display_name[:LONGEST_DISPLAY] or None,
        mail=_mail(person) or "",
    )
    people.change(session, caller, account, wanted)
    try:
        people.change(session, caller, account, Change(role=decided.role))
    except JimaeError as error:
        if error.code != "last_admin":
            raise
        log.warning("directory %s: the last administrator stays one", person.directory)


def _mail(person: Person) -> str | None:
    """Rather none than a part of one."""
    return person.mail if person.mail and len(person.mail) <= LONGEST_MAIL else None


def _set_groups(session: Session, account: Account, directory: str, decided: Mapped) -> None:
    caller = acting(directory)
    wanted = {group.id: group for group in _groups(session, directory, decided)}
    named = {folded(name) for name in decided.named}
    for group, _ in groups.of(session, [account.id])[account.id]:
        if wanted.pop(group.id, None) is None and (
            group.source == directory or folded(group.name) in named
        ):
            groups.leave(session, caller, group, account)
    for group in wanted.values():
        groups.join(session, caller, group, account)


def _groups(session: Session, directory: str, decided: Mapped) -> Iterator[Group]:
    """The groups that somebody is to be in; those that are not there yet are made.

    A group that the settings name may be anybody's. One that only the directory names must be
    its own: otherwise who can name a group there could join any group here.
    """
    for name in sorted(decided.groups):
        try:
            group = groups.named(session, name)
        except JimaeError:
            yield groups.create(session, acting(directory), name, source=directory)
        else:
            if group.source == directory or name in decided.named:
                yield group
