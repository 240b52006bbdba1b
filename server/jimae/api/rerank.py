"""POST /v1/rerank: documents by how well they answer a question, as Jina and Cohere have it.

Scores are what those return: 0 to 1. A reranker with one number has a sigmoid put behind
it, as in training; `raw_scores` gives the number itself, which is what llama.cpp's server
returns. Qwen3's rerankers say the probability of a yes, which stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Final, NotRequired

from fastapi import Request
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.explain import validated
from jimae.api.openai.schema import Count, Filled, ModelId, Strict, User
from jimae.api.parameters import Parameter, harmless, ours, refused, works
from jimae.api.text import checked
from jimae.api.when_ready import WhenReady
from jimae.service.caller import Caller
from jimae.service.embeddings import RankAsk, Ranking
from jimae.service.service import Service
from jimae.types import Priority

MAX_DOCUMENTS: Final = 2048

RERANK: Final[dict[str, Parameter]] = {
    "model": works("The id of a model that GET /v1/models says can do `rerank`."),
    "query": works("A text."),
    "documents": works(
        "Up to 2048 texts, or objects with a `text`. What is too long together with the query "
        "is an error, not a cut."
    ),
    "top_n": works("How many of the best to return; all if unset."),
    "return_documents": works("The text of each result as well."),
    "user": works("Whom the request is for: takes turns in the queue under this name."),
    "raw_scores": ours("The model's own number in place of one from 0 to 1."),
    "priority": ours("`interactive`, or `batch`: after everybody who waits for an answer."),
    "truncation": refused("Nothing is cut.", lambda value: value is False),
    "max_tokens_per_doc": refused("Nothing is cut."),
    "max_chunks_per_doc": refused("Nothing is cut."),
    "rank_fields": refused("Documents are texts."),
    "client_name": harmless("Nothing is reported to anybody."),
}


class Document(Strict):
    text: Filled


class RerankRequest(Strict):
    """Body of POST /v1/rerank."""

    model: ModelId
    query: Filled
    documents: Annotated[list[Filled | Document], Field(min_length=1, max_length=MAX_DOCUMENTS)]
    top_n: Count | None = None
    return_documents: bool = False
    user: User = None
    raw_scores: bool = False
    priority: Priority = "interactive"


class DocumentBody(TypedDict):
    text: str


class RankedBody(TypedDict):
    index: int
    relevance_score: float
    document: NotRequired[DocumentBody]


class RerankUsage(TypedDict):
    prompt_tokens: int
    total_tokens: int


class RerankBody(TypedDict):
    object: str
    model: str
    results: list[RankedBody]
    usage: RerankUsage


class RerankRoutes:
    """The handler, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def create(self, request: Request) -> Response:
        """Order documents by how well they answer a question."""
        body = await read_object(request, self._service.settings.server.max_body_mb)
        return WhenReady(partial(self.answer, caller_of(request), body))

    async def answer(self, caller: Caller, body: Mapping[str, object]) -> RerankBody:
        """The body of an answer to the body of a request."""
        wanted = validated(body, RERANK, RerankRequest)
        texts = _texts(wanted)
        ask = RankAsk(
            model=wanted.model,
            query=checked(wanted.query, "query"),
            documents=texts,
            raw_scores=wanted.raw_scores,
            user=wanted.user,
            priority=wanted.priority,
        )
        return rerank_body(wanted, texts, await self._service.embeddings.rank(caller, ask))


def rerank_body(wanted: RerankRequest, texts: tuple[str, ...], ranking: Ranking) -> RerankBody:
    """The best first; of equals, in the order in which they were sent."""
    order = sorted(range(len(texts)), key=lambda index: -ranking.scores[index])
    results: list[RankedBody] = []
    for index in order[: wanted.top_n]:
        result: RankedBody = {"index": index, "relevance_score": ranking.scores[index]}
        if wanted.return_documents:
            result["document"] = {"text": texts[index]}
        results.append(result)
    return {
        "object": "list",
        "model": wanted.model,
        "results": results,
        "usage": {"prompt_tokens": ranking.tokens, "total_tokens": ranking.tokens},
    }


def _texts(wanted: RerankRequest) -> tuple[str, ...]:
    return tuple(
        checked(document, f"documents.{index}")
        if isinstance(document, str)
        else checked(document.text, f"documents.{index}.text")
        for index, document in enumerate(wanted.documents)
    )
