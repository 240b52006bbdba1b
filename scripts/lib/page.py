"""The web page: its packages from npm, and its build, which the server serves."""

from __future__ import annotations

from collections.abc import Sequence

from lib.places import WEBUI
from lib.shell import quiet
from lib.stamps import digest, files_below, is_set, put
from lib.steps import Progress, Step
from lib.tools import node_path

NOT_SOURCES = ("node_modules", "dist", "coverage", ".svelte-kit")


def npm(*arguments: str) -> tuple[Sequence[str], dict[str, str]]:
    """A command of npm in webui/, and the environment it needs."""
    return ("npm", "--prefix", str(WEBUI), *arguments), {"PATH": node_path()}


def _locked() -> str:
    return digest(WEBUI / "package.json", WEBUI / "package-lock.json")


def _sources() -> str:
    files = files_below(WEBUI, without=NOT_SOURCES)
    return digest(*(part for file in files for part in (str(file.relative_to(WEBUI)), file)))


def packages_step(*, build_only: bool) -> Step:
    """npm's packages. With `build_only` nothing to do while the built page is up to date."""

    def done() -> bool:
        there = (WEBUI / "node_modules").is_dir() and is_set("npm", _locked())
        return there or (build_only and built())

    def run(progress: Progress) -> None:
        progress.at(None, "downloading")
        command, env = npm("ci", "--no-audit", "--no-fund")
        quiet(
            command,
            env=env,
            what="npm ci failed",
            fix="check that this machine reaches https://registry.npmjs.org; then run this again.",
        )
        put("npm", _locked())

    return Step("npm packages of the web page", 20, done, run)


def built() -> bool:
    return (WEBUI / "dist" / "index.html").is_file() and is_set("page", _sources())


def build_step() -> Step:
    def run(progress: Progress) -> None:
        sources = _sources()
        command, env = npm("run", "build")
        quiet(command, env=env, what="building the web page failed", fix="in webui: npm run build")
        put("page", sources)

    return Step("the web page", 15, built, run)
