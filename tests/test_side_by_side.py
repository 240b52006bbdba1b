"""Several processes that share out the tests of one run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytest_plugins = ["pytester"]
PLUGINS = ("-p", "skip_guard", "-p", "side_by_side", "-n", "2")
FIRST_SECONDS = 60
END_SECONDS = 30


@pytest.fixture
def plugins(pytester: pytest.Pytester) -> Path:
    """Where the plugins are, with an empty list of skips."""
    for name in ("skip_guard", "side_by_side"):
        source = (ROOT / "tests" / f"{name}.py").read_text(encoding="utf-8")
        pytester.makepyfile(**{name: source})
    pytester.path.joinpath("skips.toml").write_text("[skips]\n")
    pytester.makeini("[pytest]\nmarkers = weights: runs a model\n")
    return pytester.path


def notes(name: str, more: str = "") -> str:
    """A file with two tests that note which process they ran in, and a mark."""
    return f"""
        import os, pathlib, pytest, time

        {more}

        @pytest.mark.parametrize("number", range(2))
        def test_it(number):
            process = os.environ["PYTEST_XDIST_WORKER"]
            pathlib.Path("notes", f"{name}-{{number}}-{{process}}").touch()
            time.sleep(0.2)
    """


def test_a_file_is_one_share_and_all_weights_are_one(
    plugins: Path, pytester: pytest.Pytester
) -> None:
    plugins.joinpath("notes").mkdir()
    files = {f"test_{name}": notes(name) for name in "abcd"}
    marked = "pytestmark = pytest.mark.weights"
    files |= {f"test_{name}": notes("weights", marked) for name in ("y", "z")}
    pytester.makepyfile(**files)

    result = pytester.runpytest_subprocess(*PLUGINS)

    result.assert_outcomes(passed=12)
    processes = defaultdict(set)
    for note in plugins.joinpath("notes").iterdir():
        name, _, process = note.name.split("-")
        processes[name].add(process)
    assert set(processes) == {*"abcd", "weights"}
    assert all(len(ran) == 1 for ran in processes.values()), processes
    assert processes["a"] != processes["weights"]


def test_a_skip_and_a_failure_of_any_process_are_told(
    plugins: Path, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(
        test_a="import pytest\ndef test_a(): pytest.skip('needs a GPU')",
        test_b="import pytest\npytest.skip('needs a printer', allow_module_level=True)",
        test_c="def test_c(): pass",
    )

    result = pytester.runpytest_subprocess(*PLUGINS)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(["test_a.py::test_a: *needs a GPU*", "test_b.py: *a printer*"])

    pytester.makepyfile(test_b="def test_b(): assert not 'listed'", test_a="")
    result = pytester.runpytest_subprocess(*PLUGINS)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, failed=1)


def test_what_is_interrupted_leaves_nothing_running(
    plugins: Path, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(
        **dict.fromkeys(
            ("test_a", "test_b"),
            """
            import os, pathlib, pytest, subprocess, time

            @pytest.fixture
            def server():
                # In a session of its own, as a database is: no signal of the terminal gets there.
                server = subprocess.Popen(["sleep", "300"], start_new_session=True)
                pathlib.Path(f"server-{server.pid}").touch()
                yield
                server.terminate()
                server.wait()

            def test_it(server):
                pathlib.Path(f"test-{os.getpid()}").touch()
                time.sleep(300)
            """,
        )
    )
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", *PLUGINS],
        cwd=plugins,
        env=os.environ | {"PYTHONPATH": str(plugins)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + FIRST_SECONDS
    while len(list(plugins.glob("test-*"))) < 2:
        assert time.monotonic() < until
        time.sleep(0.05)

    os.killpg(run.pid, signal.SIGINT)

    assert run.wait(END_SECONDS) == pytest.ExitCode.INTERRUPTED
    left = [file.name for file in plugins.glob("*-[0-9]*") if _runs(file.name.split("-")[1])]
    assert left == []


def _runs(pid: str) -> bool:
    return Path("/proc", pid).exists()
