"""Tokens of texts over HTTP, in the form that vLLM has and evaluation harnesses read."""

from __future__ import annotations

from typing import Annotated, Final, NotRequired

import msgspec
from fastapi import Request
from pydantic import Field
from typing_extensions import TypedDict

from jimae.api import allowed
from jimae.api.body import read_object
from jimae.api.explain import validated
from jimae.api.openai.chat.convert import chat_ask, chat_request
from jimae.api.openai.schema import ModelId, Strict, TokenId
from jimae.api.openai.token_text import token_text
from jimae.api.parameters import Parameter, conflict, one_of, refused, unsupported, works
from jimae.api.text import checked
from jimae.errors import JimaeError
from jimae.service.service import Service
from jimae.types import Prompt, TextPrompt

MAX_TOKENS: Final = 1 << 20

_MODEL: Final = works("The id of a model; the default model if unset.")

TOKENIZE: Final[dict[str, Parameter]] = {
    "model": _MODEL,
    "prompt": works("A text. Special tokens in it are read as such. Either it or messages."),
    "messages": works(
        "A conversation, as POST /v1/chat/completions has it: the prompt that the model's template "
        "makes of it."
    ),
    "tools": works("With messages: what the template is told of."),
    "add_generation_prompt": works(
        "With messages: up to where the answer begins; true if unset. Says nothing of a text."
    ),
    "continue_final_message": works("With messages: up to where the last one would go on."),
    "add_special_tokens": works(
        "Put before a text what the model wants it to begin with; true if unset. A template does "
        "so itself: with messages only false."
    ),
    "return_token_strs": works("The text of each token as well."),
    "chat_template": refused("A model is shown its own template."),
    "chat_template_kwargs": refused("Of vLLM's.", one_of({})),
}

DETOKENIZE: Final[dict[str, Parameter]] = {
    "model": _MODEL,
    "tokens": works("Token ids."),
}


class TokenizeRequest(Strict):
    """Body of POST /tokenize."""

    model: ModelId | None = None
    prompt: str | None = None
    messages: list[dict[str, object]] | None = None
    tools: list[dict[str, object]] | None = None
    add_generation_prompt: bool | None = None
    continue_final_message: bool = False
    add_special_tokens: bool | None = None
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
        prompt = _prompt(wanted, model)
        if isinstance(prompt, TextPrompt) and wanted.add_special_tokens is False:
            found = await tokens.tokenize(model, prompt.text)
        else:
            found = await tokens.of(model, prompt)
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
        found = model or self._service.models.files.default_id()
        await allowed.check(self._service, request, found)
        return found

    async def _body(self, request: Request) -> dict[str, object]:
        return await read_object(request, self._service.settings.server.max_body_mb)


def _prompt(wanted: TokenizeRequest, model: str) -> Prompt:
    """Raises a JimaeError of status 400."""
    if wanted.messages is None:
        for name in ("tools", "continue_final_message"):
            if value := getattr(wanted, name):
                raise conflict(name, value, "messages", None)
        if wanted.prompt is None:
            raise JimaeError("missing_parameter", param="prompt", name="prompt")
        return TextPrompt(checked(wanted.prompt, "prompt"))
    if wanted.prompt is not None:
        raise conflict("prompt", wanted.prompt, "messages", wanted.messages)
    if wanted.add_special_tokens:
        raise unsupported("add_special_tokens", True)
    if wanted.continue_final_message and wanted.add_generation_prompt:
        raise conflict("continue_final_message", True, "add_generation_prompt", True)
    asked = {
        "model": model,
        "messages": wanted.messages,
        "tools": wanted.tools or [],
        "continue_final_message": wanted.continue_final_message,
    }
    opened = wanted.add_generation_prompt is not False
    return msgspec.structs.replace(chat_ask(chat_request(asked)).prompt, opened=opened)
