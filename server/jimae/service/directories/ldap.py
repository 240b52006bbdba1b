"""People of an LDAP server or Active Directory: found, and let in with the password they have
there.

With an account to look people up (`bind_dn`): search by the name, then bind as who was found.
Without: bind as `user_dn` says, then read that very entry. A search by the name could find
another one than the one whose password was right.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from jimae.errors import JimaeError
from jimae.service.directories import secret_files
from jimae.service.directories.ldap_connection import Connection, Entry, connected, library
from jimae.service.directories.person import Person
from jimae.settings.directories import LdapSettings

log = logging.getLogger(__name__)

LONGEST_NAME: Final = 256
# Flags by which servers say that somebody may not sign in: Active Directory, 389, OpenLDAP.
CONTROL: Final = "userAccountControl"
EXPIRES: Final = "accountExpires"
LOCKED: Final = "nsAccountLock"
LOCKED_SINCE: Final = "pwdAccountLockedTime"
DISABLED_BIT: Final = 0x2
LOCKED_FOR_EVER: Final = "000001010000Z"
# Active Directory counts tenths of microseconds since 1601.
FILETIME_EPOCH: Final = 11_644_473_600
FILETIME_SECOND: Final = 10_000_000
NEVER: Final = (0, 2**63 - 1)

PLACE: Final = re.compile(r"\{(name|dn)\}")

Escape = Callable[[str], str]


class LdapDirectory:
    """One `[ldap.NAME]` of the settings. Everything blocks: call it in a thread.

    All raise `ldap_missing`, `directory_unreachable`, `directory_answer`,
    `directory_credentials`.
    """

    def __init__(self, name: str, settings: LdapSettings) -> None:
        ldap = library(name)
        self.name = name
        self.settings = settings
        self._password = secret_files.value(
            f"ldap.{name}.bind_password", settings.bind_password, settings.bind_password_file
        )
        self._in_filter: Escape = ldap.filter.escape_filter_chars
        self._in_dn: Escape = ldap.dn.escape_dn_chars

    @property
    def can_look_up(self) -> bool:
        """Whether it can find people without their passwords."""
        return self.settings.bind_dn is not None

    def sign_in(self, name: str, password: str) -> Person | None:
        """Who this is; None for a stranger, a wrong password, or somebody who is disabled."""
        if not password or not 0 < len(name) <= LONGEST_NAME or "\0" in name or "\0" in password:
            return None
        return self._searched(name, password) if self.can_look_up else self._direct(name, password)

    def find(self, name: str) -> Person | None:
        """Somebody by the name they sign in with, unless disabled."""
        with self._as_server() as connection:
            entry = self._one(connection, name)
            return None if entry is None else self._person(connection, entry)

    def check_account(self) -> None:
        """See that the account which looks people up may come in."""
        with self._as_server():
            pass

    def still(self, external_ids: Sequence[str]) -> dict[str, Person | None]:
        """Those who were let in before; None for who is gone, or disabled now."""
        with self._as_server() as connection:
            if connection.read(self.settings.base, ("objectClass",)) is None:
                # Or a slip in the settings would keep everybody out.
                log.warning("directory %s: its base is not there", self.name)
                raise JimaeError("directory_answer", directory=self.name)
            return {id_: self._by_id(connection, id_) for id_ in external_ids}

    def _by_id(self, connection: Connection, external_id: str) -> Person | None:
        wanted = f"({self.settings.id_attribute}={self._id_in_filter(external_id)})"
        found = connection.search(self.settings.base, wanted, self._attributes())
        return self._person(connection, found[0]) if len(found) == 1 else None

    def _id_in_filter(self, external_id: str) -> str:
        """Bytes are written with a backslash each (RFC 4515)."""
        if self.settings.id_attribute.lower() != "objectguid":
            return self._in_filter(external_id)
        try:
            raw = uuid.UUID(external_id).bytes_le
        except ValueError:
            return self._in_filter(external_id)
        return "".join(f"\\{byte:02x}" for byte in raw)

    def _searched(self, name: str, password: str) -> Person | None:
        with self._as_server() as connection:
            entry = self._one(connection, name)
            if entry is None:
                return None
            with connected(self.name, self.settings) as own:
                if not own.bind(entry.dn, password):
                    return None
            return self._person(connection, entry)

    def _direct(self, name: str, password: str) -> Person | None:
        template = self.settings.user_dn or ""
        is_dn = "=" in template
        who = filled(template, {"name": self._in_dn(name) if is_dn else name})
        with connected(self.name, self.settings) as connection:
            if not connection.bind(who, password):
                return None
            if is_dn:
                entry = connection.read(who, self._attributes())
            else:
                wanted = f"(userPrincipalName={self._in_filter(who)})"
                found = connection.search(self.settings.base, wanted, self._attributes())
                entry = found[0] if len(found) == 1 else None
            return None if entry is None else self._person(connection, entry)

    @contextmanager
    def _as_server(self) -> Iterator[Connection]:
        with connected(self.name, self.settings) as connection:
            if not connection.bind(self.settings.bind_dn or "", self._password or ""):
                raise JimaeError("directory_credentials", directory=self.name)
            yield connection

    def _one(self, connection: Connection, name: str) -> Entry | None:
        wanted = filled(self.settings.user_filter, {"name": self._in_filter(name)})
        found = connection.search(self.settings.base, wanted, self._attributes())
        if len(found) > 1:
            log.warning("directory %s: a name is that of %d entries", self.name, len(found))
        return found[0] if len(found) == 1 else None

    def _person(self, connection: Connection, entry: Entry) -> Person | None:
        """None for who is disabled. Raises `directory_claim` for who has no id or no name."""
        if is_disabled(entry):
            return None
        settings = self.settings
        external_id = _id_text(entry, settings.id_attribute)
        name = entry.text(settings.name_attribute)
        if external_id is None or name is None:
            missing = settings.id_attribute if external_id is None else settings.name_attribute
            raise JimaeError("directory_claim", directory=self.name, claim=missing)
        return Person(
            directory=self.name,
            external_id=external_id,
            name=name,
            display_name=entry.text(settings.display_name_attribute) or name,
            mail=entry.text(settings.mail_attribute),
            groups=self._groups(connection, entry, name),
        )

    def _groups(self, connection: Connection, entry: Entry, name: str) -> tuple[str, ...]:
        settings = self.settings
        if not (settings.allow or settings.groups or settings.roles or settings.all_groups):
            return ()
        values = {"dn": self._in_filter(entry.dn), "name": self._in_filter(name)}
        wanted = filled(settings.groups_filter, values)
        base = settings.groups_base or settings.base
        found = connection.search(base, wanted, (settings.group_attribute,))
        names = (group.text(settings.group_attribute) for group in found)
        return tuple(name for name in names if name is not None)

    def _attributes(self) -> Sequence[str]:
        settings = self.settings
        return (
            settings.id_attribute,
            settings.name_attribute,
            settings.display_name_attribute,
            settings.mail_attribute,
            *(CONTROL, EXPIRES, LOCKED, LOCKED_SINCE),
        )


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template with its values, each of which may hold braces itself."""
    return PLACE.sub(lambda found: values.get(found[1], found[0]), template)


def is_disabled(entry: Entry, now: float | None = None) -> bool:
    """Whether the directory says that somebody may not sign in."""
    control, expires = _number(entry.text(CONTROL)), _number(entry.text(EXPIRES))
    if control is not None and control & DISABLED_BIT:
        return True
    if expires is not None and expires not in NEVER:
        ends = expires / FILETIME_SECOND - FILETIME_EPOCH
        if ends <= (time.time() if now is None else now):
            return True
    locked = (entry.text(LOCKED) or "").lower() == "true"
    return locked or entry.text(LOCKED_SINCE) == LOCKED_FOR_EVER


def _number(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        return None


def _id_text(entry: Entry, attribute: str) -> str | None:
    """An id as text: Active Directory's are 16 bytes, written as it shows them."""
    found = entry.values.get(attribute.lower(), ())
    if not found or not found[0]:
        return None
    if attribute.lower() == "objectguid" and len(found[0]) == 16:
        return str(uuid.UUID(bytes_le=found[0]))
    return entry.text(attribute)
