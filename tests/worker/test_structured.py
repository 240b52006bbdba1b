"""Forms of answers through a real worker: what finishes fits, what cannot be held is a 400."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from fakes.schemas import judge
from fakes.weights import MODELS
from jimae.errors import JimaeError
from jimae.types import (
    ChatPrompt,
    Delta,
    Done,
    Failed,
    GenerateRequest,
    Grammar,
    Message,
    Principal,
    Sampling,
    TextPart,
)
from jimae.worker.client import LocalBackend
from worker.test_client import settings

MODEL = "smollm2-135m"

pytestmark = [pytest.mark.weights, pytest.mark.asyncio(loop_scope="module")]

SCHEMAS: dict[str, dict[str, Any]] = {
    "strict": {
        "type": "object",
        "properties": {
            "都市": {"enum": ["東京", "大阪"]},
            "気温": {"type": "integer", "minimum": -20, "maximum": 45},
        },
        "required": ["都市", "気温"],
        "additionalProperties": False,
    },
    "recursive": {
        "type": "object",
        "properties": {"v": {"type": "boolean"}, "next": {"$ref": "#/$defs/end"}},
        "required": ["v", "next"],
        "additionalProperties": False,
        "$defs": {"end": {"anyOf": [{"type": "null"}, {"$ref": "#"}]}},
    },
    "text": {"type": "string", "pattern": "^[A-Z]{2}-\\d{3}$"},
    "date": {"type": "string", "format": "date-time"},
    "list": {"type": "array", "items": {"type": "number", "multipleOf": 0.5}, "maxItems": 3},
    "one of": {"oneOf": [{"const": "はい"}, {"type": "integer", "minimum": 0, "maximum": 9}]},
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def backend() -> AsyncIterator[LocalBackend]:
    made = LocalBackend(
        MODEL, MODELS / f"{MODEL}.gguf", settings(kv_tokens=4096, parallel=4), Sampling()
    )
    await made.start()
    yield made
    await made.close()


async def answer(
    backend: LocalBackend, grammar: Grammar, sampling: Sampling
) -> tuple[str, str | None]:
    """The text of an answer and how it ended. Raises as the worker does."""
    request = GenerateRequest(
        f"{grammar.kind}-{sampling.seed}",
        Principal("test", "test"),
        ChatPrompt((Message("user", (TextPart("Give a short example."),)),)),
        sampling,
        max_tokens=80,
        grammar=grammar,
    )
    text, reason = "", None
    async for event in backend.generate(request):
        match event:
            case Delta(text=more):
                text += more
            case Done(finish_reason=reason):
                pass
            case Failed():
                raise JimaeError(event.code, param=event.param, **event.values)  # type: ignore[arg-type]
    return text, reason


@pytest.mark.parametrize("sampling", [Sampling(temperature=0.0), Sampling(temperature=1.5, seed=7)])
@pytest.mark.parametrize("name", SCHEMAS)
async def test_an_answer_fits_its_schema(
    backend: LocalBackend, name: str, sampling: Sampling
) -> None:
    source = json.dumps(SCHEMAS[name], ensure_ascii=False)
    text, reason = await answer(backend, Grammar("json_schema", source), sampling)

    assert reason in ("stop", "length")
    assert reason == "stop" or name == "recursive", text
    if reason == "stop":
        assert judge(SCHEMAS[name], text) is None, text


async def test_any_object(backend: LocalBackend) -> None:
    text, _ = await answer(backend, Grammar("json_object"), Sampling(temperature=0.0))

    assert text.startswith("{")


async def test_other_notations_end_by_themselves(backend: LocalBackend) -> None:
    greedy = Sampling(temperature=0.0)

    assert await answer(backend, Grammar("regex", "(?:はい|いいえ)!"), greedy) in (
        ("はい!", "stop"),
        ("いいえ!", "stop"),
    )
    assert await answer(backend, Grammar("lark", 'start: "a" "b"'), greedy) == ("ab", "stop")
    assert await answer(backend, Grammar("gbnf", 'root ::= "a" "b"'), greedy) == ("ab", "stop")


@pytest.mark.parametrize(
    ("grammar", "code"),
    [
        (Grammar("json_schema", '{"not": {}}'), "unsupported_schema_keyword"),
        (Grammar("json_schema", "{"), "invalid_schema"),
        (Grammar("json_schema", '{"const": 1, "enum": [2]}'), "schema_not_enforceable"),
        (Grammar("regex", "(?=a)"), "invalid_grammar"),
        (Grammar("lark", "start: <|im_end|>"), "invalid_grammar"),
        (Grammar("gbnf", "root"), "invalid_grammar"),
    ],
)  # fmt: skip
async def test_what_cannot_be_held_is_a_400(
    backend: LocalBackend, grammar: Grammar, code: str
) -> None:
    with pytest.raises(JimaeError) as caught:
        await answer(backend, grammar, Sampling())

    assert (caught.value.code, caught.value.status) == (code, 400)
