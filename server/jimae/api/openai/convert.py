"""From what both endpoints take to what is asked of a model. Every error names the field."""

from __future__ import annotations

import json
import re
from typing import Final, NotRequired, TypedDict, TypeVar

from jimae.api.explain import validated
from jimae.api.openai.answers import UsageBody
from jimae.api.openai.schema import Generation, StructuredOutputs
from jimae.api.parameters import Table, conflict
from jimae.api.text import checked
from jimae.errors import JimaeError
from jimae.types import Grammar, Priority, Sampling, Usage

G = TypeVar("G", bound=Generation)

_META: Final = re.compile(r"[\\.+*?()|\[\]{}^$#&\-~/]")


class Common(TypedDict):
    """The fields of an `Ask` that do not depend on the endpoint."""

    model: str
    sampling: Sampling
    stop: tuple[str, ...]
    ignore_eos: bool
    reproducible: bool
    priority: Priority
    n: int
    user: str | None
    grammar: NotRequired[Grammar]


def read(body: dict[str, object], table: Table, model: type[G]) -> G:
    """Validate a request. Raises a JimaeError of status 400."""
    request = validated(body, table, model)
    if request.stream_options is not None and not request.stream:
        raise conflict("stream_options", body["stream_options"], "stream", False)
    return request


def common(request: Generation) -> Common:
    stop = (request.stop,) if isinstance(request.stop, str) else tuple(request.stop or ())
    for index, text in enumerate(stop):
        checked(text, "stop" if isinstance(request.stop, str) else f"stop.{index}")
    fields: Common = {
        "model": request.model,
        "sampling": Sampling(
            temperature=request.temperature,
            top_p=request.top_p,
            top_k=request.top_k,
            min_p=request.min_p,
            presence_penalty=request.presence_penalty,
            frequency_penalty=request.frequency_penalty,
            repeat_penalty=request.repetition_penalty,
            seed=request.seed,
            logit_bias={int(token): bias for token, bias in request.logit_bias.items()},
        ),
        "stop": stop,
        "ignore_eos": request.ignore_eos,
        "reproducible": request.reproducible,
        "priority": request.priority,
        "n": request.n,
        "user": request.user,
    }
    if request.structured_outputs is not None:
        fields["grammar"] = structured(request.structured_outputs)
    return fields


def structured(form: StructuredOutputs, path: str = "structured_outputs") -> Grammar:
    """The grammar of vLLM's field. Raises if it holds none or more than one."""
    given = {name: value for name, value in form.model_dump(by_alias=True).items() if value}
    if not given:
        raise JimaeError("missing_parameter", param=f"{path}.json", name=f"{path}.json")
    (name, value), *others = given.items()
    if others:
        raise conflict(f"{path}.{others[0][0]}", others[0][1], f"{path}.{name}", value)
    if form.json_object:
        return Grammar("json_object")
    if form.choice is not None:
        return Grammar("regex", "|".join(_META.sub(r"\\\g<0>", text) for text in form.choice))
    if form.regex is not None:
        return Grammar("regex", form.regex)
    if form.grammar is not None:
        return Grammar("gbnf" if "::=" in form.grammar else "lark", form.grammar)
    return Grammar("json_schema", value if isinstance(value, str) else json_text(value))


def json_text(value: object) -> str:
    """A schema as text, its keys in their order: an answer is written in it."""
    return json.dumps(value, ensure_ascii=False)


def usage_body(usage: Usage, reasoning_tokens: int | None = None) -> UsageBody:
    """`reasoning_tokens` are part of those of the answer; None where nothing tells them apart."""
    body: UsageBody = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }
    if reasoning_tokens is not None:
        body["completion_tokens_details"] = {"reasoning_tokens": reasoning_tokens}
    return body
