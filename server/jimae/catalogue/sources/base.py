"""What every source can do, and how long it may take to answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Final, NamedTuple, Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit

from jimae.catalogue.part_file import PartFile
from jimae.catalogue.progress import Progress
from jimae.errors import JimaeError

T = TypeVar("T")

PROBE_SECONDS: Final = 6.0
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 20.0
RETRIES: Final = 5


class Offer(NamedTuple):
    """What a source has: the file's bytes and sum (None if it cannot say).

    `scratch` is the most disk space, in bytes, that fetching takes beyond the
    file itself.
    """

    size: int
    sha256: str | None
    scratch: int = 0


class Fetcher(Protocol):
    """One source of one file."""

    @property
    def name(self) -> str:
        """How the source is called in messages; never holds a password."""
        ...

    def probe(self) -> Offer:
        """Ask what it has. Within `PROBE_SECONDS` it answers or raises
        `source_unreachable`, `source_missing` or `source_damaged`."""
        ...

    def fetch(self, part: PartFile, progress: Progress) -> None:
        """Bring `part` from where it is to the whole file.

        Raises the same errors, and leaves what was received for another try.
        """
        ...


def within(seconds: float, source: str, action: Callable[[], T]) -> T:
    """The action's result, or `source_unreachable` when it takes longer.

    Timeouts of HTTP clients count each address and each name server anew; this
    one holds for everything together. The thread that hangs is left behind.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(action())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="probe", daemon=True).start()
    try:
        return future.result(timeout=seconds)
    except FutureTimeout:
        if future.done():
            raise
        reason = f"no answer within {seconds:g} s"
        raise JimaeError("source_unreachable", source=source, reason=reason) from None


def without_password(url: str) -> str:
    """The URL without the name and password it may carry."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def reason_of(error: BaseException) -> str:
    """A short cause for a message: the first line, without any URL's query."""
    text = str(error).strip().splitlines()
    first = text[0].split("?")[0] if text else ""
    return (first or type(error).__name__)[:200]
