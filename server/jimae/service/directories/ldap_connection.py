"""A connection to an LDAP server: encrypted, verified, bounded in time, never referred elsewhere.

python-ldap (OpenLDAP's own library) blocks, so all of this runs in threads. It was chosen over
ldap3, whose last release is of 2021, and over bonsai, which brings no wheels for Linux either
and has the smaller field.
"""

from __future__ import annotations

import logging
import os
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from jimae.errors import JimaeError
from jimae.settings.directories import LdapSettings

log = logging.getLogger(__name__)

PORTS: Final = {"ldap": 389, "ldaps": 636}
PAGE: Final = 500
MOST_ENTRIES: Final = 5000
# Where systems keep the authorities they trust, should Python's own idea of it not be there.
AUTHORITIES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


class Entry(NamedTuple):
    """One entry; the names of attributes are in lower case."""

    dn: str
    values: Mapping[str, Sequence[bytes]]

    def text(self, attribute: str) -> str | None:
        """The first value, if it is text."""
        found = self.values.get(attribute.lower(), ())
        try:
            return found[0].decode() if found and found[0] else None
        except UnicodeDecodeError:
            return None


def library(directory: str) -> ModuleType:
    """python-ldap. Raises `ldap_missing`."""
    # Nothing but the settings says where to connect and whom to trust: no ldap.conf, no LDAPRC.
    os.environ["LDAPNOINIT"] = "1"
    try:
        import ldap
        import ldap.controls.libldap
        import ldap.dn
        import ldap.filter
    except ImportError:
        raise JimaeError("ldap_missing", directory=directory) from None
    found: ModuleType = ldap
    return found


class Connection:
    """One connection, for one question. Raises what `explained` says."""

    def __init__(self, directory: str, settings: LdapSettings) -> None:
        self._ldap = ldap = library(directory)
        authorities = str(settings.ca_file or _authorities())
        _knock(settings, authorities)
        self._directory = directory
        self._settings = settings
        seconds = settings.timeout_seconds
        connection = self._connection = ldap.initialize(settings.url)
        connection.timeout = seconds
        for option, value in (
            (ldap.OPT_PROTOCOL_VERSION, ldap.VERSION3),
            (ldap.OPT_REFERRALS, 0),
            (ldap.OPT_NETWORK_TIMEOUT, seconds),
            (ldap.OPT_TIMEOUT, seconds),
            (ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND),
            (ldap.OPT_X_TLS_CACERTFILE, authorities),
            # Last: what was set before counts from here on.
            (ldap.OPT_X_TLS_NEWCTX, 0),
        ):
            connection.set_option(option, value)

    def bind(self, who: str, password: str) -> bool:
        """Whether this is the password of `who`.

        With an empty one, servers let anybody in as nobody and say that all is well (RFC 4513,
        section 5.1.2): it is never sent.
        """
        if not who or not password:
            return False
        ldap = self._ldap
        if self._settings.url.startswith("ldap:"):
            self._connection.start_tls_s()
        try:
            self._connection.simple_bind_s(who, password)
        except (
            ldap.INVALID_CREDENTIALS,
            ldap.INAPPROPRIATE_AUTH,
            ldap.UNWILLING_TO_PERFORM,
            ldap.NO_SUCH_OBJECT,
            ldap.INVALID_DN_SYNTAX,
        ) as error:
            log.info("directory %s: a password was refused: %s", self._directory, error)
            return False
        return True

    def read(self, dn: str, attributes: Sequence[str]) -> Entry | None:
        """The entry itself; None if it is not there."""
        try:
            found = self._search(dn, self._ldap.SCOPE_BASE, "(objectClass=*)", attributes)
        except self._ldap.NO_SUCH_OBJECT:
            return None
        return found[0] if found else None

    def search(self, base: str, filter_text: str, attributes: Sequence[str]) -> list[Entry]:
        """All below `base`, as many pages as it takes."""
        return self._search(base, self._ldap.SCOPE_SUBTREE, filter_text, attributes)

    def _search(
        self, base: str, scope: int, filter_text: str, attributes: Sequence[str]
    ) -> list[Entry]:
        control_type = self._ldap.controls.libldap.SimplePagedResultsControl
        control = control_type(criticality=False, size=PAGE, cookie="")
        found: list[Entry] = []
        while True:
            number = self._connection.search_ext(
                base,
                scope,
                filter_text,
                list(attributes),
                serverctrls=[control],
                timeout=self._settings.timeout_seconds,
            )
            _, rows, _, answered = self._connection.result3(
                number, timeout=self._settings.timeout_seconds
            )
            # Without a name it is a referral, which is not followed.
            found += [_entry(dn, values) for dn, values in rows if dn is not None]
            cookie = next(
                (c.cookie for c in answered if c.controlType == control_type.controlType), b""
            )
            if not cookie or len(found) >= MOST_ENTRIES:
                return found
            control.cookie = cookie

    def close(self) -> None:
        self._connection.unbind_ext_s()


@contextmanager
def connected(directory: str, settings: LdapSettings) -> Iterator[Connection]:
    """A connection until the end of the block.

    Raises `ldap_missing`, `directory_unreachable`, `directory_answer`.
    """
    ldap = library(directory)
    try:
        connection = Connection(directory, settings)
        try:
            yield connection
        finally:
            connection.close()
    except OSError as error:
        log.warning("directory %s: %s", directory, error)
        raise JimaeError("directory_unreachable", directory=directory) from error
    except ldap.LDAPError as error:
        log.warning("directory %s: %s: %s", directory, type(error).__name__, told(error))
        unreachable = (
            ldap.SERVER_DOWN,
            ldap.CONNECT_ERROR,
            ldap.TIMEOUT,
            ldap.TIMELIMIT_EXCEEDED,
            ldap.BUSY,
            ldap.UNAVAILABLE,
        )
        code = "directory_unreachable" if isinstance(error, unreachable) else "directory_answer"
        raise JimaeError(code, directory=directory) from error


def told(error: Exception) -> str:
    """What OpenLDAP's library says of an error, in one line."""
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    parts = [details.get("desc"), details.get("info")]
    return ": ".join(str(part) for part in parts if part) or type(error).__name__


def _knock(settings: LdapSettings, authorities: str) -> None:
    """See that a server answers, in time and with a certificate that holds. Raises OSError.

    OpenLDAP's library waits for ever for a server that takes a connection and then is silent,
    and calls every certificate that does not hold an unknown error.
    """
    parts = urlsplit(settings.url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    with socket.create_connection((host, port), settings.timeout_seconds) as connection:
        if parts.scheme == "ldaps":
            context = ssl.create_default_context(cafile=authorities or None)
            with context.wrap_socket(connection, server_hostname=host):
                pass


def _entry(dn: str, values: Mapping[str, Any]) -> Entry:
    return Entry(dn, {name.lower().partition(";")[0]: found for name, found in values.items()})


def _authorities() -> str:
    own = ssl.get_default_verify_paths().cafile
    return next((path for path in (own, *AUTHORITIES) if path and Path(path).is_file()), "")
