"""The list of tests that may be skipped."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytest_plugins = ["pytester"]


def guarded(pytester: pytest.Pytester, allowed: str) -> pytest.RunResult:
    """A run of one passing and one skipped test, with this list."""
    pytester.makepyfile(
        test_it="""
        import pytest

        def test_runs(): pass

        @pytest.mark.skip(reason="needs a GPU")
        def test_skipped(): pass
        """
    )
    source = (ROOT / "tests" / "skip_guard.py").read_text(encoding="utf-8")
    pytester.makepyfile(skip_guard=source)
    pytester.path.joinpath("skips.toml").write_text(f"[skips]\n{allowed}\n")
    return pytester.runpytest_subprocess("-p", "skip_guard")


def test_a_skip_that_is_not_listed_fails_the_run(pytester: pytest.Pytester) -> None:
    result = guarded(pytester, "")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*skipped without being on the list*"])
    result.stdout.fnmatch_lines(["test_it.py::test_skipped: *needs a GPU*"])


def test_a_listed_skip_does_not(pytester: pytest.Pytester) -> None:
    result = guarded(pytester, '"test_it.py::test_skipped" = "no GPU here"')

    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1, skipped=1)


def test_the_list_names_tests_that_exist() -> None:
    entries = tomllib.loads((ROOT / "tests" / "skips.toml").read_text(encoding="utf-8"))

    for name in entries["skips"]:
        file, _, test = name.partition("::")
        function = test.partition("[")[0].rpartition("::")[2]
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), name
