"""Letting requests in as far as limits allow, and charging what they used."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import event
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.caller import Caller
from jimae.service.limits import ledger
from jimae.service.limits.book import Book
from jimae.service.limits.checks import Checks, models_of
from jimae.service.limits.days import Days
from jimae.service.limits.ledger import Outcome
from jimae.service.limits.meters import Meters
from jimae.service.limits.rules import applied
from jimae.service.limits.standing import Standing, standing
from jimae.store.store import Store
from jimae.types import Usage

# How much a new answer says about how long the next one takes.
WEIGHT: Final = 0.2


class Lease:
    """A request that was let in. Whoever holds it calls `release` in every case.

    `at_once`: how many of its answers may be written at the same time, 1 to what was asked.
    """

    def __init__(self, caller: Caller, model: str, at_once: int, limits: Limits) -> None:
        self.at_once = at_once
        self._caller = caller
        self._model = model
        self._limits = limits
        self._begun = time.monotonic()
        self._released = False

    def charge(self, session: Session, usage: Usage, waited: float, outcome: Outcome) -> None:
        """Add the one row of this request to the ledger. Once it is committed, it counts.

        `usage` is the sum over its sequences; `waited` is in seconds.
        """
        self._limits.charge(
            session,
            self._caller,
            self._model,
            outcome,
            usage=usage,
            waited=waited,
            seconds=time.monotonic() - self._begun,
        )

    def release(self) -> None:
        """Its answers are written or given up; again, nothing."""
        if not self._released:
            self._released = True
            self._limits.ended(self._caller, self.at_once, time.monotonic() - self._begun)


class Limits:
    """The limits of a server over its ledger.

    `open` counts what the ledger has; `clock` tells Unix seconds. Methods that wait raise what
    `Store.read` raises.
    """

    def __init__(self, store: Store, zone: str, clock: Callable[[], float] = time.time) -> None:
        self.days = Days(zone, clock)
        self.book = Book(store)
        self._store = store
        self._meters = Meters()
        self._checks = Checks(self._meters, self.days)
        self._answer_seconds = 0.0

    async def open(self) -> None:
        """Call once, before the first request."""
        month = self.days.today()[:7]
        for spent in await self._store.read(lambda session: list(ledger.spent(session, month))):
            self._meters.add((spent.subject,), spent.day, spent.tokens)

    async def admit(self, caller: Caller, model: str, asked: int = 1) -> Lease:
        """Let a request of `asked` sequences in.

        Raises `model_not_allowed` and `hours_closed` (403), `quota_exceeded`, `rate_limited`
        and `too_many_answers` (429). Nothing waits between looking and taking: however many
        come together, tokens are overspent by those that run, and the rest is exact.
        """
        held = applied(caller, await self.book.refresh())
        at = self.days.now()
        self._checks.model(held, model)
        self._checks.hours(held, at)
        self._checks.tokens(held, at)
        self._checks.requests(held, at)
        at_once = self._checks.answers(held, asked, self._answer_seconds)
        for one in held:
            if one.rules.requests_per_minute is not None:
                self._meters.request(one.subject, at)
        self._meters.begin(ledger.subjects(caller), at_once)
        return Lease(caller, model, at_once, self)

    async def models(self, caller: Caller) -> frozenset[str] | None:
        """The models that somebody may ask; None for all."""
        return models_of(applied(caller, await self.book.refresh()))

    async def check_model(self, caller: Caller, model: str) -> None:
        """For what asks a model without being counted. Raises `model_not_allowed`."""
        self._checks.model(applied(caller, await self.book.refresh()), model)

    def standing(self, caller: Caller) -> Standing:
        """What is limited for a caller, and what is left, by the limits that were read last."""
        return standing(applied(caller, self.book.kept), self._meters, self.days, self.days.now())

    def refuse(self, session: Session, caller: Caller, model: str, error: JimaeError) -> None:
        """Add the one row of a request that was not let in, by whatever refused it."""
        day = self.days.today()
        ledger.add(session, caller, model, day, "refused", code=error.code)

    # --- for leases -------------------------------------------------------------------

    def charge(
        self,
        session: Session,
        caller: Caller,
        model: str,
        outcome: Outcome,
        *,
        usage: Usage,
        waited: float,
        seconds: float,
    ) -> None:
        day = self.days.today()
        ledger.add(
            session, caller, model, day, outcome, usage=usage, waited=waited, seconds=seconds
        )
        tokens = usage.prompt_tokens + usage.completion_tokens
        subjects = ledger.subjects(caller)

        def count(_: Session) -> None:
            self._meters.add(subjects, day, tokens)

        event.listen(session, "after_commit", count, once=True)

    def ended(self, caller: Caller, at_once: int, seconds: float) -> None:
        self._meters.end(ledger.subjects(caller), at_once)
        self._answer_seconds += WEIGHT * (seconds - self._answer_seconds)
