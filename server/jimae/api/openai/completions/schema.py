"""What a completion request may hold, beyond what every request to write may."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from jimae.api.openai.schema import MAX_TOKEN, Alternatives, Generation, TokenId

MAX_PROMPTS = 1024

Tokens = Annotated[list[TokenId], Field(min_length=1)]


class CompletionRequest(Generation):
    """Body of POST /v1/completions."""

    prompt: (
        str
        | Tokens
        | Annotated[list[str], Field(min_length=1, max_length=MAX_PROMPTS)]
        | Annotated[list[Tokens], Field(min_length=1, max_length=MAX_PROMPTS)]
    )
    max_tokens: Annotated[int, Field(ge=0, le=MAX_TOKEN)] | None = None
    echo: bool = False
    logprobs: Alternatives | None = None
    suffix: str = ""
