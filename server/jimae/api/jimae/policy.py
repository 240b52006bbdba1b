"""The text of use, and what would be done with a text: for everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.explain import fitted
from jimae.api.openai.schema import ModelId, Strict
from jimae.service.personal_data.found import Confidence, Reason
from jimae.service.policy import texts
from jimae.service.policy.looking import FindingKind
from jimae.service.policy.rules import Action
from jimae.service.service import Service
from jimae.store.policy_tables import PolicyText

LARGEST_VERSION = 2**31 - 1


class AcceptRequest(Strict):
    """Body of POST /jimae/me/policy: the version that was read."""

    version: Annotated[int, Field(ge=1, le=LARGEST_VERSION)]


class CheckRequest(Strict):
    """Body of POST /jimae/policy/check. Without a model: the default one."""

    text: Annotated[str, StringConstraints(max_length=1_000_000)]
    model: ModelId | None = None


class InForceBody(TypedDict):
    """The text of use in force, in Markdown; version 0 and empty if there is none."""

    version: int
    ja: str
    en: str
    published_at: float | None
    accepted: bool


class SeenBody(TypedDict):
    """Personal data at `start:end`, counted in characters (code points) of the text."""

    kind: FindingKind
    start: int
    end: int
    confidence: Confidence
    why: list[Reason]
    action: Action


class WordSeenBody(TypedDict):
    word: str
    action: Action


class CheckBody(TypedDict):
    findings: list[SeenBody]
    words: list[WordSeenBody]


class PolicyRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._store = service.store
        self._policy = service.policy

    async def get(self, request: Request) -> InForceBody:
        """The text of use in force, and whether one accepted it."""
        caller = caller_of(request)

        def find(session: Session) -> tuple[PolicyText | None, bool]:
            text = texts.current(session)
            return text, text is None or texts.has_accepted(session, caller.id, text.version)

        text, accepted = await self._store.read(find)
        return {
            "version": 0 if text is None else text.version,
            "ja": "" if text is None else text.ja,
            "en": "" if text is None else text.en,
            "published_at": None if text is None else text.created_at,
            "accepted": accepted,
        }

    async def accept(self, request: Request) -> InForceBody:
        """Accept the text of use in force."""
        body = await read_object(request, self._service.settings.server.max_body_mb)
        version = fitted(body, AcceptRequest).version
        caller = caller_of(request)
        await self._store.write(lambda session: texts.accept(session, caller, version))
        return await self.get(request)

    async def check(self, request: Request) -> CheckBody:
        """What would be done with a text, before it is sent. Nothing of it is kept."""
        body = await read_object(request, self._service.settings.server.max_body_mb)
        asked = fitted(body, CheckRequest)
        model = asked.model or self._service.models.files.default_id()
        found, words = await self._policy.check(caller_of(request), model, asked.text)
        return {
            "findings": [
                {
                    "kind": one.found.kind,
                    "start": one.found.start,
                    "end": one.found.end,
                    "confidence": one.found.confidence,
                    "why": list(one.found.why),
                    "action": one.action,
                }
                for one in found
            ],
            "words": [{"word": word.word, "action": word.action} for word in words],
        }
