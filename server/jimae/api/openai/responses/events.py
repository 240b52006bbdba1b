"""From what happens to a response to the numbered events that clients read."""

from __future__ import annotations

from typing import Any, Final

from jimae.api.openai.responses.bodies import response_body
from jimae.api.openai.responses.items import item_body, part_body
from jimae.errors import Language
from jimae.service.items import Item
from jimae.service.records import Record, Status
from jimae.service.run import Became
from jimae.service.writing import Change, Closed, Grew, Opened, shown_logprob

Event = dict[str, Any]

# Clients know no event for a response that was cancelled: its status says it.
BECAME: Final[dict[Status, str]] = {
    "queued": "response.queued",
    "in_progress": "response.in_progress",
    "completed": "response.completed",
    "incomplete": "response.incomplete",
    "cancelled": "response.incomplete",
    "failed": "response.failed",
}
DELTAS: Final = {
    "message": "response.output_text.delta",
    "reasoning": "response.reasoning_text.delta",
    "function_call": "response.function_call_arguments.delta",
}


class Events:
    """Numbers the events of one response. The same log always gives the same numbers,
    which is how a reader goes on where it was."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._next = 0
        self._created = False

    def of(self, entry: Became[Record] | Change) -> list[Event]:
        return [self._numbered(event) for event in self._made(entry)]

    def error(self, code: str, message: str, param: str | None) -> Event:
        """The last event of a stream that cannot go on."""
        return self._numbered({"type": "error", "code": code, "message": message, "param": param})

    def _numbered(self, event: Event) -> Event:
        event["sequence_number"] = self._next
        self._next += 1
        return event

    def _made(self, entry: Became[Record] | Change) -> list[Event]:
        match entry:
            case Became(record=record):
                return [{"type": self._kind(record), "response": self._body(record)}]
            case Opened(index=index, item=item):
                return _opened(index, item)
            case Grew():
                return [_grew(entry)]
            case Closed(index=index, item=item):
                return _closed(index, item)

    def _kind(self, record: Record) -> str:
        if not self._created:
            self._created = True
            return "response.created"
        return BECAME[record.status]

    def _body(self, record: Record) -> dict[str, Any]:
        return response_body(record, self._language)


def _opened(index: int, item: Item) -> list[Event]:
    added: Event = {
        "type": "response.output_item.added",
        "output_index": index,
        "item": item_body(item),
    }
    if item.kind == "function_call":
        return [added]
    part = _part(item, "")
    return [added, {"type": "response.content_part.added", **_place(index, item), "part": part}]


def _grew(grew: Grew) -> Event:
    event: Event = {"type": DELTAS[grew.item.kind], "delta": grew.text}
    if grew.item.kind == "function_call":
        return event | {"item_id": grew.item.id, "output_index": grew.index}
    if grew.item.kind == "message":
        event["logprobs"] = [shown_logprob(token) for token in grew.logprobs]
    return event | _place(grew.index, grew.item)


def _closed(index: int, item: Item) -> list[Event]:
    done: Event = {
        "type": "response.output_item.done",
        "output_index": index,
        "item": item_body(item),
    }
    if item.kind == "function_call":
        arguments: Event = {
            "type": "response.function_call_arguments.done",
            "item_id": item.id,
            "output_index": index,
            "name": item.data["name"],
            "arguments": item.data["arguments"],
        }
        return [arguments, done]
    part = part_body(item.data["content"][0])
    text: Event = {"text": part["text"], **_place(index, item)}
    if item.kind == "message":
        text |= {"type": "response.output_text.done", "logprobs": part["logprobs"]}
    else:
        text |= {"type": "response.reasoning_text.done"}
    return [text, {"type": "response.content_part.done", **_place(index, item), "part": part}, done]


def _part(item: Item, text: str) -> dict[str, Any]:
    kind = "output_text" if item.kind == "message" else "reasoning_text"
    return part_body({"type": kind, "text": text})


def _place(index: int, item: Item) -> Event:
    return {"item_id": item.id, "output_index": index, "content_index": 0}
