"""Families on real weights: prompts by the template in the file, answers read as calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fakes.engine_harness import Harness
from fakes.parsing import Whole, parse
from fakes.weights import MODELS, THREADS
from jimae.chat import tool_use
from jimae.chat.parsers.base import Family, Turn
from jimae.chat.parsers.registry import choose
from jimae.chat.renderer import Rendered, Renderer, TemplateFacts
from jimae.llama.binding import LlamaModel, LoadOptions
from jimae.llama.grammar import Grammars
from jimae.types import ChatPrompt, Message, TextPart, Tool, ToolCall, ToolChoice

WEATHER = Tool(
    "get_weather",
    "指定した都市の天気を調べる",
    '{"type":"object","properties":{"city":{"type":"string","description":"都市名"}},'
    '"required":["city"],"additionalProperties":false}',
)
QUESTION = Message("user", (TextPart("東京の天気を教えてください。"),))


@contextmanager
def loaded(name: str) -> Iterator[tuple[LlamaModel, Family]]:
    model = LlamaModel(
        LoadOptions(MODELS / f"{name}.gguf", n_cells=2048, n_running=2, threads=THREADS)
    )
    try:
        yield model, choose(model.template, model.architecture)
    finally:
        model.close()


async def rendered(model: LlamaModel, family: Family, *messages: Message) -> Rendered:
    vocab = model.vocab
    facts = TemplateFacts(
        "model",
        model.template,
        vocab.text(vocab.bos),
        vocab.text(vocab.eos),
        vocab.control_texts,
        family.fit_id,
    )
    renderer = Renderer(facts)
    try:
        return await renderer.render(ChatPrompt(messages, tools=(WEATHER,)), vocab)
    finally:
        await renderer.close()


def answer(
    model: LlamaModel, family: Family, prompt: Rendered, choice: ToolChoice, forced: bool
) -> Whole:
    """The greedy answer as its family reads it."""
    turn = Turn((WEATHER,), choice, prompt.ending)
    grammars = Grammars(model.vocab)
    written = tool_use.grammar(family, turn, grammars.specials, template=model.template or "")
    constraint = grammars.compile(written, "tools") if forced and written else None
    harness = Harness(model=model)
    name = harness.submit(prompt.ids, max_tokens=48, constraint=constraint)
    harness.run()
    pieces = [
        model.vocab.piece(token, special=family.needs_special_text)
        for token in harness.tokens(name)
        if token not in model.vocab.end_tokens
    ]
    harness.engine.cache.clear()
    grammars.close()
    return parse(family, [b"".join(pieces).decode("utf-8", "replace")], turn)


@pytest.mark.weights
async def test_qwen_calls_by_itself_and_is_told_the_result() -> None:
    with loaded("qwen2.5-coder-0.5b") as (model, family):
        assert family.name == "hermes"
        prompt = await rendered(model, family, QUESTION)
        whole = answer(model, family, prompt, ToolChoice(), forced=False)
        assert whole.content == ""
        (call,) = whole.calls
        assert call.name == "get_weather"
        assert json.loads(call.arguments) == {"city": "東京"}
        said = Message("assistant", tool_calls=(ToolCall("call_1", *call),))
        result = Message("tool", (TextPart("晴れ、23度"),), tool_call_id="call_1")
        later = await rendered(model, family, QUESTION, said, result)
        # What the model has read and written before is read again as it was.
        shared = prompt.ids[:-3]
        assert later.ids[: len(shared)] == shared
        text = b"".join(model.vocab.piece(t, special=True) for t in later.ids).decode()
        assert "<tool_response>\n晴れ、23度\n</tool_response>" in text
        assert '{"name": "get_weather", "arguments": {"city": "東京"}}\n</tool_call>' in text


@pytest.mark.weights
async def test_a_model_that_knows_no_tools_can_be_made_to_call() -> None:
    with loaded("smollm2-135m") as (model, family):
        assert family.name == "plain"
        prompt = await rendered(model, family, QUESTION)
        choice = ToolChoice("required", parallel=False)
        whole = answer(model, family, prompt, choice, forced=True)
        (call,) = whole.calls
        assert (whole.content, call.name) == ("", "get_weather")
        assert call.arguments.startswith('{"city":')
