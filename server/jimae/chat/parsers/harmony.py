"""gpt-oss and LLM-jp-4: messages in channels.

    <|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>…
    <|channel|>commentary to=functions.f <|constrain|>json<|message|>{…}<|call|>

Source: the harmony response format that OpenAI published with gpt-oss.
"""

from __future__ import annotations

import re

from jimae.chat.parsers.answer import Answer
from jimae.chat.parsers.base import CallSyntax, Family, Parsed, Turn, random_id
from jimae.chat.parsers.json_calls import json_value
from jimae.chat.parsers.marked import Calls
from jimae.chat.parsers.reader import Marks, Reader, Reading, Sink

START, CHANNEL, MESSAGE = "<|start|>", "<|channel|>", "<|message|>"
ENDS = ("<|end|>", "<|call|>", "<|return|>")

_HEADER_MARKS = Marks([MESSAGE, *ENDS])
_BODY_MARKS = Marks([START, CHANNEL, *ENDS])
_RECIPIENT = re.compile(r"to=(?:functions\.)?([^\s<]+)")
_CHANNEL = re.compile(r"<\|channel\|>\s*(\w*)")
_SPECIAL = re.compile(r"<\|\w+\|>")


class HarmonyParser:
    """One answer: a row of messages, each with a header that says where it goes."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._reader = Reader()
        self._answer = Answer(turn.new_id or random_id, stop=turn.stop)
        self._calls = Calls(self._reader, self._answer, turn)
        self._run = self._read()

    @property
    def stopped_by(self) -> str | None:
        return self._answer.stopped_by

    def add(self, text: str, done: bool) -> Parsed:
        self._reader.feed(text, whole=done)
        next(self._run, None)
        return self._answer.take(done)

    def _read(self) -> Reading[None]:
        _, start, header = self._turn.ending.rpartition(START)
        if start and MESSAGE in header:
            mark = yield from self._body(header.partition(MESSAGE)[0])
        else:
            mark = yield from self._message("")
        while mark is not None and not self._calls.enough:
            self._answer.bound()
            yield from self._reader.accept(START)
            mark = yield from self._message(CHANNEL if mark == CHANNEL else "")

    def _message(self, header: str) -> Reading[str | None]:
        """Read a message whose header begins with `header`; return the mark that ends it."""
        if not header and not (yield from self._has_header()):
            # A model that answers straight away.
            return (yield from self._reader.text_until(_BODY_MARKS, self._answer.content))
        pieces = [header]
        mark = yield from self._reader.text_until(_HEADER_MARKS, pieces.append)
        header = "".join(pieces)
        if mark == MESSAGE:
            return (yield from self._body(header))
        if CHANNEL not in header:
            self._answer.content(header)
        return mark

    def _has_header(self) -> Reading[bool]:
        start = self._reader.position
        yield from self._reader.space()
        for begin in ("assistant", "to=", "<|"):
            if (yield from self._reader.accept(begin)):
                self._reader.position = start
                return True
        self._reader.position = start
        return False

    def _body(self, header: str) -> Reading[str | None]:
        channel = _CHANNEL.search(header)
        inner = channel is not None and channel[1] == "analysis"
        text: Sink = self._answer.reasoning if inner else self._answer.content
        recipient = _RECIPIENT.search(header)
        if recipient is None:
            return (yield from self._reader.text_until(_BODY_MARKS, text))
        space = yield from self._reader.space()
        name = recipient[1]
        if self._turn.find(name) is not None and (yield from self._reader.peek()) == "{":
            self._answer.begin_call(name)
            yield from json_value(self._reader, self._answer.arguments)
            yield from self._reader.space()
        else:
            text(" ".join(_SPECIAL.sub(" ", header).split()) + " " + space)
        return (yield from self._reader.text_until(_BODY_MARKS, text))


FAMILY = Family(
    name="harmony",
    parser=HarmonyParser,
    detect=lambda template, _: CHANNEL in template and MESSAGE in template,
    needs_special_text=True,
    reasoning=(CHANNEL + "analysis" + MESSAGE, "<|end|><|start|>assistant"),
    before_content=CHANNEL + "final" + MESSAGE,
    syntax=CallSyntax(
        trigger=CHANNEL + "commentary to=",
        begin=CHANNEL + "commentary to=functions.{name} <|constrain|>json" + MESSAGE,
        end="",
        between="<|call|><|start|>assistant",
    ),
)
