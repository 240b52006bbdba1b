"""A pytest plugin: how the processes of one run share out its tests.

Loaded by scripts/test, with pytest-xdist and `-n`. One process runs a whole file, so what the
tests of a file share is made once. All files that run real weights are one share, so only one
process runs them: each of their tests takes a core, and has deadlines.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

WEIGHTS: Final = "weights"
MARK: Final = "mark.weights"


class ByFile(LoadScopeScheduling):
    """Hands out files, and the files with weights as one."""

    def _split_scope(self, nodeid: str) -> str:
        return share(self.config.rootpath, nodeid)


@cache
def _runs_weights(file: Path) -> bool:
    return MARK in file.read_text(encoding="utf-8")


def share(root: Path, nodeid: str) -> str:
    """What goes to one process together with this test. The process that hands out imports no
    test, so it reads in the file whether one has the mark."""
    file = nodeid.partition("::")[0]
    return WEIGHTS if _runs_weights(root / file) else file


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first, or one process would wait for the other at the end: first weights, then
    what needs the browser."""

    def rank(item: pytest.Item) -> int:
        if share(config.rootpath, item.nodeid) == WEIGHTS:
            return 0
        return 1 if item.get_closest_marker("browser") else 2

    items.sort(key=rank)


def pytest_configure(config: pytest.Config) -> None:
    config.option.loadscopereorder = False


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)
