"""Downloads on a terminal: a bar with the rate and the time left."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as RichProgress

from jimae.catalogue.progress import Lines, Progress
from jimae.errors import JimaeError, Language


class Bars:
    """One bar at a time, on standard error. A context manager, so that the bar is taken down."""

    def __init__(self, language: Language, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._lines = Lines(self._console.file, language)
        self._bars: RichProgress | None = None
        self._task = TaskID(0)

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def taking(self, source: str) -> None:
        self.end()
        self._lines.taking(source)

    def skipped(self, source: str, error: JimaeError) -> None:
        self.end()
        self._lines.skipped(source, error)

    def begin(self, label: str, total: int, done: int) -> None:
        self.end()
        self._bars = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
        )
        self._task = self._bars.add_task(label, total=total, completed=done)
        self._bars.start()

    def advance(self, count: int) -> None:
        if self._bars is not None:
            self._bars.advance(self._task, count)

    def end(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None


def progress_for(language: Language) -> Progress:
    """Bars on a terminal, plain lines elsewhere."""
    return Bars(language) if sys.stderr.isatty() else Lines(sys.stderr, language)
