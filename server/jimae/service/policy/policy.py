"""The policy of a server: who may ask at all, and what of a request reaches a model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.record import note
from jimae.service.caller import SERVER, Caller
from jimae.service.policy import book, looking, texts
from jimae.service.policy.book import Book
from jimae.service.policy.looking import LARGE, Finding, Looked, Piece, Refused, Seen
from jimae.service.policy.telling import tell
from jimae.service.policy.words import Word, prohibited
from jimae.store.store import Store

# What a command at the terminal changes holds at the latest after this.
FRESH_SECONDS: Final = 2.0


class Policy:
    """What is laid down, kept in memory for a moment, and applied."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._book: Book | None = None
        self._read_at = 0.0
        self._changes = 0
        # Acceptances are never taken back: what was true once is true.
        self._accepted: dict[str, int] = {}

    async def look(self, caller: Caller, model: str, asked: Sequence[Piece]) -> Looked:
        """What may reach this model of the texts of one request, first to last.

        Raises `policy_not_accepted`, `prohibited_word`, `personal_data_refused`: each is
        recorded here.
        """
        current = await self.current()
        if not await self.has_accepted(caller, current.version):
            error = JimaeError("policy_not_accepted", version=current.version)
            raise await self._refusal(caller, model, error, ())
        holding = current.treatments(caller.groups, model)
        words = current.words_for(caller.groups)
        work = partial(looking.look, asked, holding, words)
        try:
            large = sum(len(piece.text) for piece in asked) >= LARGE
            looked = await asyncio.to_thread(work) if large else work()
        except Refused as refused:
            tell(refused.findings)
            raise await self._refusal(caller, model, refused.error, refused.findings) from None
        tell(looked.findings)
        return looked

    async def check(self, caller: Caller, model: str, text: str) -> tuple[list[Seen], list[Word]]:
        """What would be done with a text. Nothing of it is kept or recorded."""
        current = await self.current()
        holding = current.treatments(caller.groups, model)
        words = current.words_for(caller.groups)
        return await asyncio.to_thread(
            lambda: (looking.seen(text, holding), prohibited(text, words))
        )

    async def current(self) -> Book:
        """What is laid down now, or was `FRESH_SECONDS` ago."""
        if self._book is None or time.monotonic() - self._read_at > FRESH_SECONDS:
            begun, changes = time.monotonic(), self._changes
            found = await self._store.read(book.read)
            if changes != self._changes:  # it may be from before a change: not to be kept
                return found
            self._book, self._read_at = found, begun
        return self._book

    def changed(self) -> None:
        """What is laid down was changed: read it anew."""
        self._book = None
        self._changes += 1

    async def has_accepted(self, caller: Caller, version: int) -> bool:
        """Whether somebody accepted a version. For a key that is its owner; the server itself
        has nothing to accept, nor anybody as long as nothing was published."""
        if version == 0 or caller.id == SERVER.id:
            return True
        if self._accepted.get(caller.id) == version:
            return True
        accepted = await self._store.read(
            lambda session: texts.has_accepted(session, caller.id, version)
        )
        if accepted:
            self._accepted[caller.id] = version
        return accepted

    async def _refusal(
        self, caller: Caller, model: str, error: JimaeError, findings: tuple[Finding, ...]
    ) -> JimaeError:
        """The error to raise, once it is recorded."""

        def record(session: Session) -> None:
            found = [asdict(finding) for finding in findings]
            details = {"code": error.code, "model": model, "findings": found}
            note(session, caller, "policy.refuse", outcome="refused", details=details)

        await self._store.write(record)
        return error
