"""scripts/check: what can be said about the code without running it."""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from lib import page, tools
from lib.places import ROOT, VENV, VENV_PYTHON, WEBUI
from lib.shell import SetupError, environment

BIN = VENV / "bin"
PACKAGE = {"PYTHONPATH": str(ROOT / "server")}
CODE = ("server", "tests", "scripts")


@dataclass(frozen=True)
class Check:
    """One check; `fix` is what to run when it fails, if a command can help."""

    name: str
    command: Sequence[str]
    fix: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


def checks() -> list[Check]:
    """The longest first, so that the others run beside it."""
    ruff = str(BIN / "ruff")
    found = [
        Check("types", [str(BIN / "mypy")]),
        Check("imports", [str(BIN / "lint-imports"), "--no-logo"], env=PACKAGE),
        Check(
            "generated pages",
            [str(VENV_PYTHON), "-m", "jimae.reference", "--check"],
            fix=".venv/bin/python -m jimae.reference",
            env=PACKAGE,
        ),
        Check("format", [ruff, "format", "--check", *CODE], fix=".venv/bin/ruff format"),
        Check("lint", [ruff, "check", *CODE], fix=".venv/bin/ruff check --fix"),
    ]
    if tools.node_ready() and (WEBUI / "node_modules").is_dir():
        command, env = page.npm("run", "check")
        found.insert(1, Check("web page", command, env=env))
    return found


def _run(check: Check) -> tuple[int, str, float]:
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=environment(check.env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout, time.monotonic() - started


def run_checks() -> bool:
    """Run all, print a line for each and the output of those that fail."""
    if not (BIN / "ruff").exists():
        raise SetupError("the tools for checking are not installed.", "scripts/setup --test")
    good = True
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        running = {pool.submit(_run, check): check for check in checks()}
        for future in as_completed(running):
            check = running[future]
            status, output, seconds = future.result()
            print(
                f"{'ok    ' if status == 0 else 'FAILED'} {check.name} ({seconds:.1f} s)",
                flush=True,
            )
            if status != 0:
                good = False
                print(output.rstrip())
                if check.fix:
                    print(f"To fix it: {check.fix}")
    return good


def main(arguments: Sequence[str]) -> int:
    argparse.ArgumentParser(
        prog="scripts/check",
        description="Format, lint, types, import contracts, generated pages, and the web page's "
        "types. Changes nothing; needs `scripts/setup --test` once.",
    ).parse_args(arguments)
    return 0 if run_checks() else 1
