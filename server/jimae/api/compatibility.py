"""Every endpoint that speaks somebody else's API, for the compatibility page.

`app.py` lists the routes; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from jimae.api.openai.batches.parameters import ENDPOINTS as BATCHES
from jimae.api.openai.files.parameters import ENDPOINTS as FILES
from jimae.api.openai.parameters import CHAT, COMPLETIONS
from jimae.api.parameters import Endpoint, Parameter
from jimae.api.tokenizer import DETOKENIZE, TOKENIZE

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint("POST", "/v1/chat/completions", CHAT),
    Endpoint("POST", "/v1/completions", COMPLETIONS),
    *FILES,
    *BATCHES,
    Endpoint("POST", "/tokenize", TOKENIZE, "In vLLM's form, as is /detokenize."),
    Endpoint("POST", "/detokenize", DETOKENIZE),
)


class Family(NamedTuple):
    """A family of models whose answers are read. `run_on` names those whose weights it was run
    with; without any it is known from published examples only."""

    name: str
    reasoning: bool
    forced_calls: bool
    run_on: Sequence[str]


def page(families: Sequence[Family] = ()) -> str:
    """The page, below its heading."""
    parts = [_endpoint(endpoint) for endpoint in ENDPOINTS]
    if families:
        parts.append(_families(families))
    return "\n".join(parts)


def _endpoint(endpoint: Endpoint) -> str:
    lines = [f"## {endpoint.method} {endpoint.path}", ""]
    if endpoint.words:
        lines += [endpoint.words, ""]
    lines += ["| parameter | | |", "| --- | --- | --- |"]
    return "\n".join([*lines, *_rows(endpoint), ""])


def _rows(endpoint: Endpoint) -> Iterator[str]:
    order = ("works", "harmless", "refused")
    for name, row in sorted(
        endpoint.table.items(), key=lambda item: (order.index(item[1].support), item[1].ours)
    ):
        yield f"| `{name}` | {_support(row)} | {row.note} |"


def _support(row: Parameter) -> str:
    if row.support == "refused":
        but = " but for some values" if row.harmless_if else ""
        return f"refused{but}: `{row.code}`"
    return "works (ours)" if row.ours else row.support


def _families(families: Sequence[Family]) -> str:
    lines = [
        "## Families of models",
        "",
        "How a model writes its reasoning and its calls is a matter of its family, which is told",
        "from its template. A malformed call becomes text. Where a family's calls cannot be",
        "held to a form, `tool_choice` can only be `auto` or `none`.",
        "",
        "| family | seen to work | reasoning apart | calls can be forced |",
        "| --- | --- | --- | --- |",
    ]
    for family in families:
        seen = ", ".join(f"`{model}`" for model in family.run_on) or "from published examples only"
        reasoning, forced = _yes(family.reasoning), _yes(family.forced_calls)
        lines.append(f"| {family.name} | {seen} | {reasoning} | {forced} |")
    return "\n".join([*lines, ""])


def _yes(value: bool) -> str:
    return "yes" if value else "no"
