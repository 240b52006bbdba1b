"""scripts/test: what fails beside other tests is run once more, alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib import testing

ONCE = """
from pathlib import Path
def test_fails_once(): assert not marked("once")
def test_passes(): pass
def marked(name):
    mark = Path(__file__).with_name(name)
    there = mark.exists()
    mark.touch()
    return not there
"""


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pytest that starts quickly: the project in the folder needs no plugins."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.mark.usefixtures("plain")
def test_what_fails_once_is_run_again_and_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test_it.py").write_text(ONCE)

    assert testing.run_all(tmp_path, (), ()) == 0

    said = capfd.readouterr().out
    assert "1 failed, 1 passed" in said
    assert said.rstrip().endswith("Mend the race of each:\n  test_it.py::test_fails_once")


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize(("failing", "runs"), [(3, 2), (4, 1)])
def test_what_fails_again_or_is_many_fails_the_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], failing: int, runs: int
) -> None:
    tests = "".join(f"def test_{n}(): assert {n} >= {failing}\n" for n in range(6))
    (tmp_path / "test_it.py").write_text(tests)

    assert testing.run_all(tmp_path, (), ()) == testing.TESTS_FAILED

    said = capfd.readouterr().out
    assert said.count(f"{failing} failed") == runs
    assert "Mend the race" not in said


@pytest.mark.usefixtures("plain")
def test_a_run_that_cannot_begin_is_not_run_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test_it.py").write_text("this is no Python")

    assert testing.run_all(tmp_path, (), ()) == 2
    assert "once more" not in capfd.readouterr().out
