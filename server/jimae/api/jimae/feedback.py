"""The handlers of judgements on answers, and of votes between two models."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Literal

import msgspec
from fastapi import Request
from pydantic import Field, StringConstraints
from starlette.responses import StreamingResponse
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of, owner_of
from jimae.api.explain import fitted
from jimae.api.openai.files.schema import StoredId, Texts
from jimae.api.openai.responses.queries import known_id
from jimae.api.openai.schema import ModelId, Strict
from jimae.service.caller import Caller
from jimae.service.feedback import Feedback, Judged, Pair
from jimae.service.service import Service

LINES = "application/x-ndjson"

Reason = Literal["wrong", "unclear", "incomplete", "too-long", "language", "unsafe", "other"]
Long = Annotated[str, StringConstraints(max_length=200_000)]
Remark = Annotated[str, StringConstraints(max_length=4_000)]


class JudgementRequest(Strict):
    """Body of POST /jimae/feedback. The texts are kept only of who consented."""

    turn: StoredId
    model: ModelId
    verdict: Literal["good", "bad"]
    reasons: Annotated[list[Reason], Field(max_length=7, default_factory=list)]
    question: Long = ""
    answer: Long = ""
    comment: Remark = ""
    correction: Long = ""


class ComparisonRequest(Strict):
    """Body of POST /jimae/comparisons. `blind`: the names of the models were hidden."""

    first: ModelId
    second: ModelId
    vote: Literal["first", "second", "both", "neither"]
    blind: bool
    question: Long = ""
    first_answer: Long = ""
    second_answer: Long = ""


class JudgedQuery(Texts):
    turns: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_,-]{0,16000}$")] = ""


class JudgementBody(TypedDict):
    """`kept`: its texts are, too."""

    turn: str
    verdict: Literal["good", "bad"]
    reasons: list[str]
    kept: bool


class JudgementList(TypedDict):
    data: list[JudgementBody]
    has_more: bool


class TakenBack(TypedDict):
    id: str
    deleted: Literal[True]


class VoteBody(TypedDict):
    kept: bool


class PairBody(TypedDict):
    first: str
    second: str
    blind: bool
    first_better: int
    second_better: int
    both: int
    neither: int


class PairList(TypedDict):
    data: list[PairBody]
    has_more: bool


class FeedbackRoutes:
    def __init__(self, service: Service) -> None:
        self._feedback = service.feedback
        self._limit = service.settings.server.max_body_mb

    async def judge(self, request: Request) -> JudgementBody:
        """Say what one thinks of an answer."""
        said = fitted(await read_object(request, self._limit), JudgementRequest)
        texts = said.model_dump(include={"question", "answer", "comment", "correction"})
        return _judgement(
            await self._feedback.judge(
                caller_of(request), said.turn, said.model, said.verdict, said.reasons, texts
            )
        )

    async def judged(self, request: Request) -> JudgementList:
        """What one thought of these answers."""
        query = fitted(dict(request.query_params), JudgedQuery)
        turns = [turn for turn in query.turns.split(",") if turn]
        found = await self._feedback.judged(owner_of(request), turns)
        return {"data": [_judgement(one) for one in found], "has_more": False}

    async def take_back(self, request: Request, turn_id: str) -> TakenBack:
        """Take a judgement back."""
        await self._feedback.take_back(owner_of(request), known_id(turn_id))
        return {"id": turn_id, "deleted": True}

    async def vote(self, request: Request) -> VoteBody:
        """Say which of two models did better."""
        said = fitted(await read_object(request, self._limit), ComparisonRequest)
        texts = {
            "question": said.question,
            "first": said.first_answer,
            "second": said.second_answer,
        }
        kept = await self._feedback.vote(
            caller_of(request), (said.first, said.second), said.vote, said.blind, texts
        )
        return {"kept": kept}

    async def standings(self, request: Request) -> PairList:
        """How models did against each other, in the votes of everybody."""
        found = await self._feedback.standings()
        return {"data": [_pair(one) for one in found], "has_more": False}

    async def export(self, request: Request) -> StreamingResponse:
        """Every judgement and vote as JSON Lines, with the texts that may be kept."""
        caller = caller_of(request)
        return StreamingResponse(
            lines(self._feedback, caller),
            media_type=LINES,
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": 'attachment; filename="feedback.jsonl"',
            },
        )


async def lines(feedback: Feedback, caller: Caller) -> AsyncIterator[bytes]:
    after: str | None = None
    while rows := await feedback.export(caller, after):
        yield b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
        after = rows[-1]["id"]


def _judgement(judged: Judged) -> JudgementBody:
    return {
        "turn": judged.turn,
        "verdict": judged.verdict,
        "reasons": judged.reasons,
        "kept": judged.kept,
    }


def _pair(pair: Pair) -> PairBody:
    return {
        "first": pair.first,
        "second": pair.second,
        "blind": pair.blind,
        "first_better": pair.first_better,
        "second_better": pair.second_better,
        "both": pair.both,
        "neither": pair.neither,
    }
