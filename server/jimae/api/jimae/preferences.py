"""The handlers of what somebody set for all of their chats."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from pydantic import StringConstraints
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of, owner_of
from jimae.api.explain import fitted
from jimae.api.openai.schema import Strict
from jimae.service.instructions import SENTENCES, STYLES, Preferred, Style, system_prompt
from jimae.service.service import Service


class PreferencesRequest(Strict):
    """Body of POST /jimae/preferences: all of them. `consent` lets the texts of what is judged
    be kept; without it those that were kept are deleted."""

    style: Style | None
    instructions: Annotated[str, StringConstraints(max_length=4000)]
    consent: bool


class StyleBody(TypedDict):
    id: Style
    sentence: str


class PreferencesBody(TypedDict):
    """`prompt` is the system message that follows from `style` and `instructions`; `styles` are
    those to choose from, with what a model is told of each."""

    style: Style | None
    instructions: str
    consent: bool
    prompt: str | None
    styles: list[StyleBody]


class PreferenceRoutes:
    def __init__(self, service: Service) -> None:
        self._preferences = service.preferences
        self._limit = service.settings.server.max_body_mb

    async def get(self, request: Request) -> PreferencesBody:
        """How one wants to be answered."""
        return _body(await self._preferences.get(owner_of(request)))

    async def set(self, request: Request) -> PreferencesBody:
        """Change how one wants to be answered."""
        wanted = fitted(await read_object(request, self._limit), PreferencesRequest)
        kept = Preferred(wanted.style, wanted.instructions, wanted.consent)
        return _body(await self._preferences.set(caller_of(request), kept))


def _body(kept: Preferred) -> PreferencesBody:
    return {
        "style": kept.style,
        "instructions": kept.instructions,
        "consent": kept.consent,
        "prompt": system_prompt(kept),
        "styles": [{"id": style, "sentence": SENTENCES[style]} for style in STYLES],
    }
