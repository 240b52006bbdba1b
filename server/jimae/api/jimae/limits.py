"""What people, groups and keys may use, set by administrators; and what oneself has left."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import msgspec
from fastapi import Request
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.explain import fitted
from jimae.api.jimae.statistics import LineBody, line_body
from jimae.api.openai.schema import ModelId, Strict
from jimae.errors import JimaeError
from jimae.service import statistics
from jimae.service.limits import book
from jimae.service.limits.hours import Weekday, Window
from jimae.service.limits.rules import EVERYBODY, RANGES, Count, Kind, Rules, Subject
from jimae.service.limits.standing import Part
from jimae.service.once_each import once_each
from jimae.service.service import Service
from jimae.service.statistics import Span

DAYS_SHOWN: Final = 31
SUBJECT: Final = re.compile(r"(group|account|key):([A-Za-z0-9_-]{1,64})")

Begin = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
End = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]


def _between(count: Count) -> Any:
    least, most = RANGES[count]
    return Field(ge=least, le=most)


class WindowRequest(Strict):
    """From `from` until just before `to`, on these days; one that ends before it begins goes
    on into the next day."""

    days: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    from_: Annotated[Begin, Field(alias="from")]
    to: End


class LimitRequest(Strict):
    """Body of PUT /jimae/admin/limits/{subject}: all of its limits, null for none."""

    tokens_per_day: Annotated[int, _between("tokens_per_day")] | None = None
    tokens_per_month: Annotated[int, _between("tokens_per_month")] | None = None
    requests_per_minute: Annotated[int, _between("requests_per_minute")] | None = None
    answers_at_once: Annotated[int, _between("answers_at_once")] | None = None
    models: Annotated[list[ModelId], Field(max_length=256)] | None = None
    hours: Annotated[list[WindowRequest], Field(max_length=64)] | None = None


WindowBody = TypedDict("WindowBody", {"days": list[Weekday], "from": str, "to": str})


class RulesBody(TypedDict):
    """null: not limited."""

    tokens_per_day: int | None
    tokens_per_month: int | None
    requests_per_minute: int | None
    answers_at_once: int | None
    models: list[str] | None
    hours: list[WindowBody] | None


class LimitBody(TypedDict):
    """The limits of `everybody`, `group:ID`, `account:ID` or `key:ID`, and what it is called."""

    subject: str
    kind: Kind
    id: str
    name: str
    limits: RulesBody


class LimitList(TypedDict):
    data: list[LimitBody]
    has_more: bool


class PartBody(TypedDict):
    """One limit. `returns_at`: when all of it is there again; null for answers."""

    of: Kind
    name: str
    measure: Count
    limit: int
    used: int
    left: int
    returns_at: float | None


class UsageBody(TypedDict):
    """What is limited for oneself and how much is left, and what one used, day by day.

    `models` and `hours` are null where any will do; of `hours`, each list has to be open.
    """

    time_zone: str
    limits: list[PartBody]
    models: list[str] | None
    hours: list[list[WindowBody]] | None
    days: list[LineBody]


class LimitRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._store = service.store

    async def list(self) -> LimitList:
        """Every limit that is set."""
        kept = await self._store.read(book.kept)
        data = [_body(subject, one.name, one.rules) for subject, one in sorted(kept.items())]
        return {"data": data, "has_more": False}

    async def get(self, subject: str) -> LimitBody:
        """The limits of one, as they are set; others may apply to it too."""
        wanted = subject_of(subject)
        name, rules = await self._store.read(lambda session: book.get(session, wanted))
        return _body(wanted, name, rules)

    async def put(self, request: Request, subject: str) -> LimitBody:
        """Set all limits of one. They hold from the next request on."""
        body = await read_object(request, self._service.settings.server.max_body_mb)
        return await self._put(request, subject_of(subject), _rules(fitted(body, LimitRequest)))

    async def delete(self, request: Request, subject: str) -> LimitBody:
        """Take all limits of one away."""
        return await self._put(request, subject_of(subject), Rules())

    async def usage(self, request: Request) -> UsageBody:
        """What oneself used and has left."""
        caller, limits = caller_of(request), self._service.limits
        await limits.book.refresh()
        here = limits.standing(caller)
        first = limits.days.day(here.at - (DAYS_SHOWN - 1) * 24 * 3600)
        span = Span(first, limits.days.day(here.at))
        days = await self._store.read(
            lambda session: statistics.of_account(session, caller.id, span)
        )
        return {
            "time_zone": self._service.settings.server.time_zone,
            "limits": [_part(part) for part in here.parts],
            "models": None if here.models is None else sorted(here.models),
            "hours": None if here.hours is None else [list(map(_window, h)) for h in here.hours],
            "days": [line_body(day) for day in days],
        }

    async def _put(self, request: Request, subject: Subject, rules: Rules) -> LimitBody:
        def put(session: Session) -> tuple[str, Rules]:
            book.put(session, caller_of(request), subject, rules)
            return book.get(session, subject)

        return _body(subject, *await once_each(self._store.write, put))


def subject_of(text: str) -> Subject:
    """`everybody`, `group:ID`, `account:ID`, `key:ID`. Raises `limit_subject_unreadable`."""
    if text == EVERYBODY.id:
        return EVERYBODY
    found = SUBJECT.fullmatch(text)
    if found is None:
        raise JimaeError("limit_subject_unreadable", value=text[:100])
    return Subject(msgspec.convert(found[1], Kind), found[2])


def _rules(given: LimitRequest) -> Rules:
    return Rules(
        tokens_per_day=given.tokens_per_day,
        tokens_per_month=given.tokens_per_month,
        requests_per_minute=given.requests_per_minute,
        answers_at_once=given.answers_at_once,
        models=None if given.models is None else tuple(given.models),
        hours=None
        if given.hours is None
        else tuple(Window(tuple(one.days), one.from_, one.to) for one in given.hours),
    )


def _body(subject: Subject, name: str, rules: Rules) -> LimitBody:
    return {
        "subject": str(subject),
        "kind": subject.kind,
        "id": subject.id,
        "name": name,
        "limits": {
            "tokens_per_day": rules.tokens_per_day,
            "tokens_per_month": rules.tokens_per_month,
            "requests_per_minute": rules.requests_per_minute,
            "answers_at_once": rules.answers_at_once,
            "models": None if rules.models is None else list(rules.models),
            "hours": None if rules.hours is None else [_window(one) for one in rules.hours],
        },
    }


def _window(window: Window) -> WindowBody:
    return {"days": list(window.days), "from": window.begin, "to": window.end}


def _part(part: Part) -> PartBody:
    return {
        "of": part.kind,
        "name": part.name,
        "measure": part.measure,
        "limit": part.limit,
        "used": part.used,
        "left": part.left,
        "returns_at": part.returns_at,
    }
