"""`jimae chat` against a server in another process, on a pipe and on a terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fakes.people import people_of
from fakes.process import ENVIRONMENT, Process
from jimae.cli.chat import describe
from jimae.cli.client import News

COMMAND = [sys.executable, "-m", "jimae.cli.main", "chat"]


@pytest.fixture
def server(tmp_path: Path, processes: list[Process]) -> Process:
    process = Process(tmp_path, delay=0.01, drain=0)
    processes.append(process)
    return process


def once(server: Process, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--url", server.url, *arguments],
        input=stdin,
        # A proxy of the environment is not asked for a server on this machine.
        env=ENVIRONMENT | {"http_proxy": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_one_question(server: Process) -> None:
    done = once(server, "首都は?")
    assert (done.returncode, done.stderr) == (0, "")
    # The escape sequence that the model wrote does not reach the terminal.
    assert done.stdout == "[31m1通目「首都は?」\n"


def test_standard_input_is_added(server: Process) -> None:
    assert "「要約して\n\n本文です」" in once(server, "要約して", stdin="本文です\n").stdout
    assert "2通目「本文です」" in once(server, "--system", "短く", stdin="本文です").stdout


def test_nothing_to_ask_and_errors(server: Process) -> None:
    empty = once(server)
    assert (empty.returncode, "入力が空です" in empty.stderr) == (1, True)
    unknown = once(server, "--model", "gpt-4", "はい")
    assert (unknown.returncode, "このサーバーにありません" in unknown.stderr) == (1, True)
    away = subprocess.run(
        [*COMMAND, "--url", "http://127.0.0.1:9", "はい"],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert away.returncode == 1
    assert "jimae serve" in away.stderr
    assert "Traceback" not in empty.stderr + unknown.stderr + away.stderr


def key_of(person: str, data_dir: Path) -> Path:
    """A file with a new key, as the help says how to make it."""
    file = data_dir / "key"
    with file.open("wb") as out:
        subprocess.run(
            [*COMMAND[:-1], *("keys", "add", person, "terminal"), "--data-dir", str(data_dir)],
            env=ENVIRONMENT,
            stdout=out,
            timeout=20,
            check=True,
        )
    return file


async def test_a_key_is_read_from_a_file(server: Process, tmp_path: Path) -> None:
    async with people_of(tmp_path) as people:
        await people.add("hanako")
    refused = once(server, "はい")
    assert (refused.returncode, "API キー" in refused.stderr) == (1, True)
    answered = once(server, "--key-file", str(key_of("hanako", tmp_path)), "はい")
    assert (answered.returncode, "「はい」" in answered.stdout) == (0, True)


class Terminal:
    """A person at a pseudo-terminal."""

    def __init__(self, server: Process) -> None:
        self._master, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, "--url", server.url],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=ENVIRONMENT | {"TERM": "xterm"},
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait_for(self, text: str, seconds: float = 30) -> str:
        """Everything shown since the last call, up to `text`."""
        end = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            self.shown += os.read(self._master, 65536).decode("utf-8", "ignore")
        before, _, self.shown = self.shown.partition(text)
        return before

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def answers_to_interrupt(self, text: str) -> bool:
        """Whether an interrupt brings a text within a second."""
        self.interrupt()
        ready, _, _ = select.select([self._master], [], [], 1.0)
        if ready:
            self.wait_for(text)
        return bool(ready)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


def test_a_conversation(server: Process) -> None:
    terminal = Terminal(server)
    try:
        terminal.wait_for("> ")
        terminal.type("こんにちは\n")
        terminal.wait_for("1通目「こんにちは」")
        terminal.type("話して\n")
        terminal.wait_for("ああああ")
        terminal.interrupt()
        terminal.wait_for("（停止しました）")
        terminal.wait_for("> ")
        terminal.type("続き\n")
        # The stopped answer is part of what was said: three questions and two answers.
        terminal.wait_for("5通目「続き」")
        terminal.type("/new\n")
        terminal.wait_for("新しい会話です。")
        terminal.type("また\n")
        terminal.wait_for("1通目「また」")
        terminal.type("/help\n")
        terminal.wait_for("Ctrl+D")
        terminal.wait_for("> ")
        # Between its prompt and its first key the input does not see it: one presses again.
        while not terminal.answers_to_interrupt("> "):
            pass
        terminal.type("\x04")
        assert terminal.process.wait(5) == 0
    finally:
        terminal.close()


def test_what_one_waits_for_is_said() -> None:
    # This process speaks whatever language it was started in.
    assert "3" in describe(News("queued position=3 seconds=2"))
    assert "5/9" in describe(News("prefill done=5 total=9"))
    assert describe(News("loading seconds=2")) != describe(News("ping"))
