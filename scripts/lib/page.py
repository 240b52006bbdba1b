"""The web page: its packages from npm, and its build, which the server serves."""

from __future__ import annotations

from collections.abc import Sequence

from lib import tools
from lib.places import WEBUI
from lib.shell import quiet
from lib.stamps import digest, files_below, is_set, put
from lib.steps import Progress, Step

NOT_SOURCES = ("node_modules", "dist", "coverage", ".svelte-kit")


def npm(*arguments: str) -> tuple[Sequence[str], dict[str, str]]:
    """A command of npm in webui/, and the environment it needs."""
    return tools.npm(WEBUI, *arguments)


def _sources() -> str:
    files = files_below(WEBUI, without=NOT_SOURCES)
    return digest(*(part for file in files for part in (str(file.relative_to(WEBUI)), file)))


def packages_step(*, build_only: bool) -> Step:
    """npm's packages. With `build_only` nothing to do while the built page is up to date."""
    title = "npm packages of the web page"
    return tools.npm_step(title, WEBUI, "npm", built if build_only else None)


def built() -> bool:
    return (WEBUI / "dist" / "index.html").is_file() and is_set("page", _sources())


def build_step() -> Step:
    def run(progress: Progress) -> None:
        sources = _sources()
        command, env = npm("run", "build")
        quiet(command, env=env, what="building the web page failed", fix="in webui: npm run build")
        put("page", sources)

    return Step("the web page", 15, built, run)
