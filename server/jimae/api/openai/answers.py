"""Shapes that several answers share, as OpenAI's clients read them."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from jimae.errors import JimaeError
from jimae.types import FinishReason

Finish = Literal["stop", "length", "tool_calls"]


class PromptDetails(TypedDict):
    cached_tokens: int


class CompletionDetails(TypedDict):
    reasoning_tokens: int


class UsageBody(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetails
    completion_tokens_details: NotRequired[CompletionDetails]


def finish(reason: FinishReason) -> Finish:
    """Raises `server_stopping`: we never cancel what we still read, so somebody stopped
    the engine."""
    if reason == "cancelled":
        raise JimaeError("server_stopping")
    return reason
