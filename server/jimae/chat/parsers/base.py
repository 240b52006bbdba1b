"""What every family of models has: a parser of its answers, and how it writes calls.

The worker makes one parser for each answer and gives it the text as it is
generated, special tokens included where `needs_special_text`:

    family = choose(template, architecture, override)        once per model
    parser = family.parser(Turn(tools, choice, rendered.ending))
    parsed = parser.add(text, done=False)                    for each piece of text
    parsed = parser.add("", done=True)                       once, at the end
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from jimae.types import CallDelta, Tool, ToolChoice

_ALPHANUMERIC = string.ascii_letters + string.digits


class Parsed(NamedTuple):
    """More of an answer. The first delta of a call has its id and name; see `CallDelta`."""

    content: str = ""
    reasoning: str = ""
    calls: tuple[CallDelta, ...] = ()


class Parser(Protocol):
    """Splits one answer into content, reasoning and calls.

    How the text is cut into pieces makes no difference to the concatenated
    result. A call that cannot be read becomes content. Once the arguments of a
    call have begun they are passed on as the model writes them, so an answer that
    is cut short leaves them unfinished.
    """

    @property
    def stopped_by(self) -> str | None:
        """The stop string that the content has ended at, and the answer with it."""
        ...

    def add(self, text: str, done: bool) -> Parsed:
        """Take more text; return what is certain now. With `done`, all that is left."""
        ...


def random_id() -> str:
    return "call_" + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(24))


class Turn(NamedTuple):
    """What an answer follows.

    `tools` are those that may be called now; without any, text that looks like a
    call is text. `ending` is the end of the rendered prompt, by which a family
    sees that the template has already opened the reasoning; `written` is what the
    prompt has of the answer, if it is one that is gone on with. `stop` strings are
    looked for in the content.
    """

    tools: tuple[Tool, ...] = ()
    choice: ToolChoice = ToolChoice()
    ending: str = ""
    new_id: Callable[[], str] | None = None
    stop: tuple[str, ...] = ()
    written: str = ""

    def begins_behind(self, mark: str) -> bool:
        """Whether this mark is the last before the answer."""
        return self.ending.rstrip().endswith(mark)

    def begins_within(self, marks: tuple[str, str]) -> bool:
        """Whether the first of these marks stands before the answer, and the second not yet."""
        begin, end = marks
        if self.begins_behind(begin):
            return True
        return self.written.lstrip().startswith(begin) and end not in self.written

    def find(self, name: str) -> Tool | None:
        """The tool of that name, if it may be called."""
        return next((tool for tool in self.tools if tool.name == name), None)


@dataclass(frozen=True, kw_only=True)
class CallSyntax:
    """The text around the arguments of calls, for a grammar. `{name}` stands for the tool's.

        first  begin arguments end  between  begin arguments end  last
               `-------- call -----'

    Texts of special tokens in it stand for these tokens. No content contains
    `trigger`, with which `first + begin` starts: where it appears, a call begins.
    `notation` is the one of the arguments. With `also_bare` a call is as well an object with a
    `name` and `arguments` without a mark, at the beginning or in a fence.
    """

    trigger: str
    begin: str
    end: str
    first: str = ""
    between: str = ""
    last: str = ""
    notation: Literal["json", "xml", "gemma"] = "json"
    also_bare: bool = False


@dataclass(frozen=True, kw_only=True)
class Family:
    """A way of writing answers that some models share.

    `verified_on` names the models whose weights it was run with; without any it
    is known from published examples only. `syntax` is how a grammar has calls written,
    `reasoning` are the marks around reasoning, `before_content` is what stands before
    content behind it.
    """

    name: str
    parser: Callable[[Turn], Parser]
    detect: Callable[[str, str], bool]
    """Whether a template's source and a model's architecture are of this family."""
    syntax: CallSyntax
    needs_special_text: bool = False
    reasoning: tuple[str, str] | None = None
    before_content: str = ""
    verified_on: tuple[str, ...] = ()
    new_id: Callable[[], str] = random_id
    fit_id: Callable[[str], str] = str
    """The id of a call as the template accepts it."""

    def has_parts(self, turn: Turn, template: str) -> bool:
        """Whether an answer may hold anything but content."""
        marks = self.reasoning or ()
        return (
            bool(turn.tools)
            or bool(self.before_content)
            or any(mark in template for mark in marks)
            or (self.reasoning is not None and turn.begins_within(self.reasoning))
        )
