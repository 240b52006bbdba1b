"""Every parameter of OpenAI's endpoints, and what this server does with it.

The one place that decides: `works` reaches the model; `harmless` may be sent
and changes nothing, since what it asks for is already so; `refused` is an error
unless its value is one that asks for nothing. A null is the same as not sending.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from jimae.errors import JimaeError

Support = Literal["works", "harmless", "refused"]
Test = Callable[[object], bool]


class Parameter(NamedTuple):
    """`harmless_if` says which values of a refused parameter ask for nothing; `ours` marks an
    extension that OpenAI does not have."""

    support: Support
    note: str
    harmless_if: Test | None = None
    ours: bool = False


def _works(note: str) -> Parameter:
    return Parameter("works", note)


def _ours(note: str) -> Parameter:
    return Parameter("works", note, ours=True)


def _harmless(note: str) -> Parameter:
    return Parameter("harmless", note)


def _refused(note: str, harmless_if: Test | None = None) -> Parameter:
    return Parameter("refused", note, harmless_if)


def _one_of(*values: object) -> Test:
    # By type too: 0 and False are equal in Python, and different requests.
    return lambda value: any(type(value) is type(v) and value == v for v in values)


_SHARED: Final[dict[str, Parameter]] = {
    "model": _works("The id of a model that GET /v1/models lists."),
    "stream": _works("Server-sent events while the answer is written."),
    "stream_options": _works("include_usage; include_obfuscation only as false."),
    "temperature": _works("0 to 2; the model's recommendation if unset."),
    "top_p": _works("Above 0, to 1."),
    "n": _works("1 to 8 answers from one prompt; with a seed, each has its own after it."),
    "stop": _works("A string, or up to 4."),
    "max_tokens": _works("At least 1; unset: until the model stops or the context is full."),
    "presence_penalty": _works("-2 to 2."),
    "frequency_penalty": _works("-2 to 2."),
    "logit_bias": _works("Token ids and -100 to 100."),
    "seed": _works("Repeats while nothing else runs; exactly with reproducible."),
    "user": _works("Whom the request is for: takes turns in the queue under this name."),
    "top_k": _ours("0 or more; 0 turns it off."),
    "min_p": _ours("0 to 1."),
    "repetition_penalty": _ours("Above 0, to 10; 1 turns it off."),
    "ignore_eos": _ours("Go on after the model would end, up to max_tokens."),
    "reproducible": _ours("A seed repeats exactly: run alone, where the server allows it."),
    "priority": _ours("interactive, or batch: after everybody who waits for an answer."),
}

CHAT: Final[dict[str, Parameter]] = {
    **_SHARED,
    "messages": _works("Roles system, developer, user, assistant, tool; text only."),
    "max_completion_tokens": _works("The newer name of max_tokens."),
    "response_format": _refused(
        "Only {'type': 'text'}; structured output is not there yet.",
        lambda value: value == {"type": "text"},
    ),
    "metadata": _harmless("Nothing is stored, so there is nothing to label."),
    "safety_identifier": _harmless("Nothing is reported to anybody."),
    "prompt_cache_key": _harmless("Prompts that begin alike share memory without it."),
    "prompt_cache_options": _harmless("Prompts that begin alike share memory without it."),
    "prompt_cache_retention": _harmless("Prompts that begin alike share memory without it."),
    "service_tier": _refused("There is one tier.", _one_of("auto", "default")),
    "store": _refused("Nothing is stored.", _one_of(False)),
    "parallel_tool_calls": _harmless("Says nothing while there are no tools."),
    "tools": _refused("Tools are not there yet.", _one_of([])),
    "tool_choice": _refused("Tools are not there yet.", _one_of("none")),
    "functions": _refused("Tools are not there yet.", _one_of([])),
    "function_call": _refused("Tools are not there yet.", _one_of("none")),
    "logprobs": _refused("Probabilities are not there yet.", _one_of(False)),
    "top_logprobs": _refused("Probabilities are not there yet.", _one_of(0)),
    "modalities": _refused("Answers are text.", lambda value: value == ["text"]),
    "audio": _refused("Answers are text."),
    "prediction": _refused("Predicted output is not there."),
    "reasoning_effort": _refused("This server does not steer reasoning yet."),
    "verbosity": _refused("This server does not steer length by name.", _one_of("medium")),
    "web_search_options": _refused("Nothing leaves this machine."),
    "moderation": _refused("There is no moderation model."),
}

COMPLETIONS: Final[dict[str, Parameter]] = {
    **_SHARED,
    "max_tokens": _works("At least 1; 16 if unset, as OpenAI has it."),
    "prompt": _works("One text, or one array of token ids."),
    "best_of": _refused("Use n.", _one_of(1)),
    "echo": _refused("The prompt is not repeated yet.", _one_of(False)),
    "logprobs": _refused("Probabilities are not there yet."),
    "suffix": _refused("Filling in the middle is not there yet.", _one_of("")),
}


def select(body: Mapping[str, object], table: Mapping[str, Parameter]) -> dict[str, object]:
    """The part of a request that works: what the schema then validates.

    Raises `unknown_parameter` with the nearest names, or `unsupported_parameter`.
    """
    working: dict[str, object] = {}
    for name, value in body.items():
        parameter = table.get(name)
        if parameter is None:
            raise unknown(name, table)
        if value is None or parameter.support == "harmless":
            continue
        if parameter.support == "works":
            working[name] = value
        elif parameter.harmless_if is None or not parameter.harmless_if(value):
            raise unsupported(name, value)
    return working


def unknown(path: str, names: Mapping[str, object] | list[str]) -> JimaeError:
    """`unknown_parameter` for a path such as `messages.0.contents`."""
    name = path.rpartition(".")[2]
    near = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    return JimaeError(
        "unknown_parameter", param=path[:200], name=path[:200], near=", ".join(near) or "-"
    )


def unsupported(path: str, value: object) -> JimaeError:
    return JimaeError("unsupported_parameter", param=path, name=path, value=shown(value))


def shown(value: object) -> str:
    """A value of a request as a short JSON text."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"
