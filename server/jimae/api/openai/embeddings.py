"""POST /v1/embeddings: vectors of texts or of token ids."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Final, Literal

from fastapi import Request
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.explain import validated
from jimae.api.openai.schema import Count, Filled, ModelId, Strict, TokenId, User
from jimae.api.parameters import Parameter, ours, works
from jimae.api.text import checked
from jimae.api.when_ready import WhenReady
from jimae.errors import JimaeError
from jimae.service.caller import Caller
from jimae.service.embeddings import EmbedAsk, Embedding, InputType, floats
from jimae.service.service import Service
from jimae.types import Priority, Prompt, TextPrompt, TokenPrompt

MAX_INPUTS: Final = 2048

EMBEDDINGS: Final[dict[str, Parameter]] = {
    "model": works("The id of a model that GET /v1/models says can do `embeddings`."),
    "input": works(
        "A text, an array of up to 2048, token ids, or an array of such. Ids are of the model's "
        "own vocabulary (POST /tokenize); LangChain's OpenAIEmbeddings sends those of OpenAI's "
        "unless its check_embedding_ctx_length is false. What is too long for the model is an "
        "error, not a cut."
    ),
    "encoding_format": works("`float` or `base64` (little-endian float32). Vectors have length 1."),
    "dimensions": works(
        "Of models that the catalogue says were trained for shorter vectors; else only their own."
    ),
    "user": works("Whom the request is for: takes turns in the queue under this name."),
    "input_type": ours(
        "`query` or `document`: puts before each text what the model's publisher wants there, "
        "for models of which the catalogue knows it. Unset: nothing."
    ),
    "priority": ours("`interactive`, or `batch`: after everybody who waits for an answer."),
}

Tokens = Annotated[list[TokenId], Field(min_length=1)]
Inputs = Annotated[list[Filled], Field(min_length=1)]
TokenInputs = Annotated[list[Tokens], Field(min_length=1)]


class EmbeddingRequest(Strict):
    """Body of POST /v1/embeddings."""

    model: ModelId
    input: Filled | Inputs | Tokens | TokenInputs
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Count | None = None
    user: User = None
    input_type: InputType | None = None
    priority: Priority = "interactive"


class EmbeddingBody(TypedDict):
    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingUsage(TypedDict):
    prompt_tokens: int
    total_tokens: int


class EmbeddingList(TypedDict):
    object: Literal["list"]
    data: list[EmbeddingBody]
    model: str
    usage: EmbeddingUsage


class EmbeddingRoutes:
    """The handler, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def create(self, request: Request) -> Response:
        """Turn texts into vectors."""
        body = await read_object(request, self._service.settings.server.max_body_mb)
        return WhenReady(partial(self.answer, caller_of(request), body))

    async def answer(self, caller: Caller, body: Mapping[str, object]) -> EmbeddingList:
        """The body of an answer to the body of a request."""
        wanted = embedding_request(body)
        made = await self._service.embeddings.embed(caller, embed_ask(wanted))
        return embedding_body(wanted, made)


def embedding_request(body: Mapping[str, object]) -> EmbeddingRequest:
    """Raises a JimaeError of status 400 that names the field."""
    wanted = validated(body, EMBEDDINGS, EmbeddingRequest)
    # Here, since the shapes of `input` would each tell of something else first.
    if _is_several(wanted.input) and len(wanted.input) > MAX_INPUTS:
        raise JimaeError(
            "wrong_length",
            param="input",
            name="input",
            value=len(wanted.input),
            limit=f"≤ {MAX_INPUTS}",
        )
    return wanted


def embed_ask(wanted: EmbeddingRequest) -> EmbedAsk:
    return EmbedAsk(
        model=wanted.model,
        prompts=tuple(_prompts(wanted.input)),
        dimensions=wanted.dimensions,
        input_type=wanted.input_type,
        user=wanted.user,
        priority=wanted.priority,
        list_given=_is_several(wanted.input),
    )


def embedding_body(wanted: EmbeddingRequest, made: Embedding) -> EmbeddingList:
    return {
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": base64.b64encode(vector).decode()
                if wanted.encoding_format == "base64"
                else floats(vector),
            }
            for index, vector in enumerate(made.vectors)
        ],
        "model": wanted.model,
        "usage": {"prompt_tokens": made.tokens, "total_tokens": made.tokens},
    }


def _is_several(given: str | list[str] | list[int] | list[list[int]]) -> bool:
    return isinstance(given, list) and not isinstance(given[0], int)


def _prompts(given: str | list[str] | list[int] | list[list[int]]) -> list[Prompt]:
    if isinstance(given, str):
        return [TextPrompt(checked(given, "input"))]
    items: Sequence[str | int | list[int]] = given
    prompts: list[Prompt] = []
    ids: list[int] = []
    for index, item in enumerate(items):
        if isinstance(item, int):
            ids.append(item)
        elif isinstance(item, str):
            prompts.append(TextPrompt(checked(item, f"input.{index}")))
        else:
            prompts.append(TokenPrompt(tuple(item)))
    return prompts or [TokenPrompt(tuple(ids))]
