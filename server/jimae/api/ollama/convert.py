"""From Ollama's requests to what is asked of a model. Pure functions; every error names the
field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from jimae.api.explain import M, validated
from jimae.api.ollama.parameters import CHAT, GENERATE, OPTIONS
from jimae.api.ollama.schema import (
    ChatMessage,
    Level,
    OllamaChatRequest,
    OllamaGenerateRequest,
    Options,
    Writing,
)
from jimae.api.ollama.schema import Tool as ToolBody
from jimae.api.openai.convert import json_text
from jimae.api.parameters import Table, conflict, select, unsupported
from jimae.api.text import checked
from jimae.errors import JimaeError
from jimae.service.chat import Ask
from jimae.types import (
    ChatPrompt,
    Effort,
    Grammar,
    InfillPrompt,
    Message,
    Outputs,
    Prompt,
    Sampling,
    TextPart,
    TextPrompt,
    Tool,
    ToolCall,
)

LATEST: Final = ":latest"
# A duration of nothing: 0, 0.0, 0s, 0m.
_ZERO: Final = re.compile(r"0+(\.0*)?[a-zµ]*")
_EFFORTS: Final[dict[bool | Level, Effort]] = {
    False: "none",
    True: "medium",
    "low": "low",
    "medium": "medium",
    "high": "high",
    # No model that runs here tells them apart.
    "max": "xhigh",
}


def model_id(name: str) -> str:
    """The id of a model by the name that Ollama gives it."""
    return name.removesuffix(LATEST)


def chat_request(body: Mapping[str, object]) -> OllamaChatRequest:
    """Validate a chat request. Raises a JimaeError of status 400."""
    messages = body.get("messages")
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, dict) and message.get("images"):
            path = f"messages.{index}.images"
            raise JimaeError("text_only", param=path, name=path, value="image")
        if isinstance(message, dict):
            message.pop("images", None)
    return read(body, CHAT, OllamaChatRequest)


def generate_request(body: Mapping[str, object]) -> OllamaGenerateRequest:
    """Validate a request for a text. Raises a JimaeError of status 400."""
    request = read(body, GENERATE, OllamaGenerateRequest)
    if request.raw and request.system:
        raise conflict("system", request.system, "raw", True)
    if request.suffix and request.system:
        raise conflict("system", request.system, "suffix", request.suffix)
    return request


def read(body: Mapping[str, object], table: Table, model: type[M], known: Table = OPTIONS) -> M:
    """Validate a request and its options, which are `known`. Raises a JimaeError of status 400."""
    options = body.get("options")
    if isinstance(options, dict):
        body = {**body, "options": select(options, known, "options.")}
    return validated(body, table, model)


def only_loads(request: OllamaChatRequest | OllamaGenerateRequest) -> bool:
    """Whether a request writes nothing: it wants the model in memory. Raises if it wants it
    out of memory."""
    loads = (
        not request.messages
        if isinstance(request, OllamaChatRequest)
        else not (request.prompt or request.suffix)
    )
    if loads and _ZERO.fullmatch(str(request.keep_alive)):
        raise unsupported("keep_alive", request.keep_alive)
    return loads


def chat_ask(request: OllamaChatRequest) -> Ask:
    """Raises a JimaeError of status 400."""
    messages = conversation(request.messages or ())
    return _ask(
        request,
        ChatPrompt(
            messages,
            continue_last=messages[-1].role == "assistant",
            tools=_tools(request.tools or ()),
            reasoning_effort=_effort(request),
        ),
    )


def generate_ask(request: OllamaGenerateRequest) -> Ask:
    """Raises a JimaeError of status 400."""
    prompt = checked(request.prompt, "prompt")
    if request.suffix:
        return _ask(request, InfillPrompt(prompt, checked(request.suffix, "suffix")))
    if request.raw:
        return _ask(request, TextPrompt(prompt))
    messages = [Message("user", (TextPart(prompt),))]
    if request.system:
        messages.insert(0, Message("system", (TextPart(checked(request.system, "system")),)))
    return _ask(request, ChatPrompt(tuple(messages), reasoning_effort=_effort(request)))


def _ask(request: Writing, prompt: Prompt) -> Ask:
    options = _penalised(request.options)
    predict = options.num_predict
    if predict == 0:
        raise JimaeError(
            "out_of_range",
            param="options.num_predict",
            name="options.num_predict",
            value=0,
            limit="≥ 1 / -1",
        )
    return Ask(
        model=model_id(request.model),
        prompt=prompt,
        sampling=Sampling(
            temperature=options.temperature,
            top_p=options.top_p,
            top_k=options.top_k,
            min_p=options.min_p,
            presence_penalty=options.presence_penalty,
            frequency_penalty=options.frequency_penalty,
            repeat_penalty=options.repeat_penalty,
            seed=options.seed,
        ),
        stop=_stop(options),
        max_tokens=predict if predict is not None and predict > 0 else None,
        fit=True,
        outputs=Outputs(logprobs=request.top_logprobs if request.logprobs else None),
        grammar=_grammar(request.format),
    )


def _penalised(options: Options) -> Options:
    """The options with their penalties as `repeat_last_n` has them; raises for a window that is
    shorter than the answer may be, which penalties here do not have."""
    window, predict = options.repeat_last_n, options.num_predict or 0
    off = {"repeat_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}
    if window == 0:
        return options.model_copy(update=off)
    changes_nothing = (
        window in (None, -1)
        or 0 < predict <= (window or 0)
        or all(getattr(options, name) == value for name, value in off.items())
    )
    if not changes_nothing:
        raise unsupported("options.repeat_last_n", window)
    return options


def _stop(options: Options) -> tuple[str, ...]:
    if isinstance(options.stop, str):
        return (checked(options.stop, "options.stop"),)
    return tuple(
        checked(text, f"options.stop.{index}") for index, text in enumerate(options.stop or ())
    )


def _grammar(form: str | dict[str, object] | None) -> Grammar | None:
    if not form:
        return None
    if isinstance(form, str):
        return Grammar("json_object")
    return Grammar("json_schema", json_text(form))


def _effort(request: Writing) -> Effort | None:
    return None if request.think is None else _EFFORTS[request.think]


def conversation(messages: Sequence[ChatMessage]) -> tuple[Message, ...]:
    """Every message for the model. Calls that came without an id get one, and a result that
    names only its tool answers the first open call of that tool."""
    converted: list[Message] = []
    open_calls: dict[str, str] = {}
    for index, message in enumerate(messages):
        path = f"messages.{index}"
        call = None
        if message.role == "tool":
            call = _answered(message, open_calls, path)
            del open_calls[call]
        else:
            open_calls.clear()
        calls = _calls(message, index, path)
        open_calls |= {made.id: made.name for made in calls}
        converted.append(
            Message(
                role=message.role,
                content=(TextPart(checked(message.content or "", f"{path}.content")),),
                reasoning=checked(message.thinking or "", f"{path}.thinking") or None,
                tool_calls=calls,
                tool_call_id=call,
            )
        )
    return tuple(converted)


def _calls(message: ChatMessage, index: int, path: str) -> tuple[ToolCall, ...]:
    if message.tool_calls and message.role != "assistant":
        name = f"{path}.tool_calls"
        raise JimaeError("wrong_role", param=name, name=name, role="assistant", value=message.role)
    return tuple(
        ToolCall(
            call.id or f"call_{index}_{position}",
            call.function.name,
            checked(json_text(call.function.arguments), f"{path}.tool_calls.{position}.arguments"),
        )
        for position, call in enumerate(message.tool_calls or ())
    )


def _answered(message: ChatMessage, open_calls: Mapping[str, str], path: str) -> str:
    if message.tool_call_id is not None:
        fitting = [message.tool_call_id] if message.tool_call_id in open_calls else []
    else:
        wanted = message.tool_name
        fitting = [call for call, name in open_calls.items() if wanted in (None, name)]
    if not fitting:
        field = "tool_name" if message.tool_call_id is None else "tool_call_id"
        name = f"{path}.{field}"
        value = message.tool_call_id or message.tool_name or "-"
        raise JimaeError(
            "tool_result_unmatched", param=name, name=name, value=value, calls="tool_calls"
        )
    return fitting[0]


def _tools(tools: Sequence[ToolBody]) -> tuple[Tool, ...]:
    made: dict[str, Tool] = {}
    for index, tool in enumerate(tools):
        function, path = tool.function, f"tools.{index}.function"
        if function.name in made:
            name = f"{path}.name"
            raise JimaeError("tool_twice", param=name, name=name, value=function.name)
        described = Tool(function.name, checked(function.description or "", f"{path}.description"))
        made[function.name] = (
            described
            if function.parameters is None
            else Tool(described.name, described.description, json_text(function.parameters))
        )
    return tuple(made.values())
