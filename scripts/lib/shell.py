"""Running other programs: quietly into the log, or attached to the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lib.places import LOG, ROOT

TAIL_LINES = 25


class SetupError(Exception):
    """Something did not work; says what, and the command or action that would fix it."""

    def __init__(self, what: str, fix: str = "", *, log: Path | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix
        self.log = log

    def show(self) -> None:
        """Print the failure, the end of the log if there is one, and the way out."""
        print(file=sys.stderr)
        if self.log is not None and self.log.is_file():
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
            for line in lines[-TAIL_LINES:]:
                print(f"    {line[:300]}", file=sys.stderr)
            print(f"  (all of it: {self.log})\n", file=sys.stderr)
        print(f"Failed: {self.what}", file=sys.stderr)
        if self.fix:
            print(f"To fix it: {self.fix}", file=sys.stderr)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would make tools look at another project."""
    env = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    env.update(extra or {})
    return env


def quiet(
    command: Sequence[str | Path],
    *,
    what: str,
    fix: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Run `command` with its output in the log; raise `SetupError` if it does not succeed."""
    words = [str(word) for word in command]
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(words)}\n")
        log.flush()
        try:
            process = subprocess.Popen(
                words,
                cwd=cwd,
                env=environment({"NO_COLOR": "1", **(env or {})}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise SetupError(f"{what}: {words[0]} cannot be run ({error.strerror}).", fix) from None
        with process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    log.write(line)
                    if on_line is not None:
                        on_line(line)
            except BaseException:
                process.terminate()
                raise
    if process.returncode != 0:
        raise SetupError(f"{what} (exit status {process.returncode}).", fix, log=LOG)


def attached(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    stdout: int | None = None,
    stderr: int | None = None,
) -> int:
    """Run `command` on this terminal and return its exit status.

    Ctrl+C reaches the child too; it is waited for, so that it can end in its own way.
    """
    sys.stdout.flush()
    words = [str(word) for word in command]
    with subprocess.Popen(
        words, cwd=cwd, env=environment(env), stdout=stdout, stderr=stderr
    ) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def output(command: Sequence[str | Path]) -> str:
    """What `command` prints, or an empty string if it cannot be run or fails."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            env=environment(),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
