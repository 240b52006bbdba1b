"""Accounts for all people of a table at once: all of them, or none. Part of a transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts import groups, people
from jimae.service.accounts.accounts import any_account
from jimae.service.accounts.names import folded, sign_in_name
from jimae.service.accounts.sheet import ROLES_TOLD, Field, Row, Sheet, role_of
from jimae.service.caller import Caller
from jimae.store.account_tables import Account, Group

Act = Literal["make", "change", "same"]
DISPLAY_LENGTH = 256
MAIL_LENGTH = 320


class Wrong(NamedTuple):
    """What is wrong with a line of the file, and the way out."""

    line: int
    error: JimaeError


class Refused(Exception):  # noqa: N818 (it is told as the errors that it holds)
    """A table of which nothing was taken."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__(f"{len(wrong)} lines")
        self.wrong = tuple(wrong)


class Done(NamedTuple):
    """What became of a row. `changed` are the fields that are different now; `joined` the names
    of the groups that somebody belongs to now and did not before."""

    row: Row
    name: str
    act: Act
    changed: tuple[Field, ...] = ()
    joined: tuple[str, ...] = ()


class Taken(NamedTuple):
    """All rows in their order, and the groups that were made for them."""

    done: tuple[Done, ...]
    groups: tuple[str, ...]


def take_in(
    session: Session,
    caller: Caller,
    sheet: Sheet,
    *,
    update: bool = False,
    make_groups: bool = False,
    hashes: Mapping[int, str] | None = None,
) -> Taken:
    """Make an account for each row, or with `update` change the one there is.

    What a row leaves empty stays as it is, and nobody leaves a group. `hashes` are those of the
    passwords of who is new, by the line of their row; they have to be changed at the first
    sign-in. Without `hashes` this is a rehearsal, which the caller has to roll back.

    Raises `Refused` with all that is wrong, and `no_account` where there is no administrator.
    """
    if not any_account(session):
        raise JimaeError("no_account")
    most = len(sheet.headings) + len(sheet.unused)
    wrong = [Wrong(line, JimaeError("people_too_many_cells", most=most)) for line in sheet.torn]
    known = {folded(group.name): group for group in session.scalars(select(Group))}
    made: list[str] = []
    if make_groups:
        for name in _new_groups(sheet, known):
            try:
                known[folded(name)] = groups.create(session, caller, name)
                made.append(name)
            except JimaeError as error:
                line = next(row.line for row in sheet.rows if name in row.groups)
                wrong.append(Wrong(line, error))
    done: list[Done] = []
    seen: dict[str, int] = {}
    for row in sheet.rows:
        found = list(_wrong(session, row, sheet.headings, known, seen, update))
        if not found:
            try:
                done.append(_take(session, caller, row, known, hashes))
            except JimaeError as error:  # what only the account itself says, such as `last_admin`
                found = [error]
        wrong += [Wrong(row.line, error) for error in found]
    if wrong:
        raise Refused(sorted(wrong, key=lambda one: one.line))
    return Taken(tuple(done), tuple(made))


def _wrong(
    session: Session,
    row: Row,
    headings: Mapping[Field, str],
    known: Mapping[str, Group],
    seen: dict[str, int],
    update: bool,
) -> Iterator[JimaeError]:
    """Everything that a row cannot stay with."""
    try:
        name = sign_in_name(row.name, headings["name"])
    except JimaeError as error:
        yield error
    else:
        if name in seen:
            yield JimaeError("people_name_twice", name=name, line=seen[name])
        elif not update and _account(session, name) is not None:
            yield JimaeError("people_name_taken", name=name)
        seen.setdefault(name, row.line)
    if len(row.display_name) > DISPLAY_LENGTH:
        yield _too_long(headings["display_name"], row.display_name, DISPLAY_LENGTH)
    if len(row.mail) > MAIL_LENGTH:
        yield _too_long(headings["mail"], row.mail, MAIL_LENGTH)
    elif row.mail and not all(row.mail.partition("@")):
        yield JimaeError("people_mail", value=row.mail)
    if role_of(row.role) is None:
        yield JimaeError("people_role", value=row.role[:100], roles=ROLES_TOLD)
    for group in row.groups:
        if folded(group) not in known:
            yield JimaeError("people_group", name=group[:100])


def _take(
    session: Session,
    caller: Caller,
    row: Row,
    known: Mapping[str, Group],
    hashes: Mapping[int, str] | None,
) -> Done:
    name = sign_in_name(row.name)
    account = _account(session, name)
    act: Act = "same"
    changed: tuple[Field, ...] = ()
    if account is None:
        if hashes is not None and row.line not in hashes:
            raise JimaeError("people_gone", name=name)  # deleted while passwords were made
        account = people.create(
            session,
            caller,
            people.NewPerson(
                name=row.name,
                display_name=row.display_name,
                mail=row.mail or None,
                role=role_of(row.role) or "user",
            ),
            password_hash=hashes[row.line] if hashes is not None else None,
            must_change_password=True,
        )
        act = "make"
    else:
        changed = _change(session, caller, account, row)
    joined = _join(session, caller, account, row, known)
    if act == "same" and (changed or joined):
        act = "change"
    return Done(row, name, act, changed, joined)


def _change(session: Session, caller: Caller, account: Account, row: Row) -> tuple[Field, ...]:
    role = role_of(row.role) if row.role else None
    wanted: dict[Field, tuple[str | None, str | None]] = {
        "display_name": (row.display_name, account.display_name),
        "mail": (row.mail, account.mail),
        "role": (role, account.role),
    }
    changed = tuple(field for field, (new, old) in wanted.items() if new and new != old)
    change = people.Change(display_name=row.display_name or None, mail=row.mail or None, role=role)
    if changed:
        people.change(session, caller, people.find(session, account.id), change)
    return changed


def _join(
    session: Session, caller: Caller, account: Account, row: Row, known: Mapping[str, Group]
) -> tuple[str, ...]:
    """Who looks after a group goes on looking after it."""
    there = {group.id for group, _ in groups.of(session, [account.id])[account.id]}
    joined = []
    for name in row.groups:
        group = known[folded(name)]
        if group.id not in there:
            groups.join(session, caller, group, account)
            there.add(group.id)
            joined.append(group.name)
    return tuple(joined)


def _new_groups(sheet: Sheet, known: Mapping[str, Group]) -> list[str]:
    """Names of groups that there are not, each once however it is written."""
    new: dict[str, str] = {}
    for row in sheet.rows:
        for name in row.groups:
            if folded(name) not in known:
                new.setdefault(folded(name), name)
    return list(new.values())


def _account(session: Session, name: str) -> Account | None:
    return session.scalar(select(Account).where(Account.name == name))


def _too_long(heading: str, value: str, most: int) -> JimaeError:
    return JimaeError("name_length", param=heading, length=len(value), most=most)
