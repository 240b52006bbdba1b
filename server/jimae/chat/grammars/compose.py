"""One grammar for a whole answer: reasoning, then content of a form, or calls of tools.

    answer   reasoning? ( content | calls | text until a call begins, calls )
    calls    first call (between call)* last

Reasoning is free. Text that is free cannot hold special tokens, so a mark that is
one token of the vocabulary is asked for as this token; spelled out with others it
counts as the same mark, since the parser of the answer cannot tell them apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jimae.chat.grammars import bare_calls
from jimae.chat.grammars.part import LARK_OPTIONS, Part, write
from jimae.chat.parsers.base import CallSyntax

FREE = "FREE: /(?s:.*)/\n"
# What templates and models put around the marks of reasoning.
BREAK = "BREAK: /[ \\n]{0,4}/\n"


class Function(NamedTuple):
    """A tool that may be called: its name, and the grammar of its arguments."""

    name: str
    arguments: Part


class Calls(NamedTuple):
    """Which calls an answer may or must have.

    `required`: it is nothing but calls. Without `parallel` there is one at most.
    """

    tools: Sequence[Function]
    syntax: CallSyntax
    required: bool = False
    parallel: bool = True


class Reasoning(NamedTuple):
    """The marks around reasoning; `opened`: the prompt ends behind the first of them."""

    begin: str
    end: str
    opened: bool


def compose(
    specials: Mapping[str, int],
    *,
    content: Part | None = None,
    calls: Calls | None = None,
    reasoning: Reasoning | None = None,
    before_content: str = "",
) -> str | None:
    """The grammar of an answer; None if it is free.

    `specials` are the texts of the special tokens and their ids. With `content` and
    `calls` that are not required, an answer is either the one or the others.
    `before_content` is what a family writes before the text of every answer, which
    then has no text before calls.
    """
    if calls is not None and not calls.tools:
        calls = None
    if content is None and calls is None:
        return None
    if content is not None and calls is None and reasoning is None and not before_content:
        return write({"answer": content})
    lark = _Lark(specials)
    parts: dict[str, Part] = {}
    bodies = []
    if content is not None and not (calls and calls.required):
        parts["content"] = content
        bodies.append(f"{lark.literal(before_content)} @content")
    if calls is not None:
        alone = calls.required or content is not None or bool(before_content)
        bodies += _calls(calls, lark, parts, alone=alone)
        if before_content and content is None and not calls.required:
            bodies.append(f"{lark.literal(before_content)} FREE")
    before = _reasoning(reasoning, lark) if reasoning else ""
    start = f"start: {before} body\nbody: {' | '.join(bodies)}\n"
    text = LARK_OPTIONS + start + lark.text()
    return write({"answer": Part("lark_grammar", text), **parts})


def _calls(calls: Calls, lark: _Lark, parts: dict[str, Part], *, alone: bool) -> list[str]:
    """The ways an answer has calls; not `alone`, it may have text before them, or nothing else."""
    syntax = calls.syntax
    opening = syntax.first + syntax.begin
    if not syntax.trigger or not opening.startswith(syntax.trigger):
        raise ValueError(f"{opening!r} does not begin with {syntax.trigger!r}")
    tools = list(enumerate(calls.tools))
    for index, tool in tools:
        parts[f"arguments_{index}"] = tool.arguments

    def one(begin: str, skip: int) -> str:
        """A call of any tool, but for the first `skip` characters."""
        options = [
            f"{lark.literal(begin.replace('{name}', tool.name)[skip:])} @arguments_{index}"
            for index, tool in tools
        ]
        return f"({' | '.join(options)}) {lark.literal(syntax.end)}"

    more = ""
    if calls.parallel:
        more = f"({lark.literal(syntax.between)} {one(syntax.begin, 0)})*"
    rest = f"{more} {lark.literal(syntax.last)}"
    if alone:
        lark.rule("calls", f"{one(opening, 0)} {rest}")
        return ["calls"]
    lark.rule("calls", f"{lark.until(syntax.trigger)} {one(opening, len(syntax.trigger))} {rest}")
    if not syntax.also_bare:
        return ["FREE", "calls"]
    names = [tool.name for tool in calls.tools]
    for name, body in bare_calls.rules(names, parallel=calls.parallel).items():
        lark.rule(name, body)
    lark.terminals.update(bare_calls.TERMINALS)
    return ["FREE", "calls", "bare"]


def _reasoning(marks: Reasoning, lark: _Lark) -> str:
    lark.terminals.add(BREAK)
    inside = f"{lark.until(marks.end)} BREAK"
    return inside if marks.opened else f"(BREAK {lark.literal(marks.begin)} {inside})?"


class _Lark:
    """Writes the pieces of a Lark grammar, and collects the rules they need."""

    def __init__(self, specials: Mapping[str, int]) -> None:
        self._specials = specials
        self._rules: list[str] = []
        self.terminals = {FREE}
        longest_first = sorted(specials, key=len, reverse=True)
        self._split = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def text(self) -> str:
        return "".join([*self._rules, *sorted(self.terminals)])

    def rule(self, name: str, body: str) -> None:
        self._rules.append(f"{name}: {body}\n")

    def literal(self, text: str) -> str:
        """A text, in which those of special tokens stand for the tokens or are spelled out."""
        pieces = []
        at = 0
        for found in self._split.finditer(text):
            pieces.append(_quoted(text[at : found.start()]))
            token = f"<[{self._specials[found.group()]}]>"
            pieces.append(f"({token} | {_quoted(found.group())})")
            at = found.end()
        pieces.append(_quoted(text[at:]))
        return " ".join(piece for piece in pieces if piece)

    def until(self, mark: str) -> str:
        """Free text up to the first `mark`, and the mark."""
        name = f"until_{len(self._rules)}"
        self._rules.append(f"{name}[lazy]: FREE {_quoted(mark)}\n")
        if not self._split.search(mark):
            return name
        return f"({name} | FREE {self.literal(mark)})"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text else ""
