"""Tokens of texts over HTTP, in the form that vLLM has and evaluation harnesses read."""

from __future__ import annotations

from typing import Annotated, Final, NotRequired

from fastapi import Request
from pydantic import Field
from typing_extensions import TypedDict

from jimae.api import allowed
from jimae.api.body import read_object
from jimae.api.explain import validated
from jimae.api.openai.schema import ModelId, Strict, TokenId
from jimae.api.openai.token_text import token_text
from jimae.api.parameters import Parameter, harmless, one_of, refused, works
from jimae.api.text import checked
from jimae.service.service import Service

MAX_TOKENS: Final = 1 << 20

_MODEL: Final = works("The id of a model; the default model if unset.")

TOKENIZE: Final[dict[str, Parameter]] = {
    "model": _MODEL,
    "prompt": works("A text. Special tokens in it are read as such."),
    "add_special_tokens": works("Put before it what the model wants a text to begin with."),
    "return_token_strs": works("The text of each token as well."),
    "messages": refused("Conversations are counted by POST /v1/messages/count_tokens."),
    "add_generation_prompt": harmless("Says nothing of a text."),
    "continue_final_message": refused("Says nothing of a text.", one_of(False)),
}

DETOKENIZE: Final[dict[str, Parameter]] = {
    "model": _MODEL,
    "tokens": works("Token ids."),
}


class TokenizeRequest(Strict):
    """Body of POST /tokenize."""

    model: ModelId | None = None
    prompt: str
    add_special_tokens: bool = True
    return_token_strs: bool = False


class DetokenizeRequest(Strict):
    """Body of POST /detokenize."""

    model: ModelId | None = None
    tokens: Annotated[list[TokenId], Field(max_length=MAX_TOKENS)]


class TokenizeBody(TypedDict):
    """`max_model_len`: the tokens that one request may hold."""

    count: int
    max_model_len: int
    tokens: list[int]
    token_strs: NotRequired[list[str]]


class DetokenizeBody(TypedDict):
    prompt: str


class TokenizerInfo(TypedDict):
    """Of one model; null where it has none."""

    model: str
    bos_token: str | None
    eos_token: str | None
    chat_template: str | None
    vocab_size: int
    model_max_length: int


class TokenizerRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def info(self, request: Request, model: str | None = None) -> TokenizerInfo:
        """What begins and ends a text, and the chat template."""
        told = await self._service.tokens.info(await self._id(request, model))
        return {
            "model": told.id,
            "bos_token": told.bos,
            "eos_token": told.eos,
            "chat_template": told.template,
            "vocab_size": told.n_vocab,
            "model_max_length": told.context,
        }

    async def tokenize(self, request: Request) -> TokenizeBody:
        """Cut a text into tokens."""
        wanted = validated(await self._body(request), TOKENIZE, TokenizeRequest)
        model, tokens = await self._id(request, wanted.model), self._service.tokens
        found = await tokens.tokenize(
            model, checked(wanted.prompt, "prompt"), begin=wanted.add_special_tokens
        )
        body: TokenizeBody = {
            "count": len(found.ids),
            "max_model_len": found.context,
            "tokens": list(found.ids),
        }
        if wanted.return_token_strs:
            pieces = [await tokens.detokenize(model, (token,)) for token in found.ids]
            body["token_strs"] = [token_text(piece) for piece in pieces]
        return body

    async def detokenize(self, request: Request) -> DetokenizeBody:
        """The text of tokens."""
        wanted = validated(await self._body(request), DETOKENIZE, DetokenizeRequest)
        model = await self._id(request, wanted.model)
        text = await self._service.tokens.detokenize(model, tuple(wanted.tokens))
        return {"prompt": text.decode(errors="replace")}

    async def _id(self, request: Request, model: str | None) -> str:
        """Raises `model_not_allowed`."""
        found = model or self._service.models.default_id()
        await allowed.check(self._service, request, found)
        return found

    async def _body(self, request: Request) -> dict[str, object]:
        return await read_object(request, self._service.settings.server.max_body_mb)
