"""The messages of a conversation, and whether calls and their results belong together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from jimae.api.openai.chat.schema import ChatMessage, TextPart
from jimae.api.openai.parts import check_part
from jimae.api.parameters import shown
from jimae.api.text import checked
from jimae.errors import JimaeError
from jimae.types import Message, ToolCall
from jimae.types import TextPart as Text

_PART_TYPE: Final = re.compile(r"[a-z_]{1,40}")
_READ: Final = ("text", "refusal")


def refuse_parts(messages: object) -> None:
    """Refuse what is not read by its name, before it looks like a wrong shape: images and
    other media, and calls in the form that `tool_calls` replaced."""
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if not isinstance(message, dict):
            continue
        if message.get("function_call") is not None:
            path = f"messages.{index}.function_call"
            raise _replaced(path, message["function_call"], "tool_calls")
        message.pop("function_call", None)
        if message.get("role") == "function":
            raise _replaced(f"messages.{index}.role", "function", "tool")
        content = message.get("content")
        for position, part in enumerate(content if isinstance(content, list) else ()):
            kind = part.get("type") if isinstance(part, dict) else None
            if isinstance(kind, str) and _PART_TYPE.fullmatch(kind):
                check_part(kind, f"messages.{index}.content.{position}", _READ)


def _replaced(path: str, value: object, instead: str) -> JimaeError:
    return JimaeError(
        "replaced_parameter", param=path, name=path, value=shown(value), instead=instead
    )


def conversation(messages: Sequence[ChatMessage]) -> tuple[Message, ...]:
    """Every message for the model. Raises a JimaeError that names the one that is wrong."""
    converted = tuple(
        _message(message, f"messages.{index}") for index, message in enumerate(messages)
    )
    _check_results(converted)
    return converted


def _message(message: ChatMessage, path: str) -> Message:
    if message.role != "assistant":
        for field in ("tool_calls", "reasoning_content", "refusal"):
            if getattr(message, field):
                raise _misplaced(f"{path}.{field}", "assistant", message.role)
    if message.role == "tool" and message.tool_call_id is None:
        raise _missing(f"{path}.tool_call_id")
    if message.role != "tool" and message.tool_call_id is not None:
        raise _misplaced(f"{path}.tool_call_id", "tool", message.role)
    return Message(
        role=message.role,
        content=_content(message, path),
        name=message.name,
        reasoning=message.reasoning_content or None,
        tool_calls=tuple(
            ToolCall(
                call.id,
                call.function.name,
                checked(call.function.arguments, f"{path}.tool_calls.{index}.function.arguments"),
            )
            for index, call in enumerate(message.tool_calls or ())
        ),
        tool_call_id=message.tool_call_id,
    )


def _content(message: ChatMessage, path: str) -> tuple[Text, ...]:
    content = message.content
    if content is None:
        if message.role != "assistant":
            raise _missing(f"{path}.content")
        content = message.refusal or ""
    if isinstance(content, str):
        return (Text(checked(content, f"{path}.content")),)
    return tuple(
        Text(
            checked(part.text, f"{path}.content.{index}.text")
            if isinstance(part, TextPart)
            else checked(part.refusal, f"{path}.content.{index}.refusal")
        )
        for index, part in enumerate(content)
    )


def _check_results(messages: Sequence[Message]) -> None:
    """Every call is answered by a message of role `tool` right after it, and every such
    message answers a call."""
    open_calls: dict[str, int] = {}
    for index, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in open_calls:
                path = f"messages.{index}.tool_call_id"
                raise JimaeError(
                    "tool_result_unmatched",
                    param=path,
                    name=path,
                    value=str(message.tool_call_id),
                    calls="tool_calls",
                )
            del open_calls[message.tool_call_id]
            continue
        _nothing_open(open_calls)
        open_calls = {call.id: index for call in message.tool_calls}
    _nothing_open(open_calls)


def _nothing_open(calls: dict[str, int]) -> None:
    for call, index in calls.items():
        path = f"messages.{index}.tool_calls"
        raise JimaeError(
            "tool_result_missing",
            param=path,
            name=path,
            value=call,
            result="tool",
            key="tool_call_id",
        )


def _missing(path: str) -> JimaeError:
    return JimaeError("missing_parameter", param=path, name=path)


def _misplaced(path: str, role: str, found: str) -> JimaeError:
    return JimaeError("wrong_role", param=path, name=path, role=role, value=found)
