"""The commands in scripts/: what they decide, and what they say when something is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lib import debian, llama_wheel, places, runs, setup, shell, stamps, steps, tools

ROOT = Path(__file__).parent.parent
COMMANDS = ("start", "test", "check", "dev", "setup", "prove", "measure")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout's .cache and a user's cache of their own."""
    monkeypatch.setattr(shell, "LOG", tmp_path / "setup.log")
    monkeypatch.setattr(stamps, "STAMPS", tmp_path / "stamps")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.delenv("TEST_MODELS_DIR", raising=False)
    return tmp_path


# --- the commands themselves ----------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    done = subprocess.run(
        [ROOT / "scripts" / name, "--help"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert f"scripts/{name}" in done.stdout
    assert done.stderr == ""


def test_a_command_works_from_any_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "start", "--help"], cwd=tmp_path, capture_output=True, check=False
    )

    assert done.returncode == 0


def test_without_python_the_command_that_installs_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")

    done = subprocess.run(
        ["/bin/sh", ROOT / "scripts" / "start"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "apt-get install -y python3" in done.stderr


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    assert "scripts/test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "scripts/test" in (ROOT / "README.md").read_text(encoding="utf-8")


# --- running programs -----------------------------------------------------------------


def test_what_a_program_prints_goes_to_the_log_only(
    cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []

    shell.quiet(["echo", "[3/193] 東京"], what="no", on_line=lines.append)

    assert lines == ["[3/193] 東京\n"]
    assert "[3/193] 東京" in shell.LOG.read_text(encoding="utf-8")
    assert capfd.readouterr().out == ""


def test_a_failure_shows_the_end_of_the_log_and_the_way_out(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = "print('\\n'.join(f'line {n}.' for n in range(100))); raise SystemExit(7)"

    with pytest.raises(shell.SetupError) as caught:
        shell.quiet([sys.executable, "-c", program], what="counting failed", fix="count less")
    caught.value.show()

    said = capsys.readouterr().err
    assert "line 99." in said
    assert "line 50." not in said
    assert "counting failed (exit status 7)" in said
    assert "To fix it: count less" in said
    assert str(shell.LOG) in said


def test_a_program_that_is_not_there_is_named(cache: Path) -> None:
    with pytest.raises(shell.SetupError, match="no-such-program cannot be run"):
        shell.quiet(["no-such-program"], what="it")


# --- steps ----------------------------------------------------------------------------


def step(title: str, *, done: bool, ran: list[str], seconds: float = 60) -> steps.Step:
    return steps.Step(title, seconds, lambda: done, lambda _: ran.append(title))


def test_only_what_is_missing_is_done_and_announced(capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[str] = []
    plan = [
        step("first", done=False, ran=ran, seconds=60),
        step("second", done=True, ran=ran, seconds=600),
        step("third", done=False, ran=ran, seconds=45),
    ]

    steps.run_steps(plan, purpose="for a test")

    said = capsys.readouterr().out
    assert ran == ["first", "third"]
    assert "2 steps, about 1 min 45 s" in said
    assert "[1/2] first (about 1 min 00 s)" in said
    assert "[2/2] third (about 45 s)" in said


def test_with_nothing_to_do_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    steps.run_steps([step("first", done=True, ran=[])], purpose="for a test")

    assert capsys.readouterr().out == ""


def test_a_step_that_fails_ends_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[str] = []

    def fail(_: steps.Progress) -> None:
        raise shell.SetupError("it broke")

    plan = [steps.Step("broken", 1, lambda: False, fail), step("later", done=False, ran=ran)]

    with pytest.raises(shell.SetupError, match="it broke"):
        steps.run_steps(plan, purpose="for a test")
    assert ran == []
    assert "done in" not in capsys.readouterr().out


def test_time_left_goes_from_the_estimate_to_what_is_measured() -> None:
    progress = steps.Progress(expected=100)
    progress.started -= 60

    assert progress.left() == pytest.approx(40, abs=1)
    progress.at(0.9)
    measured = 60 * 0.1 / 0.9
    assert progress.left() == pytest.approx(40 * 0.1 + measured * 0.9, abs=1)
    progress.at(1.0)
    assert progress.left() == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (605, "10 min 05 s")]
)
def test_durations_are_readable(seconds: float, words: str) -> None:
    assert steps.duration(seconds) == words


# --- stamps ---------------------------------------------------------------------------


def test_a_stamp_holds_for_one_content(cache: Path) -> None:
    lock = cache / "lock"
    lock.write_text("a")
    before = stamps.digest(lock, "options")
    stamps.put("step", before)

    assert stamps.is_set("step", before)
    lock.write_text("b")
    assert not stamps.is_set("step", stamps.digest(lock, "options"))
    assert not stamps.is_set("other", before)


def test_parts_of_a_digest_do_not_run_together() -> None:
    assert stamps.digest("ab", "c") != stamps.digest("a", "bc")


def test_sources_leave_out_what_is_made_from_them(tmp_path: Path) -> None:
    for name in ("src/a.ts", "node_modules/b/c.js", "dist/index.html", "package.json"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    found = stamps.files_below(tmp_path, without=("node_modules", "dist"))

    assert [str(file.relative_to(tmp_path)) for file in found] == ["package.json", "src/a.ts"]


# --- llama-cpp-python -----------------------------------------------------------------


def test_the_locked_source_package_is_found() -> None:
    version, url, sha256 = llama_wheel.locked()

    assert f'"llama-cpp-python=={version}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert url.endswith(f"llama_cpp_python-{version}.tar.gz")
    assert re.fullmatch(r"[0-9a-f]{64}", sha256)


def test_a_wheel_is_not_reused_for_other_options_or_another_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CMAKE_ARGS", raising=False)
    plain = llama_wheel.key("1")
    monkeypatch.setenv("CMAKE_ARGS", "-DGGML_CUDA=on")
    with_cuda = llama_wheel.key("1")
    monkeypatch.delenv("CMAKE_ARGS")
    monkeypatch.setattr(llama_wheel, "_cpu_features", lambda: "sse2")

    assert len({plain, with_cuda, llama_wheel.key("1"), llama_wheel.key("2")}) == 4


def test_compiler_calls_are_counted() -> None:
    progress = steps.Progress(expected=100)

    llama_wheel._follow("[96/192] /usr/bin/g++ -O3 …\n", progress)
    llama_wheel._follow("warning: [0/1] nothing\n", progress)

    assert (progress.fraction, progress.note) == (0.5, "96 of 192 files")


def test_a_source_package_with_another_sum_is_refused(cache: Path) -> None:
    wheel = llama_wheel.LlamaWheel()
    source = cache / "source.tar.gz"
    source.write_bytes(b"something else")
    wheel.url = source.as_uri()

    with pytest.raises(shell.SetupError, match=f"uv.lock says {wheel.sha256}"):
        wheel.compile(steps.Progress(1))
    assert not list(wheel.folder.parent.glob("*"))


def test_a_source_package_that_cannot_be_had_is_named(cache: Path) -> None:
    wheel = llama_wheel.LlamaWheel()
    wheel.url = (cache / "absent.tar.gz").as_uri()

    with pytest.raises(shell.SetupError, match=r"absent\.tar\.gz cannot be downloaded"):
        wheel.compile(steps.Progress(1))


# --- the system's packages ------------------------------------------------------------


MISSING = debian.Need("no-such-package", "a test", lambda: False)


def test_what_is_there_is_not_installed() -> None:
    there = debian.Need("git", "a test", lambda: True)

    assert debian.step([there], seconds=1).done()
    assert not debian.step([there, MISSING], seconds=1).done()
    assert debian.step([there, MISSING], seconds=1).title == "Debian packages: no-such-package"


def test_without_root_and_sudo_the_command_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\nexit 9\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(shell.SetupError) as caught:
        debian.install(["g++", "python3-venv"], steps.Progress(1))
    assert "g++, python3-venv" in caught.value.what
    assert caught.value.fix == "as root: apt-get update && apt-get install -y g++ python3-venv"


def test_without_apt_the_packages_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(shell.SetupError, match=r"no apt-get, and these are missing: g\+\+"):
        debian.install(["g++"], steps.Progress(1))


def test_nginx_is_taken_from_where_it_was_unpacked(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert debian.nginx() is None
    assert not debian.nginx_step().done()
    program = places.user_cache() / "tools" / "nginx" / "usr" / "sbin" / "nginx"
    program.parent.mkdir(parents=True)
    program.touch()
    assert debian.nginx() == program
    assert debian.nginx_step().done()


def test_a_compiler_is_asked_for_only_where_something_is_compiled(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "COMPILER", debian.Need("g++", "a test", lambda: False))
    monkeypatch.setattr(llama_wheel.LlamaWheel, "installed", lambda _: False)
    monkeypatch.setattr(llama_wheel.LlamaWheel, "compiled", lambda _: False)
    compiling = setup.steps(test=False)[0].title
    monkeypatch.setattr(llama_wheel.LlamaWheel, "compiled", lambda _: True)

    assert "g++" in compiling
    assert "g++" not in setup.steps(test=False)[0].title


# --- tools ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "enough"),
    [("v18.20.4", False), ("v20.18.3", False), ("v20.19.0", True), ("v24.1.0", True), ("", False)],
)
def test_an_old_node_is_not_used(
    cache: Path, monkeypatch: pytest.MonkeyPatch, version: str, enough: bool
) -> None:
    folder = cache / "bin"
    folder.mkdir()
    for name in ("node", "npm"):
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))

    assert tools.node_ready() is enough


def test_what_every_checkout_shares_is_in_the_users_cache(cache: Path) -> None:
    assert tools.uv().is_relative_to(cache / "user" / "jimae")
    assert llama_wheel.LlamaWheel().folder.is_relative_to(cache / "user" / "jimae")
    assert places.test_models() == cache / "user" / "jimae" / "models"


# --- long runs ------------------------------------------------------------------------


def test_long_runs_are_listed_by_their_docstrings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "worker_kills.py").write_text('"""A killed worker is replaced.\n\nMore."""\n')

    assert runs.main_for("prove", tmp_path, "", []) == 0
    assert capsys.readouterr().out == "worker-kills  A killed worker is replaced.\n"
    with pytest.raises(shell.SetupError, match="no 'worker'"):
        runs.main_for("prove", tmp_path, "", ["worker"])


@pytest.mark.parametrize("status", [0, 1])
def test_a_long_run_is_good_if_its_program_is(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], status: int
) -> None:
    program = f'"""It counts."""\nimport sys\nprint(sys.argv[1:])\nsys.exit({status})\n'
    (tmp_path / "count.py").write_text(program)

    assert runs.main_for("prove", tmp_path, "", ["count", "--to", "3"]) == status
    said = capfd.readouterr().out
    assert "['--to', '3']" in said
    assert f"count: {'FAILED' if status else 'good'}" in said


def test_each_of_several_names_is_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(f'"""It says {name}."""\nprint("ran {name}")\n')
    assert runs.main_for("prove", tmp_path, "", ["one", "two"]) == 0
    said = capfd.readouterr().out
    assert "ran one" in said
    assert "ran two" in said
    with pytest.raises(shell.SetupError, match="no 'three'"):
        runs.main_for("prove", tmp_path, "", ["one", "three"])
    assert "ran one" not in capfd.readouterr().out


@pytest.mark.parametrize("folder", ["proofs", "measurements"])
def test_every_long_run_says_what_it_shows(folder: str) -> None:
    for name, file in runs.runs(ROOT / "scripts" / folder).items():
        assert runs.summary(file), f"{name} has no docstring"
