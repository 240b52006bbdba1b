"""Taking down what a model writes, as entries of a run: the same for all that is kept."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Final, Literal, NamedTuple

from jimae.errors import JimaeError
from jimae.service.chat import Loading, RunEvent
from jimae.service.items import Item
from jimae.service.run import News, Run, W
from jimae.service.writing import Writing
from jimae.types import Delta, Done, FinishReason, Prefill, Queued

log = logging.getLogger(__name__)

# How often what is written is stored meanwhile, so that a crash costs no more.
KEEP_SECONDS: Final = 2.0

How = Literal["completed", "incomplete", "cancelled", "failed"]


class Taken(NamedTuple):
    """How it ended: `done` if the model came to an end, `error` if it failed."""

    how: How
    done: Done | None = None
    error: JimaeError | None = None


async def take_down(
    events: AsyncGenerator[tuple[int, RunEvent], None],
    run: Run[W],
    writing: Writing,
    before: Callable[[RunEvent], None],
) -> Taken:
    """Write until the events end, however they do; never raises.

    `before` is told of each event before its entries are added to the run. What is open in
    `writing` stays so: whoever stores the end closes it.
    """
    how: How = "failed"
    done: Done | None = None
    try:
        async with aclosing(events):
            async for _, event in events:
                before(event)
                match event:
                    case Loading() | Queued() | Prefill():
                        run.add(News(event))
                    case Delta():
                        run.add(*writing.add(event))
                    case Done():
                        done, how = event, _how(event.finish_reason)
                    case _:
                        pass
    except asyncio.CancelledError:
        return Taken("cancelled", done)
    except JimaeError as told:
        if told.text.inside is not None:
            log.error("%s: %s", run.record.id, told)
        return Taken("failed", done, told)
    except Exception as unknown:
        return Taken("failed", done, internal(unknown))
    return Taken(how, done)


@asynccontextmanager
async def kept_so_far(
    run: Run[W], writing: Writing, keep: Callable[[list[Item]], Awaitable[None]]
) -> AsyncIterator[None]:
    """Store every item now and then while it is written. What fails here may succeed at the end."""
    keeping = asyncio.create_task(_keep(run, writing, keep))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _keep(
    run: Run[W], writing: Writing, keep: Callable[[list[Item]], Awaitable[None]]
) -> None:
    kept = writing.so_far
    while True:
        await asyncio.sleep(KEEP_SECONDS)
        items = writing.so_far
        if items == kept:
            continue
        try:
            await keep(items)
        except JimaeError as error:
            log.warning("%s could not be kept so far: %s", run.record.id, error)
        else:
            kept = items


def internal(error: Exception) -> JimaeError:
    """What is told of an error that nobody expected: the reference under which it is logged."""
    reference = secrets.token_hex(4)
    log.error("internal error %s", reference, exc_info=error)
    return JimaeError("internal_error", reference=reference)


def _how(reason: FinishReason) -> How:
    match reason:
        case "length":
            return "incomplete"
        case "cancelled":
            raise JimaeError("server_stopping")
        case _:
            return "completed"
