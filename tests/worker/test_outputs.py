"""What can be asked of an answer, through a real worker on real weights."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fakes.weights import MODELS, THREADS
from jimae.errors import JimaeError
from jimae.settings import load
from jimae.types import (
    ChatPrompt,
    Delta,
    Done,
    GenerateRequest,
    Grammar,
    InfillPrompt,
    Message,
    Outputs,
    Principal,
    PromptLogprobs,
    Sampling,
    TextPart,
    TextPrompt,
    Tool,
    ToolChoice,
)
from jimae.worker.backend import GenerateEvent
from jimae.worker.client import LocalBackend

WHO = Principal("u", "u")
WEATHER = Tool(
    "get_weather",
    "The weather of a city",
    '{"type":"object","properties":{"city":{"type":"string","maxLength":20}},"required":["city"],'
    '"additionalProperties":false}',
)

pytestmark = [pytest.mark.weights, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def coder() -> AsyncIterator[LocalBackend]:
    settings = load(
        environ={},
        overrides={"engine.kv_tokens": 2048, "engine.parallel": 4, "engine.threads": THREADS},
    )
    path = MODELS / "qwen2.5-coder-0.5b.gguf"
    made = LocalBackend("qwen2.5-coder-0.5b", path, settings, Sampling(temperature=0.0))
    await made.start()
    await made.wait_ready()
    yield made
    await made.close()


async def events(backend: LocalBackend, request: GenerateRequest) -> list[GenerateEvent]:
    return [event async for event in backend.generate(request)]


def text_of(got: list[GenerateEvent]) -> str:
    return "".join(event.text for event in got if isinstance(event, Delta))


def chat(text: str, *tools: Tool) -> ChatPrompt:
    return ChatPrompt((Message("user", (TextPart(text),)),), tools=tools)


async def test_the_model_says_what_it_is(coder: LocalBackend) -> None:
    info = coder.info
    assert info is not None
    assert info.parser == "hermes"
    assert set(info.capabilities) >= {"chat", "completions", "tools", "infill"}
    assert "reasoning" not in info.capabilities
    assert info.eos == "<|im_end|>"
    assert info.template is not None
    assert "im_start" in info.template


async def test_a_scored_prompt_and_no_answer(coder: LocalBackend) -> None:
    outputs = Outputs(next_token=False, prompt_logprobs=2)
    request = GenerateRequest(
        "scored", WHO, TextPrompt("The capital of Japan is Tokyo."), outputs=outputs, max_tokens=0
    )
    got = await events(coder, request)
    told = [t for event in got if isinstance(event, PromptLogprobs) for t in event.tokens]
    assert b"".join(t.piece for t in told) == b"The capital of Japan is Tokyo."
    assert told[0].logprob is None
    assert all(t.logprob is not None and len(t.top) == 2 for t in told[1:])
    done = got[-1]
    assert isinstance(done, Done)
    assert (done.finish_reason, done.usage.completion_tokens) == ("length", 0)
    assert text_of(got) == ""


async def test_a_gap_is_filled(coder: LocalBackend) -> None:
    prompt = InfillPrompt("def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n")
    got = await events(coder, GenerateRequest("gap", WHO, prompt, max_tokens=12))
    assert text_of(got).strip().startswith("a + b")


async def test_an_answer_keeps_to_a_form(coder: LocalBackend) -> None:
    schema = json.dumps(
        {
            "type": "object",
            "properties": {"city": {"enum": ["東京", "大阪"]}, "people": {"type": "integer"}},
            "required": ["city", "people"],
            "additionalProperties": False,
        }
    )
    asked = chat("How many people live in Tokyo? Write a poem.")
    request = GenerateRequest("form", WHO, asked, grammar=Grammar("json_schema", schema))
    got = await events(coder, request)
    value = json.loads(text_of(got))
    assert value["city"] in ("東京", "大阪")
    assert isinstance(value["people"], int)
    done = got[-1]
    assert isinstance(done, Done)
    assert done.finish_reason == "stop"


async def test_a_form_holds_where_there_is_no_conversation(coder: LocalBackend) -> None:
    request = GenerateRequest(
        "re", WHO, TextPrompt("My phone number is "), grammar=Grammar("regex", r"\d{3}-\d{4}")
    )
    got = await events(coder, request)
    assert len(text_of(got)) == 8
    assert text_of(got)[3] == "-"


async def test_a_form_that_cannot_be_held_is_refused(coder: LocalBackend) -> None:
    with pytest.raises(JimaeError) as caught:
        await events(coder, GenerateRequest("no", WHO, chat("hi"), grammar=Grammar("regex", "(")))
    assert caught.value.status == 400


@pytest.mark.parametrize("temperature", [0.0, 1.0])
async def test_a_call_that_must_be_made_is(coder: LocalBackend, temperature: float) -> None:
    request = GenerateRequest(
        f"call{temperature}",
        WHO,
        chat("What is the weather in Kyoto?", WEATHER),
        tool_choice=ToolChoice("required"),
        sampling=Sampling(temperature=temperature, seed=1),
        outputs=Outputs(logprobs=0),
    )
    got = await events(coder, request)
    calls = [call for event in got if isinstance(event, Delta) for call in event.calls]
    assert [call.name for call in calls if call.name] == ["get_weather"] * len(
        {call.index for call in calls}
    )
    first = "".join(call.arguments for call in calls if call.index == 0)
    assert list(json.loads(first)) == ["city"]
    assert text_of(got).strip() == ""
    done = got[-1]
    assert isinstance(done, Done)
    assert done.finish_reason == "tool_calls"


async def test_a_prediction_changes_nothing_of_an_answer(coder: LocalBackend) -> None:
    asked = chat("Repeat exactly: def add(a, b): return a + b")
    answers = []
    for index, prediction in enumerate((None, "```python\ndef add(a, b):", "nothing of the kind")):
        request = GenerateRequest(f"p{index}", WHO, asked, max_tokens=24, prediction=prediction)
        answers.append(text_of(await events(coder, request)))
    assert answers[0] == answers[1] == answers[2]
