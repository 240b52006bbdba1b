"""What comes from the system's packages: only what is missing, and named if it cannot be had."""

from __future__ import annotations

import importlib.util
import os
import shutil
import ssl
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lib.places import user_cache
from lib.shell import SetupError, attached, output, quiet
from lib.steps import Progress, Step

CJK_FONTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))


@dataclass(frozen=True)
class Need:
    """Something the system has to have, and the Debian package that brings it."""

    package: str
    purpose: str
    there: Callable[[], bool]


def _venv() -> bool:
    return importlib.util.find_spec("ensurepip") is not None


def _certificates() -> bool:
    paths = ssl.get_default_verify_paths()
    return any(path and Path(path).exists() for path in (paths.cafile, _filled(paths.capath)))


def _filled(folder: str | None) -> str | None:
    """The folder if it holds anything: Debian makes it empty."""
    return folder if folder and Path(folder).is_dir() and any(Path(folder).iterdir()) else None


def _japanese_font() -> bool:
    if shutil.which("fc-list"):
        return bool(output(["fc-list", ":lang=ja", "family"]))
    return any(any(folder.rglob("*CJK*")) for folder in CJK_FONTS if folder.is_dir())


def _chromium() -> bool:
    return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))


VENV = Need("python3-venv", "Python environments", _venv)
CERTIFICATES = Need("ca-certificates", "downloads over TLS", _certificates)
COMPILER = Need("g++", "compiling llama-cpp-python", lambda: shutil.which("c++") is not None)
CHROMIUM = Need("chromium", "tests in a real browser", _chromium)
JAPANESE_FONT = Need("fonts-noto-cjk", "Japanese text in that browser", _japanese_font)
# What python-ldap is compiled with.
LDAP_HEADERS = (
    Need("libldap-dev", "signing in with LDAP", Path("/usr/include/ldap.h").is_file),
    Need("libsasl2-dev", "signing in with LDAP", Path("/usr/include/sasl/sasl.h").is_file),
    Need(
        "python3-dev",
        "signing in with LDAP",
        lambda: Path(sysconfig.get_paths()["include"], "Python.h").is_file(),
    ),
    Need("gcc", "signing in with LDAP", lambda: shutil.which("gcc") is not None),
)
POSTGRESQL = Need(
    "postgresql",
    "tests of the database",
    lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
)


def step(needs: Sequence[Need], *, seconds: float) -> Step:
    """Install what is missing of `needs`."""

    def missing() -> list[Need]:
        return [need for need in needs if not need.there()]

    def run(progress: Progress) -> None:
        install([need.package for need in missing()], progress)
        still = [need for need in missing() if need is not CERTIFICATES]
        if still:
            names = ", ".join(f"{need.package} ({need.purpose})" for need in still)
            raise SetupError(
                f"these are still not there after installing them: {names}.",
                f"look at what {sys.executable} and PATH point to; then run this again.",
            )

    absent = missing()
    listed = ", ".join(need.package for need in absent)
    return Step(f"Debian packages: {listed}", seconds, lambda: not absent, run)


def install(packages: Sequence[str], progress: Progress) -> None:
    """Install Debian packages as root or through sudo, or say the command."""
    command = f"apt-get update && apt-get install -y {' '.join(packages)}"
    apt = _apt_get(packages, command)
    progress.at(None, "reading the package lists")
    quiet([*apt, "update"], what="apt-get update failed", fix=f"as root: {command}")
    progress.at(None, "installing")
    quiet(
        [*apt, "install", "-y", "--no-install-recommends", *packages],
        what=f"installing {', '.join(packages)} failed",
        fix=f"as root: {command}",
    )


def nginx() -> Path | None:
    """The program: the system's, or the one that `nginx_step` unpacked."""
    return _program("nginx")


def nginx_step() -> Step:
    """Debian's nginx, for tests behind a reverse proxy: unpacked instead of installed, since
    its package starts a server on port 80. Its libraries came with Python and Chromium."""
    title = "nginx, Debian's web server, for tests behind a proxy (0.5 MB, not started)"
    return Step(title, 5, lambda: nginx() is not None, _unpack("nginx"))


class Slapd(NamedTuple):
    """An LDAP server: its program, and the folder below which its parts are."""

    program: Path
    root: Path

    @property
    def modules(self) -> Path:
        return self.root / "usr" / "lib" / "ldap"

    @property
    def schema(self) -> Path:
        return self.root / "etc" / "ldap" / "schema"

    @property
    def libraries(self) -> str:
        """Folders of those that came with it, for LD_LIBRARY_PATH."""
        return ":".join(map(str, self.root.glob("usr/lib/*-linux-gnu")))


def slapd() -> Slapd | None:
    """The system's, or the one that `slapd_step` unpacked."""
    program = _program("slapd")
    if program is None:
        return None
    unpacked = _unpacked("slapd")
    return Slapd(program, unpacked if unpacked in program.parents else Path("/"))


def slapd_step() -> Step:
    """Debian's slapd, for tests of LDAP: unpacked with the libraries that nothing else needs,
    since its package starts a server on port 389."""
    title = "slapd, Debian's LDAP server, for tests of directories (2 MB, not started)"
    run = _unpack("slapd", "libltdl7", "libodbc2", "libwrap0")
    return Step(title, 5, lambda: slapd() is not None, run)


def _program(name: str) -> Path | None:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    unpacked = _unpacked(name) / "usr" / "sbin" / name
    return Path(found) if found else unpacked if unpacked.is_file() else None


def _unpacked(name: str) -> Path:
    return user_cache() / "tools" / name


def _unpack(*packages: str) -> Callable[[Progress], None]:
    """Download packages and unpack them into a folder named for the first, without root."""

    def run(progress: Progress) -> None:
        folder = _unpacked(packages[0])
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        names = " ".join(packages)
        command = f"apt-get update && apt-get install -y {names}"
        progress.at(None, "reading the package lists")
        apt = _apt_get(packages, command)
        quiet([*apt, "update"], what="apt-get update failed", fix=f"as root: {command}")
        progress.at(None, "downloading")
        quiet(
            ["apt-get", "download", *packages],
            cwd=folder,
            what=f"downloading Debian's {names} failed",
            fix=f"as root: {command}",
        )
        for package in sorted(folder.glob("*.deb")):
            quiet(["dpkg-deb", "-x", package, folder], what=f"unpacking {package.name} failed")
            package.unlink()

    return run


def _apt_get(packages: Sequence[str], command: str) -> list[str]:
    """apt-get with the rights to install, or what to do without them."""
    if not shutil.which("apt-get"):
        raise SetupError(
            f"this system has no apt-get, and these are missing: {', '.join(packages)}.",
            "install them under the names your system gives them; then run this again.",
        )
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or not _sudo_works():
            raise SetupError(
                f"root is needed to install: {', '.join(packages)}.",
                f"as root: {command}",
            )
        prefix = ["sudo", "-n"]
    return [
        *prefix,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=300",
    ]


def _sudo_works() -> bool:
    """Whether sudo can be used; asks for the password where somebody can type it."""
    if attached(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0:
        return True
    return sys.stdin.isatty() and attached(["sudo", "-v"]) == 0
