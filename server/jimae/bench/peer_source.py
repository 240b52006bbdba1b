"""The source that a peer is built from: the llama.cpp inside llama-cpp-python.

The installed binding and the peer then run the same kernels, so a comparison
shows the servers and not two versions of llama.cpp.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import httpx

from jimae.errors import JimaeError

PACKAGE = "llama-cpp-python"
INDEX = "https://pypi.org/pypi"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Archive:
    version: str
    url: str
    sha256: str


def binding_version() -> str:
    try:
        return version(PACKAGE)
    except PackageNotFoundError as error:
        raise JimaeError("peer_source", version="?", reason=str(error)) from None


def cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "jimae" / "peers"


def locate(wanted: str, lock: Path | None = None) -> Archive:
    """Where the source package is and its sum: from uv.lock in a checkout, else the index."""
    path = lock or Path(__file__).parents[3] / "uv.lock"
    if path.is_file():
        for package in tomllib.loads(path.read_text(encoding="utf-8")).get("package", ()):
            if package["name"] == PACKAGE and package["version"] == wanted and "sdist" in package:
                sdist = package["sdist"]
                return Archive(wanted, sdist["url"], sdist["hash"].removeprefix("sha256:"))
    try:
        response = httpx.get(f"{INDEX}/{PACKAGE}/{wanted}/json", timeout=30, follow_redirects=True)
        response.raise_for_status()
        files = response.json()["urls"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise JimaeError("peer_source", version=wanted, reason=str(error)) from None
    for file in files:
        if file["packagetype"] == "sdist":
            return Archive(wanted, file["url"], file["digests"]["sha256"])
    raise JimaeError("peer_source", version=wanted, reason="the index has no source package")


def obtain(archive: Archive, folder: Path, progress: Progress) -> Path:
    """The verified archive in `folder`, downloaded unless it is there."""
    target = folder / archive.url.rsplit("/", 1)[-1]
    if target.is_file() and _sha256(target) == archive.sha256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".part")
    try:
        _download(archive.url, partial, progress)
    except (httpx.HTTPError, OSError) as error:
        raise JimaeError("peer_source", version=archive.version, reason=str(error)) from None
    found = _sha256(partial)
    if found != archive.sha256:
        partial.unlink()
        raise JimaeError(
            "peer_source",
            version=archive.version,
            reason=f"its sha256 is {found} and should be {archive.sha256}",
        )
    partial.replace(target)
    return target


def unpack(archive: Path, folder: Path) -> tuple[Path, str]:
    """The llama.cpp inside the package, unpacked under `folder`, and its commit."""
    commit = "unknown"
    root = ""
    with tarfile.open(archive) as tar:
        # Python 3.11.2, which Debian 12 has, knows no filters; the archive's sum is checked.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        for member in tar:
            root, _, inside = member.name.partition("/")
            if inside == ".git/modules/vendor/llama.cpp/HEAD":
                file = tar.extractfile(member)
                commit = file.read().decode().strip() if file else commit
            elif inside.startswith("vendor/llama.cpp/") and inside != "vendor/llama.cpp/.git":
                tar.extract(member, folder)
    source = folder / root / "vendor" / "llama.cpp"
    if not (source / "tools" / "server").is_dir():
        raise JimaeError(
            "peer_source", version=archive.name, reason="there is no tools/server in it"
        )
    return source, commit


def _download(url: str, target: Path, progress: Progress) -> None:
    with httpx.stream("GET", url, timeout=60, follow_redirects=True) as response:
        response.raise_for_status()
        total = int(response.headers.get("Content-Length", 0))
        done = shown = 0
        with target.open("wb") as file:
            for chunk in response.iter_bytes(1 << 20):
                file.write(chunk)
                done += len(chunk)
                percent = done * 100 // total if total else 0
                if percent >= shown + 10:
                    shown = percent
                    progress(f"llama.cpp source: {percent}% of {total >> 20} MiB")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
