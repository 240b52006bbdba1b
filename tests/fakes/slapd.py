"""A real LDAP server for tests: Debian's slapd with TLS, on loopback, in a folder of its own.

    dc=example,dc=jp
    ├── cn=reader                     looks people up
    ├── ou=people   sakura, taro, 花子 (with brackets in her name), disabled
    └── ou=groups   総務部 (sakura, 花子), ai-admins (taro)

What Active Directory says of people is there too, in its own attributes.
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from fakes import certificates
from jimae.settings.directories import LdapSettings
from lib import debian

START_SECONDS: Final = 20
BASE: Final = "dc=example,dc=jp"
ROOT: Final = f"cn=root,{BASE}"
READER: Final = f"cn=reader,{BASE}"
ROOT_PASSWORD, READER_PASSWORD = "root-password", "reader-password"

CONFIGURATION: Final = """\
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
include {schema}/nis.schema

attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.159 NAME 'accountExpires' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9.1 NAME 'adPerson' SUP top AUXILIARY
  MAY ( sAMAccountName $ userPrincipalName $ userAccountControl $ accountExpires $ objectGUID ) )

modulepath {modules}
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {tls.ca}
TLSCertificateFile {tls.certificate}
TLSCertificateKeyFile {tls.key}
{security}
sizelimit size.soft=500 size.hard=500 size.prtotal=unlimited

database mdb
maxsize 67108864
suffix "{base}"
rootdn "{root}"
rootpw {root_password}
directory {folder}/data
index uid,entryUUID eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by self read by * none
"""

ENTRIES: Final = """\
dn: {base}
objectClass: dcObject
objectClass: organization
o: 例
dc: example

dn: {reader}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {reader_password}

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: uid=sakura,ou=people,{base}
objectClass: inetOrgPerson
objectClass: adPerson
uid: sakura
cn: 山田さくら
sn: 山田
displayName: 山田 さくら
mail: sakura@example.jp
userPassword: sakura-password
sAMAccountName: y-sakura
userPrincipalName: sakura@ad.example.jp
userAccountControl: 512
accountExpires: 9223372036854775807
objectGUID:: AQIDBAUGBwgJCgsMDQ4PEA==

dn: uid=taro,ou=people,{base}
objectClass: inetOrgPerson
uid: taro
cn: 鈴木太郎
sn: 鈴木
userPassword: taro-password

dn: cn=花子 (経理)*,ou=people,{base}
objectClass: inetOrgPerson
uid: hanako
cn: 花子 (経理)*
sn: 田中
userPassword: hanako-password

dn: uid=disabled,ou=people,{base}
objectClass: inetOrgPerson
objectClass: adPerson
uid: disabled
cn: 退職 済
sn: 退職
userPassword: disabled-password
sAMAccountName: disabled
userAccountControl: 514
objectGUID:: AQIDBAUGBwgJCgsMDQ4PEQ==

dn: ou=groups,{base}
objectClass: organizationalUnit
ou: groups

dn: cn=soumu,ou=groups,{base}
objectClass: groupOfNames
cn: 総務部
member: uid=sakura,ou=people,{base}
member: cn=花子 (経理)*,ou=people,{base}

dn: cn=ai-admins,ou=groups,{base}
objectClass: groupOfNames
cn: ai-admins
member: uid=taro,ou=people,{base}
"""


class Slapd:
    """A running server. `settings` are those that sign people in at it."""

    def __init__(self, folder: Path) -> None:
        found = debian.slapd()
        assert found is not None, "scripts/setup --test gets slapd"
        self._slapd = found
        self.folder = folder
        self.tls = certificates.make(folder / "tls")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.plain_port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._prepare()

    @property
    def url(self) -> str:
        return f"ldaps://127.0.0.1:{self.port}"

    def settings(self, **changed: Any) -> LdapSettings:
        usual: dict[str, Any] = {
            "url": self.url,
            "ca_file": self.tls.ca,
            "timeout_seconds": 3,
            "bind_dn": READER,
            "bind_password": READER_PASSWORD,
            "base": f"ou=people,{BASE}",
            "groups_base": f"ou=groups,{BASE}",
        }
        return LdapSettings(**(usual | changed))

    def change(self, dn: str, attribute: str, value: str) -> None:
        """Set an attribute of an entry while it runs."""
        with self._as_root() as connection:
            import ldap

            connection.modify_s(dn, [(ldap.MOD_REPLACE, attribute, [value.encode()])])

    def remove(self, dn: str) -> None:
        with self._as_root() as connection:
            connection.delete_s(dn)

    @contextmanager
    def _as_root(self) -> Iterator[Any]:
        import ldap

        connection = ldap.initialize(self.url)
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(self.tls.ca))
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.simple_bind_s(ROOT, ROOT_PASSWORD)
        try:
            yield connection
        finally:
            connection.unbind_s()

    def start(self) -> None:
        urls = f"{self.url}/ ldap://127.0.0.1:{self.plain_port}/"
        self._process = subprocess.Popen(
            [self._slapd.program, "-h", urls, "-f", self.folder / "slapd.conf", "-d", "0"],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_SECONDS
        while True:
            assert self._process.poll() is None, "slapd ended"
            with (
                suppress(ConnectionRefusedError),
                socket.create_connection(("127.0.0.1", self.port), 1),
            ):
                return
            assert time.monotonic() < end, "slapd does not listen"
            time.sleep(0.02)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait()

    def _prepare(self) -> None:
        (self.folder / "data").mkdir()
        values = {
            "base": BASE,
            "root": ROOT,
            "reader": READER,
            "root_password": ROOT_PASSWORD,
            "reader_password": READER_PASSWORD,
        }
        (self.folder / "slapd.conf").write_text(
            CONFIGURATION.format(
                schema=self._slapd.schema,
                modules=self._slapd.modules,
                folder=self.folder,
                tls=self.tls,
                # Nothing at all without TLS.
                security="security ssf=128",
                **values,
            )
        )
        entries = self.folder / "entries.ldif"
        entries.write_text(_encoded(ENTRIES.format(**values)))
        done = subprocess.run(
            [self._slapd.program, "-T", "add", "-f", self.folder / "slapd.conf", "-l", entries],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": self._slapd.libraries}


@contextmanager
def slapd(folder: Path) -> Iterator[Slapd]:
    """A server until the end of the block."""
    made = Slapd(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def _encoded(ldif: str) -> str:
    """LDIF is ASCII: what is not is written in base64 (RFC 2849)."""
    lines = []
    for line in ldif.splitlines():
        if not line.isascii():
            name, _, value = line.partition(": ")
            line = f"{name}:: {base64.b64encode(value.encode()).decode()}"
        lines.append(line)
    return "\n".join(lines) + "\n"
