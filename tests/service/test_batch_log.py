"""What a batch wrote survives being cut off anywhere, and no line is there twice."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.errors import JimaeError
from jimae.service.batch_lines import Outcome, Reply, Unanswered, encode, outcome
from jimae.service.batch_log import BatchLog

USAGE = {"prompt_tokens": 3, "completion_tokens": 5}


def good(name: str) -> Outcome:
    return outcome(name, Reply(200, "req", {"usage": USAGE, "text": "日本"}))


def refused(name: str) -> Outcome:
    return outcome(name, Reply(400, "req", {"error": {}}))


def unanswered(name: str) -> Outcome:
    return outcome(name, None, Unanswered("batch_expired", "…"))


def lines(path: Path) -> list[str]:
    return [
        msgspec.json.decode(line, type=Outcome).custom_id for line in path.read_bytes().splitlines()
    ]


def log_in(folder: Path) -> BatchLog:
    return BatchLog(folder / "output", folder / "errors")


def test_answers_and_errors_go_apart(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    log.append([good("a"), refused("b"), unanswered("c"), good("d")])
    log.append([good("a"), refused("d")])
    assert (lines(log.output), lines(log.errors)) == (["a", "d"], ["b", "c"])
    assert (log.output.stat().st_mode & 0o777) == 0o600

    again = log_in(tmp_path)
    again.recover()
    assert again.progress == log.progress
    assert (again.progress.completed, again.progress.failed) == (2, 2)
    assert again.progress.usage["input_tokens"] == 6


@given(data=st.data())
def test_it_goes_on_wherever_it_was_cut(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("log")
    names = [str(number) for number in range(8)]
    whole = b"".join(encode(good(name)) for name in names)
    (folder / "output").write_bytes(whole[: data.draw(st.integers(0, len(whole)))])

    log = log_in(folder)
    log.recover()
    log.append([good(name) for name in names if name not in log.progress.done])

    assert lines(log.output) == names
    assert log.progress.completed == len(names)


def test_a_disk_that_is_full_in_the_middle_leaves_no_part_of_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_in(tmp_path)
    log.append([good("a")])
    write, left = os.write, [10]

    def full(file: int, data: bytes) -> int:
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: left.pop()])

    with monkeypatch.context() as patch:
        patch.setattr("jimae.service.batch_log.os.write", full)
        with pytest.raises(JimaeError) as caught:
            log.append([good("b")])
    assert caught.value.code == "storage_full"
    assert lines(log.output) == ["a"]
    log.append([good("b")])
    assert lines(log.output) == ["a", "b"]
