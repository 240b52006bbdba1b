"""Items on the wire and ours: pure functions both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from jimae.api.openai.parts import check_part
from jimae.api.openai.responses.schema import (
    CallItem,
    CallOutputItem,
    InputItem,
    MessageItem,
    Part,
    ReasoningItem,
    ReferenceItem,
    Refusal,
)
from jimae.api.parameters import unsupported
from jimae.api.text import checked
from jimae.service.items import Item, made
from jimae.service.records import Reference

REFERENCE: Final = "item_reference"
KINDS: Final = frozenset(
    ("message", "function_call", "function_call_output", "reasoning", REFERENCE)
)
TEXTS: Final = ("input_text", "output_text", "refusal")


def tidied(sent: object, path: str) -> object:
    """Items before they are validated: a null is the same as not sending, an item without a
    type is a message or a reference, and a kind we do not have is refused by its name."""
    if not isinstance(sent, list):
        return sent
    return [_tidied(item, f"{path}.{index}") for index, item in enumerate(sent)]


def _tidied(item: object, path: str) -> object:
    if not isinstance(item, dict):
        return item
    item = {name: value for name, value in item.items() if value is not None}
    kind = item.setdefault("type", REFERENCE if item.keys() == {"id"} else "message")
    if not isinstance(kind, str) or kind not in KINDS:
        raise unsupported(f"{path}.type", kind)
    if "encrypted_content" in item and kind == "reasoning":
        raise unsupported(f"{path}.encrypted_content", item["encrypted_content"])
    for field in ("content", "output", "summary"):
        if isinstance(parts := item.get(field), list):
            item[field] = [
                _tidied_part(part, f"{path}.{field}.{index}", kind)
                for index, part in enumerate(parts)
            ]
    return item


def _tidied_part(part: object, path: str, kind: str) -> object:
    if not isinstance(part, dict):
        return part
    named = part.get("type")
    if kind != "reasoning" and isinstance(named, str):
        check_part(named[:40], path, TEXTS)
    return {name: value for name, value in part.items() if value is not None}


def received(sent: Sequence[InputItem], path: str) -> list[Item | Reference]:
    """New items of ours. Raises `invalid_text`, naming the field."""
    return [_received(item, f"{path}.{index}") for index, item in enumerate(sent)]


def said(text: str, path: str) -> Item:
    """A text that a person wrote, as an item."""
    return made("message", {"content": [_input(checked(text, path))]}, role="user")


def _received(item: InputItem, path: str) -> Item | Reference:
    match item:
        case ReferenceItem():
            return Reference(item.id, path)
        case MessageItem():
            return made("message", {"content": _content(item, path)}, role=item.role)
        case CallItem():
            call = {
                "call_id": checked(item.call_id, f"{path}.call_id"),
                "name": item.name,
                "arguments": checked(item.arguments, f"{path}.arguments"),
            }
            return made("function_call", call, status=item.status or "completed")
        case CallOutputItem():
            output = item.output
            data = {
                "call_id": checked(item.call_id, f"{path}.call_id"),
                "output": checked(output, f"{path}.output")
                if isinstance(output, str)
                else [
                    _input(checked(part.text, f"{path}.output.{index}.text"))
                    for index, part in enumerate(output)
                ],
            }
            return made("function_call_output", data)
        case ReasoningItem():
            return made("reasoning", _thought(item, path))


def _content(item: MessageItem, path: str) -> list[dict[str, Any]]:
    if isinstance(item.content, str):
        text = checked(item.content, f"{path}.content")
        return [_output(text) if item.role == "assistant" else _input(text)]
    return [
        _part(part, item.role == "assistant", f"{path}.content.{index}")
        for index, part in enumerate(item.content)
    ]


def _part(part: Part, assistant: bool, path: str) -> dict[str, Any]:
    """A part as its role has it, whatever the client called it."""
    if isinstance(part, Refusal):
        if not assistant:
            raise unsupported(f"{path}.type", part.type)
        return {"type": "refusal", "refusal": checked(part.refusal, f"{path}.refusal")}
    text = checked(part.text, f"{path}.text")
    return _output(text) if assistant else _input(text)


def _thought(item: ReasoningItem, path: str) -> dict[str, Any]:
    return {
        "summary": [
            {"type": part.type, "text": checked(part.text, f"{path}.summary.{index}.text")}
            for index, part in enumerate(item.summary)
        ],
        "content": [
            {"type": part.type, "text": checked(part.text, f"{path}.content.{index}.text")}
            for index, part in enumerate(item.content or ())
        ],
    }


def _input(text: str) -> dict[str, Any]:
    return {"type": "input_text", "text": text}


def _output(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text}


# --- what is sent back -----------------------------------------------------------------


def item_body(item: Item) -> dict[str, Any]:
    """An item as OpenAI's clients read it."""
    body: dict[str, Any] = {"id": item.id, "type": item.kind, "status": item.status, **item.data}
    if item.kind == "message":
        body["role"] = item.role
        body["content"] = [part_body(part) for part in item.data["content"]]
    return body


def part_body(part: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a message; what a model said has the lists that clients look for."""
    if part["type"] == "output_text":
        return {"annotations": [], "logprobs": [], **part}
    return dict(part)
