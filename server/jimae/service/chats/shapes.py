"""What is told of chats: plain data, as the store has it or as it is being written."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from jimae.errors import WireError

Role = Literal["user", "assistant"]
Status = Literal["running", "completed", "incomplete", "failed"]
Reason = Literal["length", "stopped", "unread", "interrupted"]
"""Why an answer is not whole: no room, its reader stopped it, nobody read it, the server ended."""


class Text(msgspec.Struct, frozen=True, tag="text"):
    text: str


class Reasoning(msgspec.Struct, frozen=True, tag="reasoning"):
    text: str


class Attachment(msgspec.Struct, frozen=True, tag="attachment"):
    """A file of text that goes with a question."""

    name: str
    text: str


class Call(msgspec.Struct, frozen=True, tag="call"):
    """A call of a tool; `arguments` is JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


class Result(msgspec.Struct, frozen=True, tag="result"):
    """What a tool answered to the call `id`."""

    id: str
    text: str


class Note(msgspec.Struct, frozen=True, tag="note"):
    """Something that was in another program's chat and is not here, such as an image."""

    text: str


Part = Text | Reasoning | Attachment | Call | Result | Note


class Use(msgspec.Struct, frozen=True):
    """Tokens. `cached_tokens` are part of `prompt_tokens`."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int


class Times(msgspec.Struct, frozen=True):
    """Seconds spent waiting, reading the question in, and writing."""

    queue: float
    prefill: float
    decode: float


class Reading(msgspec.Struct, frozen=True):
    """Where the events of what is being written go on: those after number `after`."""

    id: str
    after: int


class Turn(msgspec.Struct, frozen=True):
    """A question or an answer. `siblings` are those that share its parent, in their order."""

    id: str
    parent: str | None
    role: Role
    created_at: float
    parts: tuple[Part, ...] = ()
    model: str | None = None
    status: Status = "completed"
    reason: Reason | None = None
    error: WireError | None = None
    usage: Use | None = None
    timings: Times | None = None
    run: Reading | None = None
    siblings: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        return self.status != "running"


class ChatSettings(msgspec.Struct, frozen=True):
    """What a chat has for itself; None takes what its owner or the model has."""

    instructions: str | None = None
    style: str | None = None
    temperature: float | None = None


PLAIN: Final = ChatSettings()


class Chat(msgspec.Struct, frozen=True):
    """A line of the list."""

    id: str
    owner: str
    title: str
    named: bool
    folder: str | None
    pinned: bool
    model: str | None
    settings: ChatSettings
    created_at: float
    updated_at: float
    deleted_at: float | None
    running: bool = False
    shared_with: tuple[str, ...] = ()
    owner_name: str | None = None


class Opened(msgspec.Struct, frozen=True):
    """A chat with the part of its branch that was asked for, from the top down."""

    chat: Chat
    head: str | None
    turns: tuple[Turn, ...]
    has_more: bool


class Folder(msgspec.Struct, frozen=True):
    id: str
    name: str
    parent: str | None


def plain_text(parts: tuple[Part, ...]) -> str:
    """What can be found of a turn: what was said and attached, not what was only thought."""
    return "\n".join(part.text for part in parts if isinstance(part, Text | Attachment))
