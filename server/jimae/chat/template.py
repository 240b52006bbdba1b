"""A model's chat template, rendered in a sandbox.

Runs inside the process that `renderer` can kill: nested loops can run for ever
in Jinja's sandbox. Imports nothing that touches the model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_OUTPUT = 32 * 2**20
"""Characters that a rendered prompt may have."""


class TemplateRefusedError(Exception):
    """The template raised an exception of its own, or is not valid Jinja."""


def compile_template(source: str) -> jinja2.Template:
    """Compile a chat template with the helpers that Hugging Face gives it.

    Source: `apply_chat_template` in transformers (`chat_template_utils`).
    """
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = lambda form: datetime.now().astimezone().strftime(form)
    try:
        return environment.from_string(source)
    except jinja2.TemplateError as error:
        raise TemplateRefusedError(f"the template is not valid: {error}") from None


def render(
    template: jinja2.Template,
    messages: Sequence[dict[str, Any]],
    *,
    bos: str,
    eos: str,
    add_generation_prompt: bool,
    tools: Sequence[dict[str, Any]] | None = None,
    switches: Mapping[str, Any] | None = None,
) -> str:
    """Render messages (`role`, `content`, …) to the text that the model reads.

    `switches` are further variables, such as `enable_thinking`. Raises
    TemplateRefusedError with the template's own words.
    """
    pieces: list[str] = []
    size = 0
    try:
        for piece in template.generate(
            messages=list(messages),
            bos_token=bos,
            eos_token=eos,
            add_generation_prompt=add_generation_prompt,
            tools=None if tools is None else list(tools),
            **(switches or {}),
        ):
            size += len(piece)
            if size > MAX_OUTPUT:
                raise TemplateRefusedError(f"it wrote more than {MAX_OUTPUT} characters")
            pieces.append(piece)
    except jinja2.TemplateError as error:
        raise TemplateRefusedError(str(error)) from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise TemplateRefusedError(f"{type(error).__name__}: {error}") from None
    return "".join(pieces)


def _raise(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """As in transformers: no HTML escapes, Japanese left as it is."""
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


class _Generation(Extension):
    """{% generation %} … {% endgeneration %}: what a model wrote. It matters to training only."""

    tags = {"generation"}  # noqa: RUF012 - as Jinja declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)
