"""Between the parts of a turn and the items that hold them, and on to what a model is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from jimae.service.audit.answers import Attachment as Attached
from jimae.service.chats.shapes import (
    Attachment,
    Call,
    Note,
    Part,
    Reasoning,
    Result,
    Role,
    Text,
)
from jimae.service.items import Item, made, messages_of, text_of
from jimae.types import Message, TextPart

ATTACHED: Final = "［添付ファイル: {name}］\n{text}\n［添付ファイルの終わり］"
NOTE: Final = "note"


def items_of(parts: Iterable[Part], role: Role) -> list[Item]:
    """What is said in one go is one message; thoughts, calls and results are items between."""
    items: list[Item] = []
    said: list[dict[str, Any]] = []

    def close() -> None:
        if said:
            items.append(made("message", {"content": list(said)}, role=role))
            said.clear()

    for part in parts:
        match part:
            case Text() | Attachment() | Note():
                said.append(_content(part, role))
                continue
            case Reasoning(text=text):
                close()
                data: dict[str, Any] = {"type": "reasoning_text", "text": text}
                items.append(made("reasoning", {"summary": [], "content": [data]}))
            case Call():
                close()
                called = {"call_id": part.id, "name": part.name, "arguments": part.arguments}
                items.append(made("function_call", called))
            case Result():
                close()
                items.append(
                    made("function_call_output", {"call_id": part.id, "output": part.text})
                )
    close()
    return items


def parts_of(items: Iterable[Item]) -> tuple[Part, ...]:
    """The parts that items hold."""
    return tuple(part for item in items for part in _parts(item))


def prompt_of(turns: Iterable[Sequence[Item]]) -> tuple[Message, ...]:
    """What a model is shown of a branch: questions and answers in turn, as templates demand.

    A question that was left without an answer joins the next one. Calls of tools that
    another program had are left out.
    """
    messages: list[Message] = []
    for items in turns:
        said = [_shown(item) for item in items if item.kind in ("message", "reasoning")]
        for message in messages_of(said):
            before = messages[-1] if messages else None
            if before is not None and before.role == message.role:
                messages[-1] = _joined(before, message)
            else:
                messages.append(message)
    return tuple(messages)


def attachments_of(turns: Iterable[Sequence[Item]]) -> tuple[Attached, ...]:
    """The files in what a model is shown of a branch."""
    parts = (part for items in turns for part in parts_of(items))
    return tuple(
        Attached(part.name, hashlib.sha256(data := part.text.encode()).hexdigest(), len(data))
        for part in parts
        if isinstance(part, Attachment)
    )


def _content(part: Text | Attachment | Note, role: Role) -> dict[str, Any]:
    content = {"type": "input_text" if role == "user" else "output_text", "text": part.text}
    match part:
        case Attachment(name=name):
            content["name"] = name
        case Note():
            content["kind"] = NOTE
        case Text():
            pass
    return content


def _parts(item: Item) -> Iterable[Part]:
    data = item.data
    match item.kind:
        case "reasoning":
            yield Reasoning(text_of(data.get("content") or data.get("summary") or ()))
        case "function_call":
            yield Call(data["call_id"], data["name"], data["arguments"])
        case "function_call_output":
            yield Result(data["call_id"], text_of(data["output"]))
        case "message":
            for content in data["content"]:
                text = content.get("text") or ""
                if "name" in content:
                    yield Attachment(content["name"], text)
                elif content.get("kind") == NOTE:
                    yield Note(text)
                else:
                    yield Text(text)


def _shown(item: Item) -> Item:
    """An item as a model reads it: files with their names, and nothing that is not here."""
    if item.kind != "message":
        return item
    texts = []
    for content in item.data["content"]:
        text = content.get("text") or ""
        if "name" in content:
            text = ATTACHED.format(name=content["name"], text=text)
        if content.get("kind") != NOTE and text:
            texts.append(text)
    shown = [{"type": "input_text", "text": "\n\n".join(texts)}] if texts else []
    return msgspec.structs.replace(item, data={"content": shown})


def _joined(before: Message, after: Message) -> Message:
    # Two answers in a row are one that was gone on with.
    between = "\n\n" if before.role == "user" else ""
    text = between.join(
        "".join(part.text for part in message.content) for message in (before, after)
    )
    reasoning = "\n\n".join(filter(None, (before.reasoning, after.reasoning))) or None
    return msgspec.structs.replace(before, content=(TextPart(text),), reasoning=reasoning)
