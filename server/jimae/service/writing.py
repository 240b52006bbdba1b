"""From a model's deltas to the items of a response: a state machine without I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from jimae.service.items import Item, ItemStatus, Kind, made, text_of
from jimae.types import CallDelta, Delta, Role, TokenLogprob


class Opened(msgspec.Struct, frozen=True):
    """An item began, still empty. `index` is its place in the output."""

    index: int
    item: Item


class Grew(msgspec.Struct, frozen=True):
    """More of the text of an item, or of the arguments of a call."""

    index: int
    item: Item
    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


class Closed(msgspec.Struct, frozen=True):
    """An item is whole, or as much of it as there will be."""

    index: int
    item: Item


Change = Opened | Grew | Closed


class Writing:
    """The output as it is written. One item is open at a time; `items` are those closed.

    What was written before can be gone on with: its last item is then open again.
    """

    def __init__(self, before: Sequence[Item] = ()) -> None:
        self.items: list[Item] = list(before[:-1])
        self.reasoning_tokens = 0
        self._open: Item | None = None
        self._call: int | None = None
        self._texts: list[str] = []
        self._logprobs: list[TokenLogprob] = []
        # Of tokens that have not become text yet.
        self._held: list[TokenLogprob] = []
        if before:
            last = before[-1]
            self._open = msgspec.structs.replace(last, status="in_progress")
            self._texts = [text_of(last.data["content"])]

    @property
    def so_far(self) -> list[Item]:
        """Every item as it is now, the open one included."""
        if self._open is None:
            return list(self.items)
        data = _whole(self._open, "".join(self._texts), self._logprobs)
        return [*self.items, msgspec.structs.replace(self._open, data=data)]

    def add(self, delta: Delta) -> list[Change]:
        """What a delta changes: what was thought, then what was said, then what was called."""
        changes: list[Change] = []
        self._held += delta.logprobs
        if delta.reasoning:
            if not delta.text and not delta.calls:
                self.reasoning_tokens += len(delta.token_ids)
            self._held.clear()
            changes += self._turn_to("reasoning", {"summary": [], "content": []})
            changes.append(self._grow(delta.reasoning))
        if delta.text:
            changes += self._turn_to("message", {"content": []}, role="assistant")
            changes.append(self._grow(delta.text, self._release()))
        for call in delta.calls:
            self._held.clear()
            changes += self._add_call(call)
        return changes

    def end(self, status: ItemStatus) -> list[Change]:
        """Close what is open; `incomplete` if the model was not done. An answer without a
        word is an empty message."""
        changes: list[Change] = []
        if self._open is None and not self.items and status == "completed":
            changes += self._turn_to("message", {"content": []}, role="assistant")
        return changes + self._close(status)

    def _add_call(self, call: CallDelta) -> list[Change]:
        changes: list[Change] = []
        if call.index != self._call:
            changes += self._close()
            data = {"call_id": call.id, "name": call.name, "arguments": ""}
            changes += self._begin("function_call", data)
            self._call = call.index
        if call.arguments:
            changes.append(self._grow(call.arguments))
        return changes

    def _turn_to(self, kind: Kind, data: dict[str, Any], role: Role | None = None) -> list[Change]:
        if self._open is not None and self._open.kind == kind:
            return []
        return self._close() + self._begin(kind, data, role)

    def _begin(self, kind: Kind, data: dict[str, Any], role: Role | None = None) -> list[Change]:
        self._open = made(kind, data, role=role, status="in_progress")
        return [Opened(len(self.items), self._open)]

    def _grow(self, text: str, logprobs: tuple[TokenLogprob, ...] = ()) -> Change:
        if self._open is None:
            raise RuntimeError("text without an item")
        self._texts.append(text)
        self._logprobs += logprobs
        return Grew(len(self.items), self._open, text, logprobs)

    def _close(self, status: ItemStatus = "completed") -> list[Change]:
        if self._open is None:
            return []
        data = _whole(self._open, "".join(self._texts), self._logprobs)
        item = msgspec.structs.replace(self._open, data=data, status=status)
        index = len(self.items)
        self.items.append(item)
        self._open = self._call = None
        self._texts, self._logprobs = [], []
        return [Closed(index, item)]

    def _release(self) -> tuple[TokenLogprob, ...]:
        held, self._held = tuple(self._held), []
        return held


def _whole(item: Item, text: str, logprobs: list[TokenLogprob]) -> dict[str, Any]:
    match item.kind:
        case "function_call":
            return item.data | {"arguments": text}
        case "reasoning":
            return item.data | {"content": [{"type": "reasoning_text", "text": text}]}
        case _:
            part: dict[str, Any] = {"type": "output_text", "text": text}
            if logprobs:
                part["logprobs"] = [shown_logprob(token) for token in logprobs]
            return {"content": [part]}


def shown_logprob(token: TokenLogprob) -> dict[str, Any]:
    """A token as JSON: its text, its bytes, and the most likely tokens of its place."""
    return _token(token.piece, token.logprob) | {
        "top_logprobs": [_token(piece, logprob) for _, piece, logprob in token.top]
    }


def _token(piece: bytes, logprob: float | None) -> dict[str, Any]:
    return {
        "token": piece.decode("utf-8", "replace"),
        "bytes": list(piece),
        "logprob": logprob or 0.0,
    }
