"""The environment in .venv: everything that uv.lock names, llama-cpp-python apart."""

from __future__ import annotations

import re

from lib import debian
from lib.places import ROOT, VENV, VENV_PYTHON, python
from lib.shell import quiet
from lib.stamps import digest, is_set, put
from lib.steps import Progress, Step
from lib.tools import ONLINE, uv, uv_environment


def step(*, dev: bool) -> Step:
    """Install the locked packages, with those for development if `dev`."""
    ldap = str(_can_ldap(dev))
    value = digest(ROOT / "uv.lock", _dependencies(), python(), str(VENV), ldap)

    def done() -> bool:
        return VENV_PYTHON.exists() and (
            is_set("venv-dev", value) or (not dev and is_set("venv-run", value))
        )

    def run(progress: Progress) -> None:
        if not VENV_PYTHON.exists():
            quiet(
                [uv(), "venv", "--clear", "--python", python(), VENV],
                env=uv_environment(),
                what=f"making {VENV} failed",
            )
        progress.at(None, "downloading and installing")
        # Inexact, or it would take llama-cpp-python away again.
        sync = ["sync", "--frozen", "--inexact", "--no-install-package", "llama-cpp-python"]
        groups = [] if dev else ["--no-dev"]
        if _can_ldap(dev):
            groups += ["--extra", "ldap"]
        quiet(
            [uv(), *sync, *groups, "--python", VENV_PYTHON],
            env=uv_environment() | {"UV_PROJECT_ENVIRONMENT": str(VENV)},
            what="installing the packages of uv.lock failed",
            fix=ONLINE,
        )
        put("venv-dev" if dev else "venv-run", value)

    title = "Python packages for running and testing" if dev else "Python packages"
    return Step(title, 40 if dev else 20, done, run)


def _can_ldap(dev: bool) -> bool:
    """Whether python-ldap can be compiled here, which only those need who sign in with LDAP."""
    return dev or all(need.there() for need in debian.LDAP_HEADERS)


def _dependencies() -> str:
    """pyproject.toml without its tables for tools, which change no installed package."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return re.sub(r"(?ms)^\[\[?tool\.(?!hatch).*?(?=^\[|\Z)", "", text)
