"""A check of the whole log in the background: begun once, and looked at until it is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from jimae.errors import JimaeError
from jimae.service.audit.proof import Report
from jimae.service.audit.verifying import Progress
from jimae.service.caller import Caller

State = Literal["none", "running", "done", "failed"]


class Standing(msgspec.Struct):
    """How far a check is, in places of the chain; times are Unix seconds."""

    state: State = "none"
    by: str | None = None
    begun_at: float | None = None
    ended_at: float | None = None
    done: int = 0
    total: int = 0
    report: Report | None = None
    error: JimaeError | None = None


class Check:
    """At most one runs: who asks for another one while it does is shown that."""

    def __init__(self, verify: Callable[[Progress], Awaitable[Report]]) -> None:
        self._verify = verify
        self._task: asyncio.Task[None] | None = None
        self.standing = Standing()

    def begin(self, caller: Caller) -> bool:
        """Whether it has begun now."""
        if self._task is not None and not self._task.done():
            return False
        self.standing = Standing(state="running", by=caller.name, begun_at=time.time())
        self._task = asyncio.create_task(self._run(self.standing))
        return True

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, standing: Standing) -> None:
        def progress(done: int, total: int) -> None:
            standing.done, standing.total = done, total

        try:
            standing.report = await self._verify(progress)
            standing.state = "done"
        except (JimaeError, OSError) as error:
            standing.error = (
                error
                if isinstance(error, JimaeError)
                else JimaeError("audit_checkpoints", reason=str(error))
            )
            standing.state = "failed"
        finally:
            standing.ended_at = time.time()
