"""Models in memory: what each takes, and who has to go when another one needs room."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from jimae.catalogue.memory import Estimate
from jimae.worker.backend import Backend, Resident

RETRY_SECONDS: Final = 10.0
"""A load that failed is tried again by a request that comes this long after it began."""


class StartableBackend(Backend, Protocol):
    """A backend whose loading is begun by whoever made it."""

    @property
    def progress(self) -> float:
        """How much of the file is loaded, 0 to 1."""
        ...

    def resident(self) -> Resident | None:
        """The memory it has on this machine; None while it has none here."""
        ...

    async def start(self) -> None:
        """Begin to load and return at once."""
        ...


@dataclass
class Loaded:
    """A model that is loaded or being loaded. Times are of the monotonic clock."""

    id: str
    backend: StartableBackend
    estimate: Estimate
    begun: float = field(default_factory=time.monotonic)
    last_used: float = field(default_factory=time.monotonic)

    @property
    def takes(self) -> int:
        """Bytes that are accounted for: what it will have, or has by now. A context for vectors
        is made when somebody asks for them, and is in no estimate before."""
        if self.backend.state in ("failed", "closed"):
            return 0
        found = self.backend.resident()
        return max(self.estimate.total, found.private if found else 0)

    @property
    def outstanding(self) -> int:
        """Bytes of these that the system still calls available: not touched yet."""
        found = self.backend.resident()
        return max(0, self.takes - (found.private if found else 0))

    def can_answer(self, now: float) -> bool:
        """Whether to give it to somebody. One that failed a moment ago tells its error."""
        match self.backend.state:
            case "closed":
                return False
            case "failed":
                return now - self.begun < RETRY_SECONDS
            case _:
                return True


def room(loaded: Iterable[Loaded], limit: int, free: int) -> int:
    """Bytes that one more model may need: what is left of `limit` after the others, and no
    more than is `free` on the machine now."""
    others = list(loaded)
    accounted = limit - sum(one.takes for one in others)
    return min(accounted, free - sum(one.outstanding for one in others))


def first_to_go(idle: Iterable[Loaded], default: str | None) -> Loaded | None:
    """Of models that nobody uses, the one that was used longest ago; the default one last."""
    return min(idle, key=lambda one: (one.id == default, one.last_used), default=None)


def expired(idle: Iterable[Loaded], default: str | None, ttl: float, now: float) -> list[Loaded]:
    """Those of the idle that have not been used for `ttl` seconds; the default one stays."""
    return [one for one in idle if one.id != default and now - one.last_used >= ttl]
