"""`jimae serve`: a real process, its signals, and what it says."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path
from threading import Thread

import httpx
import pytest

from fakes.files import write_gguf
from fakes.process import Process, jimae
from jimae.api.server import listen
from jimae.errors import JimaeError

# Far less than what is waited for without a reason, and enough for a machine that is busy.
DEADLINE = 20


def running(process: Process, count: int) -> tuple[list[Thread], list[str]]:
    out: list[str] = []
    began: list[int] = []
    threads = [Thread(target=process.stream, args=(out, began)) for _ in range(count)]
    for thread in threads:
        thread.start()
    while len(began) < count:
        time.sleep(0.01)
    return threads, out


def test_every_stream_ends_with_a_last_event(tmp_path: Path, processes: list[Process]) -> None:
    process = Process(tmp_path, delay=0.01, drain=0.5)
    processes.append(process)
    threads, out = running(process, 10)
    process.process.send_signal(signal.SIGTERM)
    assert process.process.wait(DEADLINE) == 0
    for thread in threads:
        thread.join(DEADLINE)
    assert len(out) == 10
    for text in out:
        last = text.strip().splitlines()[-1]
        assert last.startswith('data: {"error":')
        assert '"code":"server_stopping"' in last


def test_a_second_signal_ends_it_now(tmp_path: Path, processes: list[Process]) -> None:
    process = Process(tmp_path, delay=0.01, drain=60)
    processes.append(process)
    threads, out = running(process, 2)
    process.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert process.process.poll() is None
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{process.url}/health/live", trust_env=False)
    process.process.send_signal(signal.SIGTERM)
    assert process.process.wait(DEADLINE) == 0
    for thread in threads:
        thread.join(DEADLINE)
    assert all('"code":"server_stopping"' in text for text in out)


def test_idle_server_stops_at_once_and_never_had_the_binding(
    tmp_path: Path, processes: list[Process]
) -> None:
    process = Process(tmp_path, delay=0.01, drain=60)
    processes.append(process)
    assert httpx.get(f"{process.url}/health/ready", trust_env=False).status_code == 200
    process.process.send_signal(signal.SIGINT)
    assert process.process.wait(DEADLINE) == 0
    assert "fake を読み込んでいます…\n" in process.said


def test_no_model_is_told(tmp_path: Path) -> None:
    code, said = jimae("serve", "--port", "0", data_dir=tmp_path)
    assert code == 1
    assert "jimae pull" in said
    assert said.startswith("エラー:")
    assert "Traceback" not in said


def test_broken_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "broken.gguf").write_bytes(b"GGUF")
    code, said = jimae("serve", "--port", "0", data_dir=tmp_path)
    assert code == 1
    assert "GGUF" in said
    assert "Traceback" not in said


def test_other_hosts_are_refused(tmp_path: Path) -> None:
    code, said = jimae("serve", "--host", "0.0.0.0", data_dir=tmp_path, language="C")  # noqa: S104
    assert code == 1
    assert "jimae users add NAME --role admin" in said
    assert "SSH tunnel" in said
    assert said.startswith("error:")


def test_wrong_usage_has_code_2(tmp_path: Path) -> None:
    code, _ = jimae("serve", "--port", "many", data_dir=tmp_path)
    assert code == 2


def test_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(JimaeError, match=f"--port {port + 1 if port < 65535 else port - 1}"):
            listen("localhost", port)


def test_a_file_that_is_another_model_is_told_at_the_start(
    tmp_path: Path, processes: list[Process]
) -> None:
    write_gguf(tmp_path / "models" / "smollm2-135m.gguf")
    process = Process(tmp_path, delay=0.01, drain=60)
    processes.append(process)
    process.process.send_signal(signal.SIGINT)
    assert process.process.wait(DEADLINE) == 0
    told = next(line for line in process.said if line.startswith("警告:"))
    assert "smollm2-135m.gguf はカタログのモデル smollm2-135m の名前ですが" in told
