"""Laying down what may be sent: texts of use, rules, words, models that are trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.explain import fitted
from jimae.api.jimae.policy import LARGEST_VERSION
from jimae.api.openai.schema import ModelId, Strict
from jimae.api.parameters import works
from jimae.api.query import read_query
from jimae.service.personal_data.found import Confidence, Kind
from jimae.service.policy import book, changes, texts
from jimae.service.policy.rules import DEFAULTS, Action, Level, Models, Rule, Treatment
from jimae.service.policy.template import template
from jimae.service.policy.words import Word, WordAction
from jimae.service.service import Service
from jimae.store.policy_tables import EVERYBODY, WORD_LENGTH, PolicyText

T = TypeVar("T")
B = TypeVar("B", bound=BaseModel)

MOST_MODELS: Final = 256
MOST_SHOWN: Final = 1000

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Markdown = Annotated[str, StringConstraints(min_length=1, max_length=200_000)]
Version = Annotated[int, Field(ge=1, le=LARGEST_VERSION)]


class TextRequest(Strict):
    """Body of POST /jimae/admin/policy/texts: a version, in both languages."""

    ja: Markdown
    en: Markdown


class RuleRequest(Strict):
    """Body of PUT /jimae/admin/policy/rules. Without a group: for everybody."""

    group: Id | None = None
    kind: Kind
    models: Models = "any"
    action: Action
    confidence: Confidence = "medium"


class WordRequest(Strict):
    """Body of POST /jimae/admin/policy/words. `*` stands for up to 20 characters."""

    group: Id | None = None
    word: Annotated[str, StringConstraints(min_length=1, max_length=WORD_LENGTH)]
    action: WordAction = "refuse"


class TrustRequest(Strict):
    """Body of PUT /jimae/admin/policy/models: all models that are trusted."""

    trusted: Annotated[list[ModelId], Field(max_length=MOST_MODELS)]


class AcceptedQuery(BaseModel):
    """Without a version: the one in force."""

    model_config = ConfigDict(extra="forbid")

    version: Version | None = None
    after: Id | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_SHOWN)] = 100


ACCEPTED: Final = {
    "version": works("The version that was accepted."),
    "after": works("The id of the last one of the page before."),
    "limit": works("How many to list."),
}


class TextBody(TypedDict):
    version: int
    published_at: float
    published_by: str
    ja: str
    en: str


class TextList(TypedDict):
    data: list[TextBody]
    has_more: bool


class TemplateBody(TypedDict):
    """A text to begin with; it is in force only once it is published."""

    ja: str
    en: str


class RuleBody(TypedDict):
    """`group`: null for everybody."""

    id: str
    group: str | None
    kind: Kind
    models: Models
    level: Level
    action: Action
    confidence: Confidence


class WordBody(TypedDict):
    id: str
    group: str | None
    word: str
    level: str
    action: WordAction


class DefaultBody(TypedDict):
    kind: Kind
    action: Action
    confidence: Confidence


class PolicyOverview(TypedDict):
    """What is laid down. `defaults` hold where there is no rule."""

    version: int
    rules: list[RuleBody]
    words: list[WordBody]
    trusted: list[str]
    defaults: list[DefaultBody]


class AcceptanceBody(TypedDict):
    """`accepted_at`: null for somebody who has not accepted."""

    id: str
    name: str
    display_name: str
    accepted_at: float | None


class AcceptanceList(TypedDict):
    version: int
    data: list[AcceptanceBody]
    has_more: bool


class DeletedBody(TypedDict):
    id: str
    deleted: bool


class PolicyAdminRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._store = service.store
        self._policy = service.policy
        self._limit = service.settings.server.max_body_mb

    async def overview(self, request: Request) -> PolicyOverview:
        """Rules, words and trusted models; for a manager, of their groups and of everybody."""
        caller, now = caller_of(request), await self._store.read(book.read)
        return {
            "version": now.version,
            "rules": [_rule(rule) for rule in now.rules if changes.visible(caller, rule.owner)],
            "words": [_word(word) for word in now.words if changes.visible(caller, word.owner)],
            "trusted": sorted(now.trusted),
            "defaults": [
                {"kind": kind, "action": default.action, "confidence": default.confidence}
                for kind, default in DEFAULTS.items()
            ],
        }

    async def list_texts(self) -> TextList:
        """Every version of the text of use, the newest first."""
        found = await self._store.read(texts.versions)
        return {"data": [_text(text) for text in found], "has_more": False}

    async def publish(self, request: Request) -> TextBody:
        """Put a text of use in force: everybody is asked to accept it."""
        wanted = await self._body(request, TextRequest)
        caller = caller_of(request)
        text = await self._change(
            lambda session: texts.publish(session, caller, ja=wanted.ja, en=wanted.en)
        )
        return _text(text)

    async def template(self) -> TemplateBody:
        """A text of use to begin with."""
        offered = template()
        return {"ja": offered.ja, "en": offered.en}

    async def accepted(self, request: Request) -> AcceptanceList:
        """Who accepted a version, and who has not yet."""
        query, caller = read_query(request, ACCEPTED, AcceptedQuery), caller_of(request)

        def find(session: Session) -> AcceptanceList:
            version = query.version
            if version is None:
                version = book.current_version(session)
            else:
                texts.version(session, version)
            found, more = changes.accepted(
                session, caller, version, after=query.after, limit=query.limit
            )
            data: list[AcceptanceBody] = [
                {
                    "id": one.account_id,
                    "name": one.name,
                    "display_name": one.display_name,
                    "accepted_at": one.accepted_at,
                }
                for one in found
            ]
            return {"version": version, "data": data, "has_more": more}

        return await self._store.read(find)

    async def set_rule(self, request: Request) -> RuleBody:
        """Lay down what is done with a kind of personal data."""
        wanted = await self._body(request, RuleRequest)
        caller = caller_of(request)
        rule = await self._change(
            lambda session: changes.set_rule(
                session,
                caller,
                group=wanted.group,
                kind=wanted.kind,
                models=wanted.models,
                treatment=Treatment(wanted.action, wanted.confidence),
            )
        )
        return _rule(rule)

    async def delete_rule(self, request: Request, rule_id: str) -> DeletedBody:
        """Take a rule away: what holds for everybody, or the default, holds again."""
        caller = caller_of(request)
        await self._change(lambda session: changes.delete_rule(session, caller, rule_id))
        return {"id": rule_id, "deleted": True}

    async def add_word(self, request: Request) -> WordBody:
        """Prohibit a word."""
        wanted = await self._body(request, WordRequest)
        caller = caller_of(request)
        word = await self._change(
            lambda session: changes.add_word(
                session, caller, group=wanted.group, word=wanted.word, action=wanted.action
            )
        )
        return _word(word)

    async def delete_word(self, request: Request, word_id: str) -> DeletedBody:
        """Allow a word again."""
        caller = caller_of(request)
        await self._change(lambda session: changes.delete_word(session, caller, word_id))
        return {"id": word_id, "deleted": True}

    async def trust(self, request: Request) -> PolicyOverview:
        """Say which models are trusted."""
        wanted = await self._body(request, TrustRequest)
        caller = caller_of(request)
        await self._change(lambda session: changes.trust(session, caller, wanted.trusted))
        return await self.overview(request)

    async def _body(self, request: Request, schema: type[B]) -> B:
        return fitted(await read_object(request, self._limit), schema)

    async def _change(self, transaction: Callable[[Session], T]) -> T:
        done = await self._store.write(transaction)
        self._policy.changed()
        return done


def _group(owner: str) -> str | None:
    return None if owner == EVERYBODY else owner


def _text(text: PolicyText) -> TextBody:
    return {
        "version": text.version,
        "published_at": text.created_at,
        "published_by": text.owner,
        "ja": text.ja,
        "en": text.en,
    }


def _rule(rule: Rule) -> RuleBody:
    return {
        "id": rule.id,
        "group": _group(rule.owner),
        "kind": rule.kind,
        "models": rule.models,
        "level": rule.level,
        "action": rule.treatment.action,
        "confidence": rule.treatment.confidence,
    }


def _word(word: Word) -> WordBody:
    return {
        "id": word.id,
        "group": _group(word.owner),
        "word": word.word,
        "level": word.level,
        "action": word.action,
    }
