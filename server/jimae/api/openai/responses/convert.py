"""From a request for a response to what is asked of the service. Pure functions."""

from __future__ import annotations

from typing import Any, Final

from jimae.api.explain import validated
from jimae.api.openai.convert import json_text
from jimae.api.openai.responses.items import received, said, tidied
from jimae.api.openai.responses.parameters import RESPONSES
from jimae.api.openai.responses.schema import (
    AllowedTools,
    ConversationRef,
    FunctionTool,
    JsonFormat,
    NamedFunction,
    ResponseRequest,
    SchemaFormat,
)
from jimae.api.parameters import Table, conflict, unsupported
from jimae.api.text import checked
from jimae.errors import JimaeError
from jimae.service.chat import Ask
from jimae.service.items import Item
from jimae.service.records import Reference
from jimae.service.responses import Wanted
from jimae.types import ChatPrompt, Effort, Grammar, Outputs, Sampling, Tool, ToolChoice

LOGPROBS: Final = "message.output_text.logprobs"
INCLUDES: Final = (LOGPROBS, "reasoning.encrypted_content")


def response_request(body: dict[str, object], table: Table = RESPONSES) -> ResponseRequest:
    """Validate a request, to write or to count. Raises a JimaeError of status 400."""
    body = {**body, "input": tidied(body.get("input"), "input")}
    _refuse_names(body)
    request = validated(body, table, ResponseRequest)
    if request.stream_options is not None and not request.stream:
        raise conflict("stream_options", body["stream_options"], "stream", False)
    if request.previous_response_id is not None and request.conversation is not None:
        raise conflict(
            "conversation",
            body["conversation"],
            "previous_response_id",
            request.previous_response_id,
        )
    if not request.store:
        for name in ("background", "conversation"):
            if getattr(request, name):
                raise conflict(name, body[name], "store", False)
    if not request.input and request.previous_response_id is None and not request.conversation:
        raise JimaeError("missing_parameter", param="input", name="input")
    return request


def wanted_of(request: ResponseRequest) -> Wanted:
    """Raises a JimaeError of status 400."""
    tools, choice = _tools(request)
    effort = request.reasoning.effort if request.reasoning else None
    grammar = _grammar(request)
    conversation = request.conversation
    return Wanted(
        ask=Ask(
            model=request.model,
            prompt=ChatPrompt(()),
            sampling=Sampling(
                temperature=request.temperature,
                top_p=request.top_p,
                top_k=request.top_k,
                min_p=request.min_p,
                repeat_penalty=request.repetition_penalty,
                seed=request.seed,
            ),
            max_tokens=request.max_output_tokens,
            limit_param="max_output_tokens",
            reproducible=request.reproducible,
            priority=request.priority,
            user=request.user,
            outputs=Outputs(logprobs=_logprobs(request)),
            grammar=grammar,
            tool_choice=choice,
        ),
        prompt=ChatPrompt((), tools=tools, reasoning_effort=_effort(effort)),
        sent=_sent(request),
        shown=shown(request),
        instructions=checked(request.instructions, "instructions")
        if request.instructions is not None
        else None,
        previous_id=request.previous_response_id,
        conversation_id=conversation.id
        if isinstance(conversation, ConversationRef)
        else conversation,
        store=request.store,
        background=request.background,
    )


def shown(request: ResponseRequest) -> dict[str, Any]:
    """What a response says again of its request, under OpenAI's names."""
    dumped = request.model_dump(by_alias=True, exclude_none=True)
    reasoning = {"effort": None, "summary": None, **dumped.get("reasoning", {})}
    return {
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "metadata": request.metadata,
        "parallel_tool_calls": request.parallel_tool_calls,
        "reasoning": reasoning,
        "store": request.store,
        "temperature": request.temperature,
        "text": {"format": {"type": "text"}, "verbosity": "medium", **dumped.get("text", {})},
        "tool_choice": dumped.get("tool_choice", "auto"),
        "tools": [_shown_tool(tool) for tool in request.tools],
        "top_logprobs": request.top_logprobs or 0,
        "top_p": request.top_p,
        "user": request.user,
    }


def _shown_tool(tool: FunctionTool) -> dict[str, Any]:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "strict": bool(tool.strict),
    }


def _sent(request: ResponseRequest) -> list[Item | Reference]:
    if isinstance(request.input, str):
        return [said(request.input, "input")]
    return received(request.input or [], "input")


def _refuse_names(body: dict[str, object]) -> None:
    """Refuse tools and includes that belong to OpenAI's machines by their names, before
    they look like a wrong shape."""
    for index, tool in enumerate(_list(body.get("tools"))):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if isinstance(kind, str) and kind != "function":
            raise unsupported(f"tools.{index}.type", kind)
    choice = body.get("tool_choice")
    kind = choice.get("type") if isinstance(choice, dict) else None
    if isinstance(kind, str) and kind not in ("function", "allowed_tools"):
        raise unsupported("tool_choice.type", kind)
    for index, name in enumerate(_list(body.get("include"))):
        if isinstance(name, str) and name not in INCLUDES:
            raise unsupported(f"include.{index}", name)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _tools(request: ResponseRequest) -> tuple[tuple[Tool, ...], ToolChoice]:
    tools: dict[str, Tool] = {}
    for index, tool in enumerate(request.tools):
        path = f"tools.{index}"
        if tool.name in tools:
            raise JimaeError(
                "tool_twice", param=f"{path}.name", name=f"{path}.name", value=tool.name
            )
        tools[tool.name] = _tool(tool, path)
    choice, parallel = request.tool_choice, request.parallel_tool_calls
    if not tools:
        if choice not in (None, "auto", "none"):
            raise JimaeError("missing_parameter", param="tools", name="tools")
        return (), ToolChoice()
    match choice:
        case NamedFunction(name=name):
            _known(name, tools, "tool_choice.name")
            return tuple(tools.values()), ToolChoice("required", name, parallel=False)
        case AllowedTools(tools=allowed, mode=mode):
            for index, function in enumerate(allowed):
                _known(function.name, tools, f"tool_choice.tools.{index}.name")
            names = {function.name for function in allowed}
            # What a model does not see, it does not call.
            seen = tuple(tool for name, tool in tools.items() if name in names)
            return seen, ToolChoice(mode, parallel=parallel)
        case mode:
            return tuple(tools.values()), ToolChoice(mode or "auto", parallel=parallel)


def _tool(tool: FunctionTool, path: str) -> Tool:
    fields: dict[str, Any] = {}
    if tool.parameters is not None:
        fields["parameters"] = json_text(tool.parameters)
    return Tool(
        name=tool.name,
        description=checked(tool.description or "", f"{path}.description"),
        strict=bool(tool.strict),
        **fields,
    )


def _known(name: str, tools: dict[str, Tool], path: str) -> None:
    if name not in tools:
        raise JimaeError("tool_unknown", param=path, name=path, value=name, tools=", ".join(tools))


def _grammar(request: ResponseRequest) -> Grammar | None:
    match request.text.format if request.text else None:
        case JsonFormat():
            return Grammar("json_object")
        case SchemaFormat(schema_=schema):
            return Grammar("json_schema", json_text(schema))
        case _:
            return None


def _logprobs(request: ResponseRequest) -> int | None:
    if request.top_logprobs:
        return request.top_logprobs
    return 0 if LOGPROBS in request.include else None


def _effort(effort: str | None) -> Effort | None:
    match effort:
        # No model that runs here tells them apart.
        case "max":
            return "xhigh"
        case "none" | "minimal" | "low" | "medium" | "high" | "xhigh":
            return effort
        case _:
            return None
