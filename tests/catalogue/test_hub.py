"""`hf:` with the hub's own library against a local server that behaves like a hub."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from catalogue.made import (
    Heard,
    Index,
    Reply,
    Web,
    gguf_bytes,
    leftovers,
    model,
    sha256,
    web,
    wheels,
)
from jimae.catalogue import installed
from jimae.catalogue.pull import pull
from jimae.catalogue.sources import base
from jimae.errors import JimaeError

DATA = gguf_bytes()
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SOURCE: dict[str, object] = {"from": "hf", "repo": "maker/tiny-GGUF", "file": "tiny.gguf"}
HEAD = "/maker/tiny-GGUF/resolve/main/tiny.gguf"
FILE = f"/maker/tiny-GGUF/resolve/{COMMIT}/tiny.gguf"
CDN = "/cdn/blob"


@dataclass
class Hub:
    """A hub that redirects to its store of large files, as the public one does."""

    data: bytes = DATA
    etag: str = f'"{sha256(DATA)}"'
    breaks: list[int] = field(default_factory=list)
    ranges: bool = True
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""

    def answer(self, path: str, headers: dict[str, str]) -> Reply:
        if self.status != 200:
            return Reply(self.status, self.headers)
        if path == CDN:
            after = self.breaks.pop(0) if self.breaks else None
            return Reply(body=self.data, break_after=after, ranges=self.ranges)
        if path not in (HEAD, FILE):
            return Reply(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        linked = {
            "X-Repo-Commit": COMMIT,
            "X-Linked-Etag": self.etag,
            "X-Linked-Size": str(len(self.data)),
            "Location": self.url + CDN,
        }
        return Reply(302, linked)


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def store(hub: Hub) -> Iterator[Web]:
    """Where the hub keeps large files: another host."""
    with web(hub.answer) as store:
        hub.url = store.url
        yield store


@pytest.fixture
def server(hub: Hub, store: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    # The library writes in pieces of 10 MB, more than these files have.
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)
    with web(hub.answer) as server:
        yield server


def test_a_file_by_way_of_a_redirect(tmp_path: Path, server: Web, store: Web) -> None:
    entry, heard = model(DATA, SOURCE), Heard()
    path = pull(entry, tmp_path, hub=server.url, progress=heard)
    assert path.read_bytes() == DATA
    assert heard.bytes == len(DATA)
    assert heard.sources == ["hf:maker/tiny-GGUF/tiny.gguf"]
    # The commit is pinned between asking and fetching.
    assert [p for m, p, _ in server.requests if m == "GET"] == [FILE]
    assert store.asked("GET", CDN) == [None]
    assert leftovers(tmp_path) == []


def test_a_broken_connection_is_taken_up_again(
    tmp_path: Path, hub: Hub, server: Web, store: Web
) -> None:
    hub.breaks = [150_000]
    assert pull(model(DATA, SOURCE), tmp_path, hub=server.url).read_bytes() == DATA
    first, second = store.asked("GET", CDN)
    assert first is None
    assert second is not None
    assert second.startswith("bytes=")
    assert second != "bytes=0-"


def test_a_second_run_goes_on_from_the_first(tmp_path: Path, server: Web, store: Web) -> None:
    half = tmp_path / ".partial" / "tiny" / f"weights-{sha256(DATA)[:16]}.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(DATA[:200_000])
    heard = Heard()
    path = pull(model(DATA, SOURCE), tmp_path, hub=server.url, progress=heard)
    assert path.read_bytes() == DATA
    assert store.asked("GET", CDN) == ["bytes=200000-"]
    assert heard.begun == [(len(DATA), 200_000)]
    assert heard.bytes == len(DATA) - 200_000


def test_a_server_that_ignores_ranges(tmp_path: Path, hub: Hub, server: Web) -> None:
    """It sends everything again; what was there must not come twice."""
    half = tmp_path / ".partial" / "tiny" / f"weights-{sha256(DATA)[:16]}.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(DATA[:200_000])
    hub.ranges = False
    assert pull(model(DATA, SOURCE), tmp_path, hub=server.url).read_bytes() == DATA


def test_a_file_that_is_not_there(tmp_path: Path, server: Web) -> None:
    source = SOURCE | {"file": "other.gguf"}
    with pytest.raises(JimaeError, match=r"does not have other\.gguf") as failed:
        pull(model(DATA, source), tmp_path, hub=server.url)
    assert failed.value.code == "pull_failed"


def test_a_gated_repository_says_what_to_do(tmp_path: Path, hub: Hub, server: Web) -> None:
    hub.status, hub.headers = 403, {"X-Error-Code": "GatedRepo"}
    with pytest.raises(JimaeError, match="set HF_TOKEN"):
        pull(model(DATA, SOURCE), tmp_path, hub=server.url)


def test_another_sum_is_refused_before_the_download(tmp_path: Path, hub: Hub, server: Web) -> None:
    hub.etag = f'"{"0" * 64}"'
    with pytest.raises(JimaeError, match="its sha256 is 000"):
        pull(model(DATA, SOURCE), tmp_path, hub=server.url)
    assert not server.asked("GET", FILE)


def test_wrong_bytes_are_removed(tmp_path: Path, hub: Hub, server: Web) -> None:
    hub.data = gguf_bytes(seed=2)
    with pytest.raises(JimaeError) as failed:
        pull(model(DATA, SOURCE), tmp_path, hub=server.url)
    assert failed.value.code == "checksum_mismatch"
    assert sha256(DATA) in failed.value.message()
    assert sha256(hub.data) in failed.value.message()
    assert leftovers(tmp_path) == []
    assert not (tmp_path / "tiny.gguf").exists()


def test_the_hub_vouches_for_an_unverified_entry(tmp_path: Path, hub: Hub, server: Web) -> None:
    """Its size is approximate, and the sum is the one of the hub's metadata."""
    entry = model(DATA[:-1000], SOURCE, verified=False)
    pull(entry, tmp_path, hub=server.url)
    record = installed.read_manifest(tmp_path, entry).of("weights")
    assert record is not None
    assert (record.sha256, record.sum_from) == (sha256(DATA), "hub")
    hub.data = gguf_bytes(seed=3)
    (tmp_path / "tiny.gguf").unlink()
    with pytest.raises(JimaeError, match="not the expected file"):
        pull(entry, tmp_path, hub=server.url)


def test_the_next_source_goes_on_with_the_same_file(
    tmp_path: Path, hub: Hub, server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub that fails in the middle, then an index: two roads to one file."""
    files, packages = wheels(DATA, 4)
    # No byte comes in the tries after the first: the library gives up.
    hub.breaks = [len(DATA) // 2] + [0] * 20
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    heard = Heard()
    with web(Index(files).answer) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"{index.url}/simple")
        path = pull(model(DATA, SOURCE, packages), tmp_path, hub=server.url, progress=heard)
    assert path.read_bytes() == DATA
    assert [error.code for error in heard.reasons] == ["source_unreachable"]
    assert len(heard.sources) == 2


def test_a_hub_that_does_not_answer_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jimae.catalogue.sources.hub.PROBE_SECONDS", 0.3)
    assert base.PROBE_SECONDS < 10
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        with pytest.raises(JimaeError, match=r"no answer within 0\.3 s"):
            pull(model(DATA, SOURCE), tmp_path, hub=f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert time.monotonic() - start < 5


def test_a_refused_connection_is_skipped_at_once(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(JimaeError, match="cannot be reached"):
        pull(model(DATA, SOURCE), tmp_path, hub="http://127.0.0.1:9")
    assert time.monotonic() - start < 8
