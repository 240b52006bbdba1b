"""From Anthropic's requests to what is asked of a model. Pure functions; every error names
the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from jimae.api.anthropic.conversation import conversation, refuse_blocks, system_message
from jimae.api.anthropic.parameters import COUNT_TOKENS, MESSAGES
from jimae.api.anthropic.schema import (
    AnyChoice,
    AutoChoice,
    Choice,
    ClientTool,
    CountTokensRequest,
    Effort,
    MessagesRequest,
    NamedChoice,
    NoChoice,
    ThinkingDisabled,
    ThinkingEnabled,
)
from jimae.api.explain import validated
from jimae.api.openai.convert import json_text
from jimae.api.parameters import unsupported
from jimae.api.text import checked
from jimae.errors import JimaeError
from jimae.service.chat import Ask
from jimae.types import ChatPrompt, Grammar, Sampling, Tool, ToolChoice
from jimae.types import Effort as OurEffort

_EFFORTS: Final[dict[Effort, OurEffort]] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    # No model that runs here tells them apart.
    "max": "xhigh",
}
# From how many tokens of budget on an effort is meant.
_BUDGETS: Final[tuple[tuple[int, OurEffort], ...]] = (
    (16_384, "high"),
    (4_096, "medium"),
    (0, "low"),
)


def messages_request(body: dict[str, object]) -> MessagesRequest:
    """Validate a request to write. Raises a JimaeError of status 400."""
    _refuse(body)
    request = validated(body, MESSAGES, MessagesRequest)
    thinking = request.thinking
    if isinstance(thinking, ThinkingEnabled) and thinking.budget_tokens >= request.max_tokens:
        raise JimaeError(
            "out_of_range",
            param="thinking.budget_tokens",
            name="thinking.budget_tokens",
            value=thinking.budget_tokens,
            limit=f"< max_tokens ({request.max_tokens})",
        )
    return request


def count_tokens_request(body: dict[str, object]) -> CountTokensRequest:
    """Validate a request to count. Raises a JimaeError of status 400."""
    _refuse(body)
    return validated(body, COUNT_TOKENS, CountTokensRequest)


def messages_ask(request: MessagesRequest) -> Ask:
    """Raises a JimaeError of status 400."""
    form = request.output_config.format
    return Ask(
        model=request.model,
        prompt=prompt(request),
        sampling=Sampling(
            temperature=request.temperature, top_p=request.top_p, top_k=request.top_k
        ),
        stop=tuple(
            checked(text, f"stop_sequences.{index}")
            for index, text in enumerate(request.stop_sequences or ())
        ),
        max_tokens=request.max_tokens,
        fit=True,
        user=request.metadata.user_id or None,
        grammar=Grammar("json_schema", json_text(form.schema_)) if form else None,
        tool_choice=_choice(request.tool_choice, request.tools or ()),
    )


def prompt(request: CountTokensRequest) -> ChatPrompt:
    """What the model is shown. Raises a JimaeError of status 400."""
    _choice(request.tool_choice, request.tools or ())
    tools = _tools(request.tools or ())
    messages = conversation(request.messages)
    return ChatPrompt(
        messages=(*system_message(request.system), *messages),
        continue_last=messages[-1].role == "assistant",
        # What may not be called is not shown either.
        tools=() if isinstance(request.tool_choice, NoChoice) else tools,
        reasoning_effort=_effort(request),
    )


def _refuse(body: dict[str, object]) -> None:
    refuse_blocks(body.get("messages"))
    tools = body.get("tools")
    for index, tool in enumerate(tools if isinstance(tools, list) else ()):
        if not isinstance(tool, dict):
            continue
        kind = tool.get("type")
        if kind not in (None, "custom"):
            raise unsupported(f"tools.{index}.type", kind)
        if tool.get("input_examples"):
            raise unsupported(f"tools.{index}.input_examples", tool["input_examples"])
        tool.pop("input_examples", None)


def _tools(tools: Sequence[ClientTool]) -> tuple[Tool, ...]:
    made: dict[str, Tool] = {}
    for index, tool in enumerate(tools):
        path = f"tools.{index}"
        if tool.name in made:
            raise JimaeError(
                "tool_twice", param=f"{path}.name", name=f"{path}.name", value=tool.name
            )
        made[tool.name] = Tool(
            name=tool.name,
            description=checked(tool.description or "", f"{path}.description"),
            parameters=checked(json_text(tool.input_schema), f"{path}.input_schema"),
            strict=bool(tool.strict),
        )
    return tuple(made.values())


def _choice(choice: Choice | None, tools: Sequence[ClientTool]) -> ToolChoice:
    if not tools:
        if isinstance(choice, AnyChoice | NamedChoice):
            raise JimaeError("missing_parameter", param="tools", name="tools")
        return ToolChoice()
    match choice:
        case None:
            return ToolChoice()
        case NoChoice():
            return ToolChoice("none")
        case AutoChoice():
            return ToolChoice("auto", parallel=not choice.disable_parallel_tool_use)
        case AnyChoice():
            return ToolChoice("required", parallel=not choice.disable_parallel_tool_use)
        case NamedChoice():
            names = [tool.name for tool in tools]
            if choice.name not in names:
                path = "tool_choice.name"
                raise JimaeError(
                    "tool_unknown",
                    param=path,
                    name=path,
                    value=choice.name,
                    tools=", ".join(names),
                )
            # The one that must be called is one call.
            return ToolChoice("required", choice.name, parallel=False)


def _effort(request: CountTokensRequest) -> OurEffort | None:
    if isinstance(request.thinking, ThinkingDisabled):
        return "none"
    if request.output_config.effort is not None:
        return _EFFORTS[request.output_config.effort]
    if isinstance(request.thinking, ThinkingEnabled):
        budget = request.thinking.budget_tokens
        return next(effort for least, effort in _BUDGETS if budget >= least)
    return None
