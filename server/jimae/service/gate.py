"""What every request for a text passes on its way to a model, and its answer on the way back.

    limits ──► policy ──► record that it begins ──► the model
                                                        │
    reader ◄── record how it ended ◄── values restored ─┘

Nothing reaches a model that was not let in here. The record of the beginning is on the disk
before the prompt reaches the engine, that of the end before the reader is told of the end; what
was used is in the ledger by the same transaction.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from itertools import chain
from typing import Final, TypeVar

import anyio
from msgspec.structs import replace
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit import answers
from jimae.service.audit.answers import Attachment
from jimae.service.audit.record import note
from jimae.service.audit.sealing import Vault
from jimae.service.caller import Caller
from jimae.service.going import Going
from jimae.service.limits.ledger import Outcome
from jimae.service.limits.limits import Lease, Limits
from jimae.service.models import ModelPool
from jimae.service.passage import Passage, Wanted
from jimae.service.policy.looking import Looked, pieces
from jimae.service.policy.policy import Policy
from jimae.service.restoring import Restoring
from jimae.service.texts import Given, pieces_of, with_texts
from jimae.service.tokens import Tokens
from jimae.store.store import Store
from jimae.types import Delta, TextPrompt, TokenPrompt

log = logging.getLogger(__name__)

E = TypeVar("E")
Run = Callable[[Sequence[Given], int], AsyncGenerator[tuple[int, E], None]]
"""Runs what is given, at most so many sequences at once: not more than was asked for."""

STOPPED: Final = "stopped"


class Gate:
    def __init__(
        self,
        store: Store,
        limits: Limits,
        policy: Policy,
        vault: Vault,
        models: ModelPool,
        tokens: Tokens,
    ) -> None:
        self._store = store
        self._limits = limits
        self._policy = policy
        self._vault = vault
        self._models = models
        self._tokens = tokens
        self.going = Going()

    async def passing(
        self, caller: Caller, wanted: Wanted, run: Run[E]
    ) -> AsyncGenerator[tuple[int, E | Delta], None]:
        """What `run` yields, once the request was let in, with what was masked put back.

        Closing it closes `run`. Raises what limits and policy refuse, and what `run` raises.
        """
        self._models.files.path(wanted.model)
        lease = await self._admit(caller, wanted)
        going = self.going.begin(caller, wanted.model, wanted.sequences)
        try:
            looked, given, attachments = await self._look(caller, wanted)
            passage = Passage(wanted)
            begun = await self._begin(caller, wanted, given, attachments, looked)
            end = partial(self._end, passage, begun, lease)
            sequences = [
                Restoring(partial(looked.restorer, index // wanted.each))
                for index in range(wanted.sequences)
            ]
            try:
                async with aclosing(run(given, lease.at_once)) as events:
                    async for index, event in events:
                        passage.see(index, event)
                        if passage.is_whole and not passage.ended:
                            await end()
                        for told in sequences[index].take(event):
                            yield index, told
            except Exception as error:
                passage.error = error.code if isinstance(error, JimaeError) else "internal_error"
                raise
            finally:
                if not passage.ended:
                    passage.error = passage.error or STOPPED
                    with anyio.CancelScope(shield=True):
                        await _whatever_happens(end())
        finally:
            self.going.end(going)
            lease.release()

    async def _admit(self, caller: Caller, wanted: Wanted) -> Lease:
        try:
            together = min(wanted.sequences, wanted.at_once)
            return await self._limits.admit(caller, wanted.model, together)
        except JimaeError as error:
            await self._store.write(partial(self._refused, caller, wanted, error))
            raise

    def _refused(self, caller: Caller, wanted: Wanted, error: JimaeError, session: Session) -> None:
        self._limits.refuse(session, caller, wanted.model, error)
        note(
            session,
            caller,
            "answer.refuse",
            target=wanted.model,
            outcome="refused",
            details={"code": error.code},
        )

    async def _look(
        self, caller: Caller, wanted: Wanted
    ) -> tuple[Looked, list[Given], list[Attachment]]:
        """What may be sent of what is given, and the names of files as they may be recorded."""
        readable = [await self._readable(wanted.model, given) for given in wanted.given]
        texts = [pieces_of(given, prompt) for prompt, given in enumerate(readable)]
        names = pieces(file.name for file in wanted.attachments)
        try:
            looked = await self._policy.look(
                caller, wanted.model, [*chain.from_iterable(texts), *names]
            )
        except JimaeError as error:
            refuse = partial(self._limits.refuse, caller=caller, model=wanted.model, error=error)
            await self._store.write(refuse)
            raise
        rest = iter(looked.texts)
        allowed = []
        for given, readable_one, own in zip(wanted.given, readable, texts, strict=True):
            sent = [next(rest) for _ in own]
            # Tokens go on as they came, unless something in their text may not.
            same = sent == [piece.text for piece in own]
            allowed.append(given if same else with_texts(readable_one, sent))
        return looked, allowed, [replace(file, name=next(rest)) for file in wanted.attachments]

    async def _readable(self, model: str, given: Given) -> Given:
        """The same with its prompt in words, which can be looked at."""
        if not isinstance(given.prompt, TokenPrompt):
            return given
        try:
            text = await self._tokens.detokenize(model, given.prompt.ids)
        except JimaeError as error:
            if error.code != "token_out_of_range":
                raise
            # The model refuses it, too, and names the field of the request.
            return given
        return dataclasses.replace(given, prompt=TextPrompt(text.decode(errors="replace")))

    async def _begin(
        self,
        caller: Caller,
        wanted: Wanted,
        given: Sequence[Given],
        attachments: Sequence[Attachment],
        looked: Looked,
    ) -> str:
        weights = self._models.weights(wanted.model)
        asked = answers.Asked(
            model=wanted.model,
            prompts=[one.prompt for one in given],
            gguf_sha256=weights.sha256,
            template_sha256=weights.template_sha256,
            parameters=wanted.parameters,
            attachments=attachments,
            findings=[
                answers.Finding(found.kind, found.count, found.action) for found in looked.findings
            ],
        )
        return await self._store.write(
            lambda session: answers.begin(session, caller, asked, self._vault)
        )

    async def _end(self, passage: Passage, begun: str, lease: Lease) -> None:
        passage.ended = True
        ended = passage.how_it_ended()
        outcome: Outcome = "done"
        if passage.error is not None:
            outcome = "stopped" if passage.error == STOPPED else "failed"

        def store(session: Session) -> None:
            answers.end(session, begun, ended, self._vault)
            lease.charge(session, passage.usage(), passage.waited, outcome)

        await self._store.write(store)


async def _whatever_happens(ending: Awaitable[None]) -> None:
    """There is nobody left to tell: what could not be recorded now is when the server starts."""
    try:
        await ending
    except JimaeError as error:
        log.warning("the end of an answer was not recorded: %s", error)
