"""A pytest plugin: a skipped test that is not on the list, with its reason, fails the run.

The list is `tests/skips.toml`. Loaded by scripts/test; a plain `pytest` skips
what it cannot run here.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

LIST = Path(__file__).with_name("skips.toml")


class SkipGuard:
    """Collects what was skipped and compares it with the list."""

    def __init__(self, allowed: dict[str, str]) -> None:
        self.allowed = allowed
        self.skipped: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.skipped[report.nodeid] = _reason(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped[report.nodeid] = _reason(report)

    def unlisted(self) -> dict[str, str]:
        """Node ids that were skipped and why, without those on the list."""
        return {name: why for name, why in self.skipped.items() if name not in self.allowed}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.unlisted() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.unlisted():
            return
        terminalreporter.section("skipped without being on the list")
        for name, why in sorted(self.unlisted().items()):
            terminalreporter.write_line(f"{name}: {why}")
        terminalreporter.write_line(f"Make them run, or add them to {LIST} with the reason.")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    where = report.longrepr
    return str(where[2]) if isinstance(where, tuple) else str(where or "expected to fail")


def allowed() -> dict[str, str]:
    """Node id to reason, from the list."""
    entries = tomllib.loads(LIST.read_text(encoding="utf-8")) if LIST.is_file() else {}
    return {str(name): str(why) for name, why in entries.get("skips", {}).items()}


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SkipGuard(allowed()), "skip-guard")
