"""From OpenAI's requests to ours. Pure functions; every error names the field."""

from __future__ import annotations

import re
from typing import Final, TypeVar

from jimae.api.explain import fitted
from jimae.api.openai.answers import UsageBody
from jimae.api.openai.parameters import CHAT, COMPLETIONS
from jimae.api.openai.schema import (
    ChatMessage,
    ChatRequest,
    CompletionRequest,
    Generation,
)
from jimae.api.parameters import conflict, select, unsupported
from jimae.api.text import checked
from jimae.errors import JimaeError
from jimae.service.chat import Ask
from jimae.types import (
    ChatPrompt,
    Message,
    Prompt,
    Sampling,
    TextPart,
    TextPrompt,
    TokenPrompt,
    Usage,
)

# What OpenAI's older endpoint writes when nobody says how much.
COMPLETION_TOKENS: Final = 16

G = TypeVar("G", bound=Generation)


def chat_request(body: dict[str, object]) -> ChatRequest:
    """Validate a chat request. Raises a JimaeError of status 400."""
    working = select(body, CHAT)
    _refuse_parts(working.get("messages"))
    request = _validate(working, ChatRequest)
    if (
        request.max_tokens is not None
        and request.max_completion_tokens is not None
        and request.max_tokens != request.max_completion_tokens
    ):
        raise conflict(
            "max_completion_tokens",
            request.max_completion_tokens,
            "max_tokens",
            request.max_tokens,
        )
    return request


def completion_request(body: dict[str, object]) -> CompletionRequest:
    """Validate a completion request. Raises a JimaeError of status 400."""
    working = select(body, COMPLETIONS)
    if "prompt" in working:
        working["prompt"] = _only_prompt(working["prompt"])
    return _validate(working, CompletionRequest)


def chat_ask(request: ChatRequest) -> Ask:
    messages = tuple(
        _message(message, f"messages.{index}") for index, message in enumerate(request.messages)
    )
    return _ask(request, ChatPrompt(messages), request.max_completion_tokens or request.max_tokens)


def completion_ask(request: CompletionRequest) -> Ask:
    return _ask(request, _prompt(request.prompt), request.max_tokens or COMPLETION_TOKENS)


def usage_body(usage: Usage) -> UsageBody:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def _validate(body: dict[str, object], model: type[G]) -> G:
    request = fitted(body, model)
    if request.stream_options is not None and not request.stream:
        raise conflict("stream_options", body["stream_options"], "stream", False)
    return request


def _ask(request: Generation, prompt: Prompt, max_tokens: int | None) -> Ask:
    stop = (request.stop,) if isinstance(request.stop, str) else tuple(request.stop or ())
    for index, text in enumerate(stop):
        checked(text, "stop" if isinstance(request.stop, str) else f"stop.{index}")
    return Ask(
        model=request.model,
        prompt=prompt,
        sampling=Sampling(
            temperature=request.temperature,
            top_p=request.top_p,
            top_k=request.top_k,
            min_p=request.min_p,
            presence_penalty=request.presence_penalty,
            frequency_penalty=request.frequency_penalty,
            repeat_penalty=request.repetition_penalty,
            seed=request.seed,
            logit_bias=_biases(request.logit_bias),
        ),
        stop=stop,
        max_tokens=max_tokens,
        ignore_eos=request.ignore_eos,
        reproducible=request.reproducible,
        priority=request.priority,
        n=request.n,
        user=request.user,
    )


def _biases(biases: dict[str, float]) -> dict[int, float]:
    return {int(token): bias for token, bias in biases.items()}


def _message(message: ChatMessage, path: str) -> Message:
    content = message.content
    if content is None:
        if message.role != "assistant":
            raise JimaeError("missing_parameter", param=f"{path}.content", name=f"{path}.content")
        content = ""
    if isinstance(content, str):
        parts: tuple[TextPart, ...] = (TextPart(checked(content, f"{path}.content")),)
    else:
        parts = tuple(
            TextPart(checked(part.text, f"{path}.content.{index}.text"))
            for index, part in enumerate(content)
        )
    return Message(role=message.role, content=parts, name=message.name)


def _only_prompt(prompt: object) -> object:
    """The prompt itself, out of a list that holds nothing else. Several are refused by name."""
    if not isinstance(prompt, list):
        return prompt
    if len(prompt) == 1 and isinstance(prompt[0], str | list):
        return prompt[0]
    if any(isinstance(item, str | list) for item in prompt):
        raise unsupported("prompt", prompt)
    return prompt


def _prompt(prompt: str | list[int]) -> Prompt:
    if isinstance(prompt, str):
        return TextPrompt(checked(prompt, "prompt"))
    return TokenPrompt(tuple(prompt))


_PART_TYPE: Final = re.compile(r"[a-z_]{1,40}")


def _refuse_parts(messages: object) -> None:
    """Refuse images and other media by name, before they look like a wrong shape."""
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content") if isinstance(message, dict) else None
        for position, part in enumerate(content if isinstance(content, list) else ()):
            kind = part.get("type") if isinstance(part, dict) else None
            if isinstance(kind, str) and kind != "text" and _PART_TYPE.fullmatch(kind):
                path = f"messages.{index}.content.{position}"
                raise JimaeError("text_only", param=path, name=path, value=kind)
