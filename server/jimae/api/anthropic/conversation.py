"""Turns made of blocks to the messages that a model is shown. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from jimae.api.anthropic.schema import (
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    Turn,
)
from jimae.api.openai.convert import json_text
from jimae.api.parameters import unsupported
from jimae.api.text import checked
from jimae.errors import JimaeError
from jimae.types import Message, TextPart, ToolCall

_READ: Final = frozenset({"text", "thinking", "tool_use", "tool_result"})
_MEDIA: Final = frozenset({"image", "document", "search_result", "container_upload"})
_ROLES: Final = {"thinking": "assistant", "tool_use": "assistant", "tool_result": "user"}
# Between blocks, and between turns of one role that become one.
_BETWEEN: Final = TextPart("\n")
_FAILED: Final = TextPart("Error: ")


def refuse_blocks(messages: object) -> None:
    """Refuse blocks that are not read by the name of their type, before they look like a
    wrong shape."""
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, dict):
            _refuse(message.get("content"), f"messages.{index}.content")


def _refuse(content: object, path: str) -> None:
    for position, block in enumerate(content if isinstance(content, list) else ()):
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(kind, str):
            continue  # a wrong shape
        at = f"{path}.{position}"
        if kind == "tool_result":
            _refuse(block.get("content"), f"{at}.content")
        elif kind in _MEDIA:
            raise JimaeError("text_only", param=at, name=at, value=kind)
        elif kind not in _READ:
            raise unsupported(f"{at}.type", kind)


def system_message(system: str | Sequence[TextBlock]) -> tuple[Message, ...]:
    """The system prompt as a message, if there is one."""
    parts = _text(system, "system")
    return (Message("system", parts),) if any(part.text for part in parts) else ()


def conversation(turns: Sequence[Turn]) -> tuple[Message, ...]:
    """Every turn as messages: results of tools become messages of their own, and turns of one
    role that follow each other become one. Raises a JimaeError that names what is wrong."""
    messages: list[Message] = []
    calls = _OpenCalls()
    for index, turn in enumerate(turns):
        path = f"messages.{index}.content"
        for message in _turn(turn, path, calls):
            last = messages[-1] if messages else None
            if last is not None and last.role == message.role and message.role in _JOINED:
                messages[-1] = _joined(last, message)
            else:
                messages.append(message)
    calls.check_none()
    return tuple(messages)


_JOINED: Final = ("user", "assistant")


def _joined(first: Message, second: Message) -> Message:
    between = (_BETWEEN,) if first.content and second.content else ()
    reasoning = [text for text in (first.reasoning, second.reasoning) if text]
    return Message(
        role=first.role,
        content=(*first.content, *between, *second.content),
        reasoning="\n".join(reasoning) or None,
        tool_calls=first.tool_calls + second.tool_calls,
    )


class _OpenCalls:
    """Calls that have no result yet. Results come first in the turn after them."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}

    def made(self, call: str, path: str) -> None:
        self._paths[call] = path

    def answered(self, call: str, path: str) -> None:
        if self._paths.pop(call, None) is None:
            raise JimaeError(
                "tool_result_unmatched", param=path, name=path, value=call, calls="tool_use"
            )

    def check_none(self) -> None:
        for call, path in self._paths.items():
            raise JimaeError(
                "tool_result_missing",
                param=path,
                name=path,
                value=call,
                result="tool_result",
                key="tool_use_id",
            )


def _turn(turn: Turn, path: str, calls: _OpenCalls) -> list[Message]:
    if isinstance(turn.content, str):
        calls.check_none()
        return [Message(turn.role, _text(turn.content, path))]
    messages: list[Message] = []
    texts: list[TextBlock] = []
    thoughts: list[str] = []
    made: list[ToolCall] = []
    for position, block in enumerate(turn.content):
        at = f"{path}.{position}"
        _check_role(block.type, turn.role, at)
        match block:
            case TextBlock():
                checked(block.text, f"{at}.text")
                # An assistant's text may stand between its calls.
                if turn.role != "assistant":
                    calls.check_none()
                texts.append(block)
            case ThinkingBlock():
                thoughts.append(checked(block.thinking, f"{at}.thinking"))
            case ToolUseBlock():
                calls.made(block.id, at)
                made.append(ToolCall(block.id, block.name, _input(block, at)))
            case ToolResultBlock():
                calls.answered(block.tool_use_id, f"{at}.tool_use_id")
                messages.append(_result(block, at))
    if texts or thoughts or made or not messages:
        messages.append(
            Message(
                role=turn.role,
                content=_text(texts, path),
                reasoning="\n".join(thoughts) or None,
                tool_calls=tuple(made),
            )
        )
    return messages


def _check_role(kind: str, role: str, path: str) -> None:
    belongs = _ROLES.get(kind, role)
    if belongs != role:
        raise JimaeError("wrong_role", param=path, name=path, role=belongs, value=role)


def _input(block: ToolUseBlock, path: str) -> str:
    return checked(json_text(block.input), f"{path}.input")


def _result(block: ToolResultBlock, path: str) -> Message:
    content = _text(block.content or "", f"{path}.content")
    if block.is_error:
        content = (_FAILED, *content)
    return Message("tool", content, tool_call_id=block.tool_use_id)


def _text(content: str | Sequence[TextBlock], path: str) -> tuple[TextPart, ...]:
    if isinstance(content, str):
        return (TextPart(checked(content, path)),)
    parts: list[TextPart] = []
    for position, block in enumerate(content):
        if parts:
            parts.append(_BETWEEN)
        parts.append(TextPart(checked(block.text, f"{path}.{position}.text")))
    return tuple(parts)
