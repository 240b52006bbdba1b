"""What the tools of a request ask of its answer: which are offered, and the grammar of calls.

    tool_choice   none        not offered
                  auto        free text; from the moment a call begins it keeps to a form
                  required    nothing but calls
                  a name      nothing but calls of this one

Forced calls and those of strict tools keep to the tool's schema, or the request is
refused. Other calls keep to it where it can be enforced, and else are any object.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from jimae.chat.grammars import gemma_arguments, json_schema, xml_arguments
from jimae.chat.grammars.compose import Calls, Function, Reasoning, compose
from jimae.chat.grammars.part import Part
from jimae.chat.parsers.base import CallSyntax, Family, Turn
from jimae.errors import JimaeError
from jimae.types import Tool, ToolChoice


def offered(tools: Sequence[Tool], choice: ToolChoice) -> tuple[Tool, ...]:
    """The tools that a prompt tells of: those of a `ChatPrompt`, unless none may be called.

    A choice by name leaves the others in, so that the prompt stays the same.
    """
    return () if choice.mode == "none" else tuple(tools)


def grammar(
    family: Family,
    turn: Turn,
    specials: Mapping[str, int],
    *,
    template: str,
    content: Part | None = None,
) -> str | None:
    """The grammar of an answer, as llguidance takes it; None if it is free.

    `turn.tools` are those that are offered. `specials` are the texts of the special
    tokens and their ids, `content` is the form of the answer's text. Raises
    JimaeError where what is asked for cannot be held to.
    """
    calls = _calls(family, turn, specials)
    return compose(
        specials,
        content=content,
        calls=calls,
        reasoning=_reasoning(family, turn, template),
        before_content=family.before_content,
    )


class _Notation(NamedTuple):
    """How arguments are written: any, or those of a schema."""

    any: Callable[[], Part]
    of: Callable[[str], Part]


def _notation(syntax: CallSyntax, specials: Mapping[str, int]) -> _Notation:
    if syntax.notation == "xml":
        return _Notation(xml_arguments.any_parameters, xml_arguments.parameters)
    if syntax.notation == "gemma":
        return _Notation(
            lambda: gemma_arguments.any_arguments(specials),
            lambda schema: gemma_arguments.arguments(schema, specials),
        )
    return _Notation(json_schema.any_object, json_schema.from_text)


def _calls(family: Family, turn: Turn, specials: Mapping[str, int]) -> Calls | None:
    tools, choice = turn.tools, turn.choice
    if not tools:
        return None
    required = choice.mode == "required"
    syntax = family.syntax
    if choice.name is not None:
        tools = tuple(tool for tool in tools if tool.name == choice.name)
        if not tools:
            raise JimaeError("tool_not_offered", param="tool_choice", name=choice.name)
    notation = _notation(syntax, specials)
    callables = [Function(tool.name, _arguments(tool, notation, required)) for tool in tools]
    return Calls(callables, syntax, required=required, parallel=choice.parallel)


def _arguments(tool: Tool, notation: _Notation, required: bool) -> Part:
    """The grammar of a tool's arguments."""
    schema = json.loads(tool.parameters)
    if isinstance(schema, dict):
        schema = {"type": "object", **schema}
    text = json.dumps(schema, ensure_ascii=False)
    try:
        return notation.of(text)
    except JimaeError as error:
        if not required and not tool.strict:
            return notation.any()
        values = dict(error.values)
        if "path" in values:
            values["path"] = f"{tool.name} {values['path']}"
        raise JimaeError(error.code, param="tools", retry_after=None, **values) from None


def _reasoning(family: Family, turn: Turn, template: str) -> Reasoning | None:
    """How the answer may reason before the rest."""
    if family.reasoning is None:
        return None
    begin, end = family.reasoning
    if turn.begins_within(family.reasoning):
        return Reasoning(begin, end, opened=True)
    if begin not in template or turn.begins_behind(end):
        return None
    return Reasoning(begin, end, opened=False)
