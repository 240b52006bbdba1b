"""The texts of what a model is given: to be looked at, and to be put back changed.

    given ──pieces_of──► pieces ──(masked)──► with_texts ──► given

Both walk in the same order: first what somebody said, so that placeholders are numbered by it.
Token ids have no texts: who may not send everything has to send words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from msgspec.structs import replace

from jimae.service.policy.looking import Piece
from jimae.service.policy.placeholders import quoted
from jimae.types import (
    ChatPrompt,
    Grammar,
    InfillPrompt,
    Message,
    PairPrompt,
    Prompt,
    TextPart,
    TextPrompt,
    TokenPrompt,
    Tool,
    ToolCall,
)


@dataclass(frozen=True)
class Given:
    """All that comes near a model of one prompt: an answer can be made to say what its form
    demands, what is predicted, and what it stops at."""

    prompt: Prompt
    grammar: Grammar | None = None
    stop: tuple[str, ...] = ()
    prediction: str | None = None


Change = Callable[[str], str]


class _Walk(NamedTuple):
    """What is done with texts, with those that are JSON, and with names of functions: a name
    is what a program is called by, and so cannot become another."""

    text: Change
    json: Change
    name: Change


def pieces_of(given: Given, prompt: int = 0) -> list[Piece]:
    """Every text that somebody wrote, in their order."""
    found: list[Piece] = []

    def keep(text: str) -> str:
        found.append(Piece(text, prompt=prompt))
        return text

    def keep_name(name: str) -> str:
        found.append(Piece(name, fixed=True, prompt=prompt))
        return name

    _changed(given, _Walk(keep, keep, keep_name))
    return found


def with_texts(given: Given, texts: Sequence[str]) -> Given:
    """The same with these in place of its `pieces_of`, but for those that are fixed. Raises
    ValueError if they are not as many."""
    if len(texts) != (count := len(pieces_of(given))):
        raise ValueError(f"{len(texts)} texts where there are {count}")
    rest = iter(texts)

    def as_it_is(name: str) -> str:
        next(rest)
        return name

    return _changed(given, _Walk(lambda _: next(rest), lambda _: quoted(next(rest)), as_it_is))


def _changed(given: Given, walk: _Walk) -> Given:
    return Given(
        prompt=_prompt(given.prompt, walk),
        prediction=None if given.prediction is None else walk.text(given.prediction),
        grammar=None if given.grammar is None else _grammar(given.grammar, walk),
        stop=tuple(map(walk.text, given.stop)),
    )


def _prompt(prompt: Prompt, walk: _Walk) -> Prompt:
    match prompt:
        case ChatPrompt():
            return replace(
                prompt,
                messages=tuple(_message(message, walk) for message in prompt.messages),
                tools=tuple(_tool(tool, walk) for tool in prompt.tools),
            )
        case TextPrompt():
            return TextPrompt(walk.text(prompt.text))
        case InfillPrompt():
            return InfillPrompt(walk.text(prompt.prefix), walk.text(prompt.suffix))
        case PairPrompt():
            return PairPrompt(walk.text(prompt.query), walk.text(prompt.document))
        case TokenPrompt():
            return prompt


def _message(message: Message, walk: _Walk) -> Message:
    return replace(
        message,
        content=_content(message.content, walk),
        name=None if message.name is None else walk.text(message.name),
        reasoning=None if message.reasoning is None else walk.text(message.reasoning),
        tool_calls=tuple(_call(call, walk) for call in message.tool_calls),
        tool_call_id=None if message.tool_call_id is None else walk.text(message.tool_call_id),
    )


def _content(parts: tuple[TextPart, ...], walk: _Walk) -> tuple[TextPart, ...]:
    """A model reads the parts as one text, and so they are looked at as one."""
    if not parts:
        return parts
    whole = "".join(part.text for part in parts)
    changed = walk.text(whole)
    return parts if changed == whole else (TextPart(changed),)


def _call(call: ToolCall, walk: _Walk) -> ToolCall:
    return ToolCall(walk.text(call.id), walk.name(call.name), walk.json(call.arguments))


def _tool(tool: Tool, walk: _Walk) -> Tool:
    return replace(
        tool,
        name=walk.name(tool.name),
        description=walk.text(tool.description),
        parameters=walk.json(tool.parameters),
    )


def _grammar(grammar: Grammar, walk: _Walk) -> Grammar:
    change = walk.json if grammar.kind == "json_schema" else walk.text
    return Grammar(grammar.kind, change(grammar.source))
