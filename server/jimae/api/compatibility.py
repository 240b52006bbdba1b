"""Every endpoint that speaks somebody else's API, for the compatibility page.

Each API's `paths.py` lists its routes; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from jimae.api.anthropic.parameters import COUNT_TOKENS, MESSAGES
from jimae.api.ollama.embed import EMBED
from jimae.api.ollama.embed import EMBEDDINGS as OLLAMA_EMBEDDINGS
from jimae.api.ollama.parameters import CHAT as OLLAMA_CHAT
from jimae.api.ollama.parameters import GENERATE, PULL, SHOW
from jimae.api.openai.batches.parameters import ENDPOINTS as BATCHES
from jimae.api.openai.embeddings import EMBEDDINGS
from jimae.api.openai.files.parameters import ENDPOINTS as FILES
from jimae.api.openai.parameters import CHAT, COMPLETIONS
from jimae.api.openai.responses.parameters import ENDPOINTS as RESPONSES
from jimae.api.parameters import Endpoint, Parameter
from jimae.api.rerank import RERANK
from jimae.api.tokenizer import DETOKENIZE, TOKENIZE

ANTHROPIC: Final = (
    "Anthropic's Messages API. Errors have its envelope, with our code in `details.error_code`; "
    "what has status 503 elsewhere has its 529 here."
)
OLLAMA: Final = (
    "Ollama's API, as are GET /api/tags, /api/ps and /api/version. Errors have its envelope, with "
    "our code beside it. POST /api/create, /api/copy, /api/push and DELETE /api/delete are refused "
    "with `models_by_command`: models are changed by `jimae pull` on the server's machine."
)

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint("POST", "/v1/chat/completions", CHAT),
    Endpoint("POST", "/v1/completions", COMPLETIONS),
    Endpoint("POST", "/v1/embeddings", EMBEDDINGS),
    Endpoint(
        "POST",
        "/v1/rerank",
        RERANK,
        "As Jina and Cohere have it. Scores are from 0 to 1: a reranker with one number has the "
        "sigmoid of its training put behind it.",
    ),
    *RESPONSES,
    *FILES,
    *BATCHES,
    Endpoint("POST", "/tokenize", TOKENIZE, "In vLLM's form, as is /detokenize."),
    Endpoint("POST", "/detokenize", DETOKENIZE),
    Endpoint("POST", "/v1/messages", MESSAGES, ANTHROPIC),
    Endpoint("POST", "/v1/messages/count_tokens", COUNT_TOKENS),
    Endpoint("POST", "/api/chat", OLLAMA_CHAT, OLLAMA),
    Endpoint("POST", "/api/generate", GENERATE),
    Endpoint("POST", "/api/embed", EMBED),
    Endpoint("POST", "/api/embeddings", OLLAMA_EMBEDDINGS),
    Endpoint("POST", "/api/show", SHOW),
    Endpoint("POST", "/api/pull", PULL),
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
