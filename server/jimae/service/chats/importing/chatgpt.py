"""Conversations that ChatGPT exports (`conversations.json`).

Each is a tree in `mapping`: id -> {parent, children, message}, of which `current_node` was shown
last. Messages of tools and of the system are left out; so are those that say nothing, such as
the root. What is no text becomes a note.
"""

from __future__ import annotations

import time
from typing import Any, Final

from jimae.service.chats import shapes
from jimae.service.chats.importing.shapes import (
    ReadChat,
    ReadTurn,
    UnreadableError,
    in_order,
    without_empty,
)

NOT_HERE: Final = {
    "image_asset_pointer": "画像",
    "audio_asset_pointer": "音声",
    "real_time_user_audio_video_asset_pointer": "音声・映像",
    "video_container_asset_pointer": "映像",
}
ROLES: Final[dict[str, shapes.Role]] = {"user": "user", "assistant": "assistant"}


def is_chatgpt(value: dict[str, object]) -> bool:
    return isinstance(value.get("mapping"), dict)


def read(value: dict[str, Any]) -> ReadChat:
    """Raises UnreadableError."""
    mapping = value["mapping"]
    origin = value.get("conversation_id") or value.get("id")
    created = number(value.get("create_time"), time.time())
    if not isinstance(origin, str):
        raise UnreadableError("it has no conversation_id")
    nodes = {key: node for key, node in mapping.items() if isinstance(node, dict)}
    turns = without_empty(_turn(key, nodes[key], created) for key in _down(nodes))
    head = value.get("current_node")
    while isinstance(head, str) and head not in turns:
        head = nodes.get(head, {}).get("parent")
    return ReadChat(
        origin=f"chatgpt:{origin}",
        title=str(value.get("title") or ""),
        created_at=created,
        updated_at=number(value.get("update_time"), created),
        turns=in_order(turns),
        head=head if isinstance(head, str) else None,
    )


def number(value: object, otherwise: float) -> float:
    """A time of a file, if it is one."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12:
        return float(value)
    return otherwise


def _down(nodes: dict[str, dict[str, Any]]) -> list[str]:
    """Every id after that of its parent; what goes in a circle is left out."""
    below: dict[str | None, list[str]] = {}
    for key, node in nodes.items():
        parent = node.get("parent")
        below.setdefault(
            parent if isinstance(parent, str) and parent in nodes else None, []
        ).append(key)
    found: list[str] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        key = waiting.pop()
        found.append(key)
        waiting += reversed(below.get(key, []))
    return found


def _turn(key: str, node: dict[str, Any], created: float) -> ReadTurn:
    message = node.get("message")
    message = message if isinstance(message, dict) else {}
    author, details = message.get("author"), message.get("metadata")
    role = author.get("role") if isinstance(author, dict) else None
    details = details if isinstance(details, dict) else {}
    hidden = details.get("is_visually_hidden_from_conversation") is True
    parent = node.get("parent")
    model = details.get("model_slug")
    return ReadTurn(
        id=key,
        parent=parent if isinstance(parent, str) else None,
        role=ROLES.get(role, "assistant") if isinstance(role, str) else "assistant",
        created_at=number(message.get("create_time"), created),
        parts=_parts(message.get("content")) if role in ROLES and not hidden else (),
        model=model[:256] if isinstance(model, str) and role == "assistant" else None,
    )


def _parts(content: object) -> tuple[shapes.Part, ...]:
    if not isinstance(content, dict):
        return ()
    kind = content.get("content_type")
    if kind == "thoughts":
        thoughts = [
            thought.get("content")
            for thought in content.get("thoughts") or ()
            if isinstance(thought, dict)
        ]
        text = "\n\n".join(thought for thought in thoughts if isinstance(thought, str) and thought)
        return (shapes.Reasoning(text),) if text else ()
    if kind in ("reasoning_recap", "model_editable_context", "user_editable_context"):
        return ()
    if kind == "code" and isinstance(content.get("text"), str):
        return (shapes.Text(f"```\n{content['text']}\n```"),)
    said = content.get("parts")
    if not isinstance(said, list):
        whole = content.get("text") or content.get("result")
        return (shapes.Text(whole),) if isinstance(whole, str) and whole else ()
    return tuple(part for one in said if (part := _part(one)) is not None)


def _part(value: object) -> shapes.Part | None:
    if isinstance(value, str):
        return shapes.Text(value) if value else None
    if not isinstance(value, dict):
        return None
    kind = value.get("content_type")
    if kind == "audio_transcription" and isinstance(value.get("text"), str):
        return shapes.Text(value["text"])
    return shapes.Note(NOT_HERE.get(kind, "添付") if isinstance(kind, str) else "添付")
