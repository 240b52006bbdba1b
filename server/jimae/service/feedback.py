"""What people think of answers: good or bad, and which of two models did better.

The judgement itself is kept of everybody. What was asked and answered, a remark and a corrected
answer are kept only of who consented, after the rules for personal data have masked them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, Literal, Protocol, TypeVar

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.items import new_id
from jimae.service.once_each import once_each
from jimae.service.policy.looking import Piece, pieces
from jimae.service.preferences import consents
from jimae.store.page_tables import Comparison, Judgement
from jimae.store.store import Store

R = TypeVar("R", Judgement, Comparison)
Verdict = Literal["good", "bad"]
Vote = Literal["first", "second", "both", "neither"]
EXPORT_ROWS = 500


class Looked(Protocol):
    @property
    def texts(self) -> Sequence[str]: ...


class Rules(Protocol):
    """The rules for personal data: see `service.policy`."""

    async def look(self, caller: Caller, model: str, asked: Sequence[Piece], /) -> Looked: ...


class Judged(msgspec.Struct, frozen=True):
    turn: str
    verdict: Verdict
    reasons: list[str]
    kept: bool


class Pair(msgspec.Struct, frozen=True):
    """Votes on two models, in the order of their ids."""

    first: str
    second: str
    blind: bool
    first_better: int
    second_better: int
    both: int
    neither: int


class Feedback:
    """`rules` mask whatever is kept."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self._store = store
        self._rules = rules

    async def judge(
        self,
        caller: Caller,
        turn: str,
        model: str,
        verdict: Verdict,
        reasons: Sequence[str],
        texts: Mapping[str, str],
    ) -> Judged:
        """Keep a judgement; one on the same turn gives way. `texts` may hold `question`,
        `answer`, `comment`, `correction`."""
        masked = await self._masked(caller, model, texts)

        def transaction(session: Session) -> Judged:
            kept = masked if masked and consents(session, caller.id) else None
            row = session.scalar(_of(caller.id, turn))
            if row is None:
                row = Judgement(
                    id=new_id("jdg"), owner=caller.id, turn_id=turn, created_at=time.time()
                )
                session.add(row)
            row.model, row.verdict, row.reasons, row.texts = model, verdict, list(reasons), kept
            return Judged(turn, verdict, row.reasons, bool(kept))

        return await once_each(self._store.write, transaction)

    async def judged(self, owner: str, turns: Sequence[str]) -> list[Judged]:
        """What somebody thought of these turns."""

        def transaction(session: Session) -> list[Judged]:
            mine = select(Judgement).where(Judgement.owner == owner, Judgement.turn_id.in_(turns))
            return [_judged(row) for row in session.scalars(mine)]

        return await self._store.read(transaction)

    async def take_back(self, owner: str, turn: str) -> None:
        """Delete a judgement, if there is one."""

        def transaction(session: Session) -> None:
            row = session.scalar(_of(owner, turn))
            if row is not None:
                session.delete(row)

        await self._store.erase(transaction)

    async def vote(
        self,
        caller: Caller,
        models: tuple[str, str],
        vote: Vote,
        blind: bool,
        texts: Mapping[str, str],
    ) -> bool:
        """Keep a vote; tells whether the texts were kept as well. `texts` may hold `question`,
        `first`, `second`. Raises `compare_same`."""
        first, second = models
        if first == second:
            raise JimaeError("compare_same", param="second", model=first)
        masked = await self._masked(caller, first, texts)

        def transaction(session: Session) -> bool:
            kept = masked if masked and consents(session, caller.id) else None
            session.add(
                Comparison(
                    id=new_id("cmp"),
                    owner=caller.id,
                    created_at=time.time(),
                    first=first,
                    second=second,
                    vote=vote,
                    blind=blind,
                    texts=kept,
                )
            )
            return bool(kept)

        return await self._store.write(transaction)

    async def standings(self) -> list[Pair]:
        """The votes of everybody on each pair of models."""

        def transaction(session: Session) -> list[tuple[str, str, bool, str, int]]:
            columns = (Comparison.first, Comparison.second, Comparison.blind, Comparison.vote)
            counted = select(*columns, func.count()).group_by(*columns)
            return [
                (first, second, blind, vote, count)
                for first, second, blind, vote, count in session.execute(counted)
            ]

        return tally(await self._store.read(transaction))

    async def export(self, caller: Caller, after: str | None) -> list[dict[str, Any]]:
        """Up to `EXPORT_ROWS` judgements and votes by id, after the one of that id, with the
        texts that may be kept and without who gave them."""

        def transaction(session: Session) -> list[dict[str, Any]]:
            if after is None:
                note(session, caller, "feedback.export")
            judged = [_judgement_line(row) for row in _page(session, Judgement, after)]
            voted = [_vote_line(row) for row in _page(session, Comparison, after)]
            return sorted(judged + voted, key=itemgetter("id"))[:EXPORT_ROWS]

        return await self._store.write(transaction)

    async def _masked(self, caller: Caller, model: str, texts: Mapping[str, str]) -> dict[str, str]:
        """The texts as they may be kept: none for who did not consent, and none if the rules
        refuse one of them."""
        kept = {name: text for name, text in texts.items() if text}
        if not kept or not await self._store.read(partial(consents, owner=caller.id)):
            return {}
        try:
            looked = await self._rules.look(caller, model, pieces(kept.values()))
        except JimaeError:
            return {}
        return dict(zip(kept, looked.texts, strict=True))


def tally(counts: Sequence[tuple[str, str, bool, str, int]]) -> list[Pair]:
    """Counts of (first, second, blind, vote), whichever way round a pair was shown."""
    turned: dict[Vote, Vote] = {
        "first": "second",
        "second": "first",
        "both": "both",
        "neither": "neither",
    }
    found: dict[tuple[str, str, bool], dict[str, int]] = {}
    for first, second, blind, vote, count in counts:
        if first > second:
            first, second, vote = second, first, turned[vote]  # type: ignore[index]
        votes = found.setdefault((first, second, blind), dict.fromkeys(turned, 0))
        votes[vote] += count
    return [
        Pair(*pair, votes["first"], votes["second"], votes["both"], votes["neither"])
        for pair, votes in sorted(found.items())
    ]


def _of(owner: str, turn: str) -> Any:
    return select(Judgement).where(Judgement.owner == owner, Judgement.turn_id == turn)


def _page(session: Session, table: type[R], after: str | None) -> Sequence[R]:
    rows = select(table).order_by(table.id).limit(EXPORT_ROWS)
    return session.scalars(rows if after is None else rows.where(table.id > after)).all()


def _judged(row: Judgement) -> Judged:
    return Judged(
        row.turn_id, "good" if row.verdict == "good" else "bad", row.reasons, bool(row.texts)
    )


def _judgement_line(row: Judgement) -> dict[str, Any]:
    return {
        "id": row.id,
        "created_at": row.created_at,
        "type": "judgement",
        "model": row.model,
        "verdict": row.verdict,
        "reasons": row.reasons,
        "texts": row.texts,
    }


def _vote_line(row: Comparison) -> dict[str, Any]:
    return {
        "id": row.id,
        "created_at": row.created_at,
        "type": "comparison",
        "first": row.first,
        "second": row.second,
        "vote": row.vote,
        "blind": row.blind,
        "texts": row.texts,
    }
