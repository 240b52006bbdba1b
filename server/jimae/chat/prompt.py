"""Messages to what a template sees, and a rendered text to tokens.

What people write must never become a special token. Before rendering, a mark
is put inside every special text of a message (`<|im_start|>` becomes
`<` + mark + `|im_start|>`), which the template carries along; afterwards those
places, and only those, are tokenised as plain text:

    "…user\\n" | "<|im_start|>" | " means what?<|im_end|>…"
      special        plain                special
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from jimae.types import ChatPrompt, Message

# Unicode noncharacters: valid in a string, never exchanged as text.
_MARKS = tuple(chr(code) for code in range(0xFDD0, 0xFDF0))


class Tokenizer(Protocol):
    """The part of a vocabulary that a prompt needs."""

    @property
    def bos(self) -> int | None: ...
    @property
    def adds_bos(self) -> bool: ...
    def tokenize(self, text: str, *, special: bool, add_bos: bool = False) -> list[int]: ...


class Shield:
    """Keeps the special texts of a vocabulary inert in what people write."""

    def __init__(self, special_texts: Iterable[str]) -> None:
        texts = sorted({t for t in special_texts if len(t) > 1}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, texts)) or r"(?!)")

    def mark_for(self, texts: Iterable[str]) -> str:
        """A mark that stands in none of the texts."""
        used = set().union(*texts)
        for mark in _MARKS:
            if mark not in used:
                return mark
        raise ValueError("the text uses all of Unicode's noncharacters U+FDD0 to U+FDEF")

    def protect(self, text: str, mark: str) -> str:
        """Put the mark after the first character of every special text."""
        return self._pattern.sub(lambda found: found[0][0] + mark + found[0][1:], text)

    def split(self, rendered: str, mark: str) -> list[tuple[str, bool]]:
        """Cut a rendered text into (text, special) parts; the marks are gone."""
        first, *rest = rendered.split(mark)
        parts: list[tuple[str, bool]] = [(first, True)]
        for piece in rest:
            before, special = parts.pop()
            found = self._pattern.match(before[-1:] + piece)
            length = len(found[0]) if found else len(before[-1:])
            text = before[-1:] + piece
            parts += [(before[:-1], special), (text[:length], False), (text[length:], True)]
        return [(text, special) for text, special in parts if text]


def for_template(
    prompt: ChatPrompt, shield: Shield, *, knows_developer: bool
) -> tuple[list[dict[str, Any]], str]:
    """The messages as a template takes them, and the mark in their texts."""
    mark = shield.mark_for(_text(m) + (m.name or "") for m in prompt.messages)
    messages: list[dict[str, Any]] = []
    for message in prompt.messages:
        role = message.role
        if role == "developer" and not knows_developer:
            role = "system"
        entry: dict[str, Any] = {"role": role, "content": shield.protect(_text(message), mark)}
        if message.name is not None:
            entry["name"] = shield.protect(message.name, mark)
        messages.append(entry)
    return messages, mark


def cut_after_last(messages: list[dict[str, Any]], mark: str) -> list[dict[str, Any]]:
    """Messages whose last one ends with a doubled mark: where a continued answer goes on."""
    *before, last = messages
    return [*before, {**last, "content": last["content"] + mark + mark}]


def tokenize(parts: Sequence[tuple[str, bool]], vocab: Tokenizer, bos_text: str) -> list[int]:
    """Tokens of a rendered prompt. The model's BOS is added if the template did not."""
    ids: list[int] = []
    for index, (text, special) in enumerate(parts):
        first = index == 0 and vocab.adds_bos
        add_bos = first and not (bos_text and text.startswith(bos_text))
        ids += vocab.tokenize(text, special=special, add_bos=add_bos)
    return ids


def _text(message: Message) -> str:
    return "".join(part.text for part in message.content)
