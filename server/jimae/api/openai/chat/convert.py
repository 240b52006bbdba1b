"""From a chat request to what is asked of a model. Pure functions."""

from __future__ import annotations

from typing import Final

from jimae.api.openai.chat.messages import conversation, refuse_parts
from jimae.api.openai.chat.schema import ChatRequest, Effort, JsonFormat, SchemaFormat
from jimae.api.openai.chat.tools import tools_of
from jimae.api.openai.convert import common, json_text, read
from jimae.api.openai.parameters import CHAT
from jimae.api.parameters import conflict
from jimae.api.text import checked
from jimae.errors import JimaeError
from jimae.service.chat import Ask
from jimae.types import ChatPrompt, Grammar, Outputs
from jimae.types import Effort as OurEffort

_EFFORTS: Final[dict[Effort, OurEffort]] = {
    "none": "none",
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    # No model that runs here tells them apart.
    "max": "xhigh",
}


def chat_request(body: dict[str, object]) -> ChatRequest:
    """Validate a chat request. Raises a JimaeError of status 400."""
    refuse_parts(body.get("messages"))
    request = read(body, CHAT, ChatRequest)
    newer, older = request.max_completion_tokens, request.max_tokens
    if newer is not None and older is not None and newer != older:
        raise conflict("max_completion_tokens", newer, "max_tokens", older)
    if request.top_logprobs is not None and not request.logprobs:
        raise conflict("top_logprobs", request.top_logprobs, "logprobs", False)
    if request.response_format is not None and request.structured_outputs is not None:
        raise conflict(
            "structured_outputs",
            body["structured_outputs"],
            "response_format",
            body["response_format"],
        )
    return request


def chat_ask(request: ChatRequest) -> Ask:
    """Raises a JimaeError of status 400."""
    messages = conversation(request.messages)
    if request.continue_final_message and messages[-1].role != "assistant":
        path = f"messages.{len(messages) - 1}"
        raise JimaeError(
            "wrong_role", param=path, name=path, role="assistant", value=messages[-1].role
        )
    tools, choice = tools_of(request)
    fields = common(request)
    grammar = _grammar(request)
    if grammar is not None:
        fields["grammar"] = grammar
    effort = request.reasoning_effort
    return Ask(
        **fields,
        prompt=ChatPrompt(
            messages,
            continue_last=request.continue_final_message,
            tools=tools,
            reasoning_effort=_EFFORTS[effort] if effort else None,
        ),
        max_tokens=request.max_completion_tokens or request.max_tokens,
        limit_param="max_completion_tokens" if request.max_completion_tokens else "max_tokens",
        outputs=Outputs(logprobs=(request.top_logprobs or 0) if request.logprobs else None),
        tool_choice=choice,
        prediction=_prediction(request),
    )


def _grammar(request: ChatRequest) -> Grammar | None:
    match request.response_format:
        case JsonFormat():
            return Grammar("json_object")
        case SchemaFormat(json_schema=named):
            if named.schema_ is None:
                return Grammar("json_object")
            return Grammar("json_schema", json_text(named.schema_))
        case _:
            return None


def _prediction(request: ChatRequest) -> str | None:
    if request.prediction is None:
        return None
    content = request.prediction.content
    if isinstance(content, str):
        return checked(content, "prediction.content")
    return "".join(
        checked(part.text, f"prediction.content.{index}.text") for index, part in enumerate(content)
    )
