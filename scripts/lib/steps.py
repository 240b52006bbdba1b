"""Steps with a number, what they do, and how long is left."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

REDRAW_SECONDS = 0.5
LINE_SECONDS = 20.0


def duration(seconds: float) -> str:
    """`45 s`, `6 min 30 s`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60:02d} s"


class Progress:
    """How far the running step is. Written from the step, read by the display."""

    def __init__(self, expected: float) -> None:
        self.expected = expected
        self.started = time.monotonic()
        self.fraction: float | None = None
        self.note = ""

    def at(self, fraction: float | None, note: str = "") -> None:
        """The step has done `fraction` (0 to 1) of its work; `note` says it in words."""
        self.fraction = fraction
        self.note = note

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def left(self) -> float:
        """Seconds left: by the estimate at first, by what was measured as it comes in."""
        planned = max(0.0, self.expected - self.elapsed)
        if not self.fraction:
            return planned
        measured = self.elapsed * (1 - self.fraction) / self.fraction
        return planned * (1 - self.fraction) + measured * self.fraction


@dataclass(frozen=True)
class Step:
    """One thing to set up.

    `done` is cheap and looks only at the disk; `seconds` is what the step takes
    on two cores and an ordinary line. With `talks` the step writes to the
    terminal itself.
    """

    title: str
    seconds: float
    done: Callable[[], bool]
    run: Callable[[Progress], None]
    talks: bool = False


def run_steps(steps: Sequence[Step], *, purpose: str) -> None:
    """Run the steps that are not done yet, in order, showing each."""
    open_steps = [step for step in steps if not step.done()]
    if not open_steps:
        return
    total = sum(step.seconds for step in open_steps)
    count = len(open_steps)
    print(f"Setting up {purpose}: {_steps(count)}, about {duration(total)}.", flush=True)
    for number, step in enumerate(open_steps, start=1):
        later = sum(following.seconds for following in open_steps[number:])
        _run_one(step, f"[{number}/{count}] {step.title}", later)
    print("Everything is set up.\n", flush=True)


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _run_one(step: Step, heading: str, later: float) -> None:
    progress = Progress(step.seconds)
    if step.talks:
        print(f"{heading} (about {duration(step.seconds)})", flush=True)
        step.run(progress)
        return
    line = _Line(heading, progress, later)
    with line:
        step.run(progress)
        line.finished = True


class _Line:
    """The line of a running step: redrawn on a terminal, repeated now and then elsewhere."""

    def __init__(self, heading: str, progress: Progress, later: float) -> None:
        self.heading = heading
        self.progress = progress
        self.later = later
        self.finished = False
        self.terminal = sys.stdout.isatty()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._draw_until_stopped, daemon=True)

    def __enter__(self) -> None:
        print(f"{self.heading} (about {duration(self.progress.expected)})", flush=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self.finished:
            self._write(f"      done in {duration(self.progress.elapsed)}", last=True)

    def _draw_until_stopped(self) -> None:
        pause = REDRAW_SECONDS if self.terminal else LINE_SECONDS
        while not self._stop.wait(pause):
            left = self.progress.left()
            note = f"{self.progress.note}, " if self.progress.note else ""
            text = (
                f"      {note}{duration(self.progress.elapsed)} so far, about {duration(left)} left"
            )
            if self.later:
                text += f" (in all {duration(left + self.later)})"
            self._write(text, last=not self.terminal)

    def _write(self, text: str, *, last: bool) -> None:
        start = "\r\x1b[K" if self.terminal else ""
        print(f"{start}{text}", end="\n" if last else "", flush=True)
