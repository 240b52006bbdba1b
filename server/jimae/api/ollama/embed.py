"""POST /api/embed and the older /api/embeddings: vectors of texts, in Ollama's form."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Final

from fastapi import Request
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.ollama.context import check_context
from jimae.api.ollama.convert import model_id, read
from jimae.api.ollama.parameters import EMBED_OPTIONS
from jimae.api.ollama.schema import EmbedOptions
from jimae.api.openai.schema import Count, Filled, ModelId, Strict
from jimae.api.parameters import Parameter, harmless, works
from jimae.api.text import checked
from jimae.api.when_ready import WhenReady
from jimae.service.caller import Caller
from jimae.service.embeddings import EmbedAsk, floats
from jimae.service.service import Service
from jimae.types import TextPrompt

MAX_INPUTS: Final = 2048

EMBED: Final[dict[str, Parameter]] = {
    "model": works("The id of a model that makes embeddings, with or without `:latest`."),
    "input": works("A text, or up to 2048. What is too long for the model is an error, not a cut."),
    "dimensions": works(
        "Of models that the catalogue says were trained for shorter vectors; else only their own."
    ),
    "truncate": harmless("Nothing is cut, whatever this says: what is too long is an error."),
    "keep_alive": harmless("models.ttl_minutes says when models leave."),
    "options": works("See the rows that begin with it."),
    **{f"options.{name}": row for name, row in EMBED_OPTIONS.items()},
}

EMBEDDINGS: Final[dict[str, Parameter]] = {
    **{name: row for name, row in EMBED.items() if name not in ("input", "dimensions", "truncate")},
    "prompt": works("A text. What is too long for the model is an error, not a cut."),
}


class EmbedRequest(Strict):
    """Body of POST /api/embed."""

    model: ModelId
    input: Filled | Annotated[list[Filled], Field(min_length=1, max_length=MAX_INPUTS)]
    dimensions: Count | None = None
    options: EmbedOptions = EmbedOptions()


class OldEmbedRequest(Strict):
    """Body of POST /api/embeddings."""

    model: ModelId
    prompt: Filled
    options: EmbedOptions = EmbedOptions()


class OldEmbedBody(TypedDict):
    embedding: list[float]


class EmbedBody(TypedDict):
    """Durations are in nanoseconds."""

    model: str
    embeddings: list[list[float]]
    total_duration: int
    load_duration: int
    prompt_eval_count: int


class EmbedRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def create(self, request: Request) -> Response:
        """Turn texts into vectors."""
        body = await self._body(request)
        return WhenReady(partial(self.answer, caller_of(request), body))

    async def create_old(self, request: Request) -> Response:
        """Turn one text into a vector."""
        body = await self._body(request)
        return WhenReady(partial(self.answer_old, caller_of(request), body))

    async def answer_old(self, caller: Caller, body: Mapping[str, object]) -> OldEmbedBody:
        """The body of an answer to the body of an older request."""
        wanted = read(body, EMBEDDINGS, OldEmbedRequest, EMBED_OPTIONS)
        prompt = TextPrompt(checked(wanted.prompt, "prompt"))
        ask = EmbedAsk(model_id(wanted.model), (prompt,), list_given=False)
        await check_context(self._service, ask.model, wanted.options.num_ctx)
        made = await self._service.embeddings.embed(caller, ask)
        return {"embedding": floats(made.vectors[0])}

    async def answer(self, caller: Caller, body: Mapping[str, object]) -> EmbedBody:
        """The body of an answer to the body of a request."""
        begun = time.monotonic_ns()
        wanted = read(body, EMBED, EmbedRequest, EMBED_OPTIONS)
        texts = [wanted.input] if isinstance(wanted.input, str) else wanted.input
        several = isinstance(wanted.input, list)
        ask = EmbedAsk(
            model=model_id(wanted.model),
            prompts=tuple(
                TextPrompt(checked(text, f"input.{index}" if several else "input"))
                for index, text in enumerate(texts)
            ),
            dimensions=wanted.dimensions,
            list_given=several,
        )
        await check_context(self._service, ask.model, wanted.options.num_ctx)
        made = await self._service.embeddings.embed(caller, ask)
        return {
            "model": wanted.model,
            "embeddings": [floats(vector) for vector in made.vectors],
            "total_duration": time.monotonic_ns() - begun,
            "load_duration": 0,
            "prompt_eval_count": made.tokens,
        }

    async def _body(self, request: Request) -> dict[str, object]:
        limit = self._service.settings.server.max_body_mb
        return await read_object(request, limit, untyped=True)
