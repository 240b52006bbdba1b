"""Chats that Open WebUI exports.

Each has its tree in `chat.history.messages`: id -> {parentId, childrenIds, role, content}, of
which `currentId` was shown last.
"""

from __future__ import annotations

import re
import time
from typing import Any, Final

from jimae.service.chats import shapes
from jimae.service.chats.importing.chatgpt import ROLES, number
from jimae.service.chats.importing.shapes import ReadChat, ReadTurn, UnreadableError, in_order

# How it keeps what a model thought within the text of an answer.
_REASONING: Final = re.compile(
    r'<details type="reasoning"[^>]*>\s*(?:<summary>[^<]*</summary>)?(.*?)</details>\s*', re.DOTALL
)
# Older versions count in milliseconds.
_MILLISECONDS: Final = 1e11


def is_open_webui(value: dict[str, object]) -> bool:
    chat = value.get("chat")
    return isinstance(chat, dict) and isinstance(chat.get("history"), dict)


def read(value: dict[str, Any]) -> ReadChat:
    """Raises UnreadableError."""
    chat: dict[str, Any] = value["chat"]
    history = chat["history"]
    messages = history.get("messages")
    origin = value.get("id") or chat.get("id")
    if not isinstance(origin, str) or not isinstance(messages, dict):
        raise UnreadableError("it has no id, or no messages")
    created = _time(value.get("created_at") or chat.get("timestamp"), time.time())
    turns = {
        key: _turn(key, message, created)
        for key, message in messages.items()
        if isinstance(message, dict) and message.get("role") in ROLES
    }
    head = history.get("currentId")
    models = chat.get("models")
    return ReadChat(
        origin=f"open-webui:{origin}",
        title=str(value.get("title") or chat.get("title") or ""),
        created_at=created,
        updated_at=_time(value.get("updated_at"), created),
        turns=in_order(turns),
        head=head if isinstance(head, str) and head in turns else None,
        pinned=value.get("pinned") is True,
        model=models[0][:256] if isinstance(models, list) and _is_text(models[:1]) else None,
    )


def _turn(key: str, message: dict[str, Any], created: float) -> ReadTurn:
    parent, model = message.get("parentId"), message.get("model")
    files = message.get("files")
    notes = tuple(
        shapes.Note(str(one.get("name") or one.get("type") or "添付"))
        for one in (files if isinstance(files, list) else ())
        if isinstance(one, dict)
    )
    return ReadTurn(
        id=key,
        parent=parent if isinstance(parent, str) else None,
        role=ROLES[message["role"]],
        created_at=_time(message.get("timestamp"), created),
        parts=_parts(message.get("content")) + notes,
        model=model[:256] if isinstance(model, str) else None,
    )


def _parts(content: object) -> tuple[shapes.Part, ...]:
    if isinstance(content, list):
        said = [one.get("text") for one in content if isinstance(one, dict)]
        content = "".join(text for text in said if isinstance(text, str))
    if not isinstance(content, str):
        return ()
    thoughts = [
        re.sub(r"^> ?", "", text.strip(), flags=re.M) for text in _REASONING.findall(content)
    ]
    text = _REASONING.sub("", content)
    parts: list[shapes.Part] = [shapes.Reasoning(thought) for thought in thoughts if thought]
    if text:
        parts.append(shapes.Text(text))
    return tuple(parts)


def _time(value: object, otherwise: float) -> float:
    seconds = number(value, -1.0) if not isinstance(value, int | float) else float(value)
    if seconds > _MILLISECONDS:
        seconds /= 1000
    return number(seconds, otherwise) if seconds >= 0 else otherwise


def _is_text(values: list[object]) -> bool:
    return bool(values) and isinstance(values[0], str)
