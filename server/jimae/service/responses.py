"""Responses: answers that are kept, gone on from, and may be written in the background."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import msgspec

from jimae.errors import JimaeError
from jimae.service import records
from jimae.service.caller import Caller
from jimae.service.chat import Ask, Chat, Loading, RunEvent
from jimae.service.items import Item, messages_of, new_id
from jimae.service.prefixes import Forget
from jimae.service.records import Given, Record, Reference, Status, Used
from jimae.service.run import Became, Run
from jimae.service.taking import internal, kept_so_far, take_down
from jimae.service.writing import Writing
from jimae.store.store import Store
from jimae.types import ChatPrompt, Message, Queued, Started, TextPart, Usage

log = logging.getLogger(__name__)

# How long the events of a background response can be read again after its end.
EVENTS_KEPT_SECONDS: Final = 600.0
EVENTS_KEPT_RUNS: Final = 64


@dataclass(frozen=True)
class Wanted:
    """A response to write.

    `ask` has everything but the messages: those are `instructions`, what was before
    (`previous_id` or `conversation_id`), and `sent`. `shown` is what the response says
    again of its request.
    """

    ask: Ask
    prompt: ChatPrompt
    sent: Sequence[Item | Reference]
    shown: dict[str, Any]
    instructions: str | None = None
    previous_id: str | None = None
    conversation_id: str | None = None
    store: bool = True
    background: bool = False


class _ResponseRun(Run[Record]):
    """A response that is being written."""

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        self.writing = Writing()

    @property
    def now(self) -> Record:
        """The response with what is written of it so far; events tell that by themselves."""
        if self.record.finished:
            return self.record
        return msgspec.structs.replace(self.record, output=tuple(self.writing.so_far))


class Responses:
    """The responses of everybody, each found only by its owner. `forget` drops what engines
    kept of an owner's."""

    def __init__(self, store: Store, chat: Chat, forget: Forget) -> None:
        self._store = store
        self._chat = chat
        self._forget = forget
        self._runs: dict[str, _ResponseRun] = {}
        self._kept: dict[str, Run[Record]] = {}

    async def open(self) -> None:
        """Mark what the last server left unfinished."""
        left = await self._store.write(records.interrupt)
        if left:
            log.warning("%d responses were interrupted by the end of the last server", left)

    async def close(self) -> None:
        """Wait until every response that ends is stored."""
        tasks = [run.task for run in self._runs.values() if run.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    def is_live(self, response_id: str) -> bool:
        return response_id in self._runs

    # --- writing ----------------------------------------------------------------

    async def create(self, caller: Caller, wanted: Wanted) -> Run[Record]:
        """Begin a response; returns when it runs, or is in the queue.

        One in the background returns as soon as it is stored, and fails later if it
        fails. Raises what `records.begin`, `messages_of` and `Chat.answer` raise: then
        nothing is stored of it.
        """
        record = _record(caller.id, wanted)
        run = self._runs[record.id] = _ResponseRun(record)
        try:
            given = await (self._begin if wanted.store else self._look_up)(record, wanted)
        except BaseException:
            del self._runs[record.id]
            raise
        try:
            ask = replace(wanted.ask, prompt=_prompt(wanted, given))
        except JimaeError:
            del self._runs[record.id]
            await self._take_back(wanted, record)
            raise
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        name = f"response {record.id}"
        run.task = asyncio.create_task(
            self._write(run, caller, ask, wanted.store, begun), name=name
        )
        if wanted.background:
            run.add(Became(record))
            begun.cancel()
            return run
        try:
            await begun
        except JimaeError:
            await self._take_back(wanted, record)
            raise
        except asyncio.CancelledError:
            run.cancel()
            raise
        return run

    async def _begin(self, record: Record, wanted: Wanted) -> Given:
        return await self._store.write(
            partial(records.begin, record=record, sent=wanted.sent, live=self.is_live)
        )

    async def _look_up(self, record: Record, wanted: Wanted) -> Given:
        return await self._store.read(
            partial(records.look_up, record=record, sent=wanted.sent, live=self.is_live)
        )

    async def _take_back(self, wanted: Wanted, record: Record) -> None:
        if wanted.store:
            await self._store.write(
                partial(records.delete, owner=record.owner, response_id=record.id)
            )

    async def _write(
        self, run: _ResponseRun, caller: Caller, ask: Ask, store: bool, begun: asyncio.Future[None]
    ) -> None:
        """Write it to its end, whatever that is, and store how it ended before anybody is
        told. `begun` is done with the first event, or with the error that came instead."""
        writing = run.writing
        waited = False

        def before(event: RunEvent) -> None:
            nonlocal waited
            if not begun.done():
                run.add(Became(run.record))
                begun.set_result(None)
            if isinstance(event, Loading | Queued) and not waited:
                waited = True
                run.add(_became(run, "queued"))
            elif isinstance(event, Started):
                run.add(_became(run, "in_progress"))

        async def keep(items: list[Item]) -> None:
            if store:
                await self._store.write(
                    partial(records.keep_so_far, record=run.record, output=items)
                )

        async with kept_so_far(run, writing, keep):
            events = self._chat.answer(caller, ask)
            status, done, error = await take_down(events, run, writing, before)
            if error is not None and not begun.done():
                self._runs.pop(run.record.id, None)
                begun.set_exception(error)
                return
            run.ending = True
        run.add(*writing.end("completed" if status == "completed" else "incomplete"))
        record = msgspec.structs.replace(
            run.record,
            status=status,
            completed_at=time.time(),
            output=tuple(writing.items),
            used=_used(done.usage, writing.reasoning_tokens) if done else None,
            error=error.to_wire() if error else None,
            incomplete="max_output_tokens" if status == "incomplete" else None,
        )
        if store:
            record = await self._finish(record)
        self._end(run, record)

    async def _finish(self, record: Record) -> Record:
        try:
            await self._store.write(partial(records.finish, record=record))
        except Exception as error:
            told = error if isinstance(error, JimaeError) else internal(error)
            log.warning("the end of %s could not be stored: %s", record.id, told)
            return msgspec.structs.replace(record, status="failed", error=told.to_wire())
        return record

    def _end(self, run: Run[Record], record: Record) -> None:
        self._runs.pop(record.id, None)
        run.add(Became(record))
        if record.background:
            self._kept[record.id] = run
            while len(self._kept) > EVENTS_KEPT_RUNS:
                del self._kept[next(iter(self._kept))]
            loop = asyncio.get_running_loop()
            loop.call_later(EVENTS_KEPT_SECONDS, self._kept.pop, record.id, None)

    # --- what there is ------------------------------------------------------------

    async def prompt(self, owner: str, wanted: Wanted) -> ChatPrompt:
        """What the model would be shown, without anything being written or stored.

        Raises what `records.look_up` and `messages_of` raise.
        """
        prompt = _prompt(wanted, await self._look_up(_record(owner, wanted), wanted))
        if wanted.ask.tool_choice.mode == "none":
            # What may not be called is not shown either.
            prompt = msgspec.structs.replace(prompt, tools=())
        return prompt

    async def get(self, owner: str, response_id: str) -> Record:
        """A response, with what is written so far of one that runs. Raises
        `response_not_found`."""
        # Asked before: what ends while it is read has not been interrupted.
        live = self.is_live(response_id)
        record = await self._store.read(
            partial(records.get, owner=owner, response_id=response_id, live=live)
        )
        run = self._runs.get(response_id)
        return record if run is None else run.now

    async def follow(self, owner: str, response_id: str) -> Run[Record]:
        """The run of a background response, to be read from its beginning.

        Raises `response_not_found`, `response_events_gone`.
        """
        record = await self.get(owner, response_id)
        run = self._runs.get(response_id) or self._kept.get(response_id)
        if run is None or not record.background:
            raise JimaeError("response_events_gone", id=response_id)
        return run

    async def cancel(self, owner: str, response_id: str) -> Record:
        """End a background response; one that has ended stays as it is.

        Raises `response_not_found`, `response_not_background`.
        """
        record = await self.get(owner, response_id)
        if not record.background:
            raise JimaeError("response_not_background", id=response_id)
        run = self._runs.get(response_id)
        if run is None:
            return record
        run.cancel()
        return await run.ended()

    async def delete(self, owner: str, response_id: str) -> None:
        """End it if it runs, and delete what is stored of it. Raises `response_not_found`."""
        await self.get(owner, response_id)
        run = self._runs.get(response_id)
        if run is not None:
            run.cancel()
            await run.ended()
        self._kept.pop(response_id, None)
        await self._store.erase(partial(records.delete, owner=owner, response_id=response_id))
        await self._forget(owner)

    async def input_items(self, owner: str, response_id: str) -> list[Item]:
        """Everything the model was shown, oldest first. Raises `response_not_found`."""
        return await self._store.read(
            partial(records.input_items, owner=owner, response_id=response_id)
        )


def _record(owner: str, wanted: Wanted) -> Record:
    """A response before anything of it is written."""
    return Record(
        id=new_id("resp"),
        owner=owner,
        created_at=time.time(),
        status="queued" if wanted.background else "in_progress",
        model=wanted.ask.model,
        background=wanted.background,
        request=wanted.shown,
        previous_id=wanted.previous_id,
        conversation_id=wanted.conversation_id,
    )


def _prompt(wanted: Wanted, given: Given) -> ChatPrompt:
    messages = messages_of(given.history + given.new)
    if wanted.instructions is not None:
        system = Message(role="system", content=(TextPart(wanted.instructions),))
        messages = (system, *messages)
    return msgspec.structs.replace(wanted.prompt, messages=messages)


def _became(run: Run[Record], status: Status) -> Became[Record]:
    return Became(msgspec.structs.replace(run.record, status=status))


def _used(usage: Usage, reasoning: int) -> Used:
    return Used(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, reasoning)
