"""Answers that are being written now: they belong to the server, and readers come and go."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import Final

import msgspec

from jimae.errors import JimaeError
from jimae.service.caller import Caller
from jimae.service.chat import Ask, Chat
from jimae.service.chats import asking, shapes
from jimae.service.chats.asking import Asked
from jimae.service.chats.feed import Feed
from jimae.service.chats.parts import parts_of
from jimae.service.chats.shapes import Turn
from jimae.service.items import Item, new_id
from jimae.service.run import Became, Entry, Run
from jimae.service.taking import Taken, internal, kept_so_far, take_down
from jimae.service.writing import Writing
from jimae.store.store import Store
from jimae.types import ChatPrompt, Sampling

log = logging.getLogger(__name__)

# How long its events can be read again after its end.
EVENTS_KEPT_SECONDS: Final = 600.0
EVENTS_KEPT_RUNS: Final = 256


class Answering:
    """One answer that is being written, or was a moment ago."""

    def __init__(self, owner: str, chat_id: str, answer_id: str) -> None:
        self.id = new_id("run")
        self.owner = owner
        self.chat_id = chat_id
        self.run: Run[Turn] = Run(Turn(answer_id, None, "assistant", time.time(), status="running"))
        self.writing = Writing()
        self.readers = 0
        self.unread: asyncio.TimerHandle | None = None
        self.ended_by: shapes.Reason = "stopped"

    def now(self) -> Turn:
        """The answer as it is, and where its events go on."""
        turn = self.run.record
        if turn.finished:
            return turn
        return msgspec.structs.replace(
            turn,
            parts=parts_of(self.writing.so_far),
            run=shapes.Reading(self.id, len(self.run.log) - 1),
        )


class Answers:
    """The answers of all chats. `unread_seconds`: how long one goes on without a reader."""

    def __init__(self, store: Store, chat: Chat, feed: Feed, unread_seconds: float) -> None:
        self._store = store
        self._chat = chat
        self._feed = feed
        self._unread_seconds = unread_seconds
        self._by_turn: dict[str, Answering] = {}
        self._by_run: dict[str, Answering] = {}

    def is_live(self, turn_id: str) -> bool:
        return turn_id in self._by_turn

    def live_until_now(self) -> Callable[[str], bool]:
        """For what reads the store from here on: an answer that ends meanwhile is not one whose
        end was lost, although it is unfinished there and live no more."""
        return frozenset(self._by_turn).__contains__

    def now(self, turn: Turn) -> Turn:
        """A turn as it is now, if it is being written: the store knows it as it was."""
        live = self._by_turn.get(turn.id)
        if live is not None and live.run.task is None:
            # It is stored, or about to be; what is said of it then tells that it has begun.
            return turn
        if live is None and not turn.finished:
            # It ended after the store was read.
            ended = (one for one in self._by_run.values() if one.run.record.id == turn.id)
            live = next(ended, None)
        if live is None:
            return turn
        return msgspec.structs.replace(live.now(), siblings=turn.siblings)

    def expect(self, owner: str, chat_id: str, answer_id: str) -> Answering:
        """An answer is about to be stored, and is live from then on."""
        live = self._by_turn[answer_id] = Answering(owner, chat_id, answer_id)
        return live

    def dismiss(self, live: Answering) -> None:
        """It was not stored after all."""
        self._by_turn.pop(live.run.record.id, None)

    def begin(self, caller: Caller, live: Answering, asked: Asked) -> Turn:
        """Write what was stored."""
        self._by_run[live.id] = live
        live.writing = Writing(asked.before)
        live.run.add(Became(asked.answer))
        live.run.task = asyncio.create_task(
            self._write(caller, live, asked), name=f"chat {live.chat_id} {live.id}"
        )
        self._nobody_reads(live)
        return live.now()

    def events(
        self, owner: str, chat_id: str, run_id: str, after: int
    ) -> AsyncGenerator[tuple[int, Entry[Turn]], None]:
        """What happened to an answer after event number `after`, and happens, with its numbers.

        Raises `run_not_found` at once.
        """
        return self._follow(self._live(owner, chat_id, run_id), after)

    async def _follow(
        self, live: Answering, after: int
    ) -> AsyncGenerator[tuple[int, Entry[Turn]], None]:
        live.readers += 1
        if live.unread is not None:
            live.unread.cancel()
            live.unread = None
        try:
            number = after
            async with aclosing(live.run.follow(after + 1)) as entries:
                async for entry in entries:
                    number += 1
                    yield number, entry
        finally:
            live.readers -= 1
            self._nobody_reads(live)

    async def stop(self, owner: str, chat_id: str, run_id: str) -> Turn:
        """Free the model, keep what was written. Raises `run_not_found`."""
        live = self._live(owner, chat_id, run_id)
        live.run.cancel()
        return await live.run.ended()

    async def end_chat(self, chat_id: str) -> None:
        """End every answer of a chat, and wait until it is stored."""
        await self._end([live for live in self._by_turn.values() if live.chat_id == chat_id])

    async def end_owner(self, owner: str) -> None:
        """The same for everything of somebody."""
        await self._end([live for live in self._by_turn.values() if live.owner == owner])

    async def close(self) -> None:
        """Wait until every answer that ends is stored."""
        tasks = [live.run.task for live in self._by_turn.values() if live.run.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _end(self, lives: list[Answering]) -> None:
        for live in lives:
            live.run.cancel()
        for live in lives:
            await live.run.ended()

    def _live(self, owner: str, chat_id: str, run_id: str) -> Answering:
        live = self._by_run.get(run_id)
        if live is None or live.owner != owner or live.chat_id != chat_id:
            raise JimaeError("run_not_found", id=run_id)
        return live

    def _nobody_reads(self, live: Answering) -> None:
        if live.readers or live.run.record.finished or live.unread is not None:
            return

        def give_up() -> None:
            live.unread = None
            live.ended_by = "unread"
            live.run.cancel()

        loop = asyncio.get_running_loop()
        live.unread = loop.call_later(self._unread_seconds, give_up)

    async def _write(self, caller: Caller, live: Answering, asked: Asked) -> None:
        """Write it to its end, whatever that is, and store how it ended before anybody is told."""
        ask = Ask(
            model=asked.model,
            prompt=ChatPrompt(asked.messages, continue_last=bool(asked.before)),
            sampling=Sampling(temperature=asked.settings.temperature),
            attachments=asked.attachments,
        )

        async def keep(items: list[Item]) -> None:
            await self._store.write(partial(asking.keep, turn=live.run.record, items=items))

        async with kept_so_far(live.run, live.writing, keep):
            taken = await take_down(
                self._chat.answer(caller, ask), live.run, live.writing, lambda _: None
            )
            live.run.ending = True
        turn = _ended(live, taken)
        live.run.add(*live.writing.end("completed" if turn.status == "completed" else "incomplete"))
        turn = msgspec.structs.replace(turn, parts=parts_of(live.writing.items))
        try:
            await self._store.write(partial(asking.keep, turn=turn, items=live.writing.items))
        except Exception as error:
            told = error if isinstance(error, JimaeError) else internal(error)
            log.warning("the end of %s could not be stored: %s", turn.id, told)
            turn = msgspec.structs.replace(turn, status="failed", error=told.to_wire())
        self._over(live, turn)

    def _over(self, live: Answering, turn: Turn) -> None:
        if live.unread is not None:
            live.unread.cancel()
            live.unread = None
        self._by_turn.pop(turn.id, None)
        live.run.add(Became(turn))
        self._feed.changed(live.owner, live.chat_id)
        while len(self._by_run) > EVENTS_KEPT_RUNS:
            oldest = next((one for one in self._by_run.values() if one.run.record.finished), None)
            if oldest is None:
                break
            del self._by_run[oldest.id]
        loop = asyncio.get_running_loop()
        loop.call_later(EVENTS_KEPT_SECONDS, self._by_run.pop, live.id, None)


def _ended(live: Answering, taken: Taken) -> Turn:
    """How an answer ended, before it is stored."""
    turn = live.run.record
    status: shapes.Status = "completed"
    reason: shapes.Reason | None = None
    error = taken.error
    if taken.how == "incomplete":
        status, reason = "incomplete", "length"
    elif taken.how == "cancelled":
        status, reason = "incomplete", live.ended_by
    elif error is not None and error.code == "server_stopping":
        status, reason, error = "incomplete", "interrupted", None
    elif error is not None:
        status = "failed"
    usage = timings = None
    if taken.done is not None:
        used, took = taken.done.usage, taken.done.timings
        usage = shapes.Use(used.prompt_tokens, used.completion_tokens, used.cached_tokens)
        timings = shapes.Times(took.queue, took.prefill, took.decode)
    return msgspec.structs.replace(
        turn,
        status=status,
        reason=reason,
        error=error.to_wire() if error else None,
        usage=usage,
        timings=timings,
    )
