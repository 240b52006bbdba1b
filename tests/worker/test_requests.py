"""Requests to sequences: what is checked, and what of a prompt becomes which tokens."""

from __future__ import annotations

from typing import cast

import msgspec
import numpy as np
import pytest

from jimae.chat.parsers import hermes
from jimae.chat.renderer import Rendered, Renderer
from jimae.errors import JimaeError
from jimae.llama.fake import BOS, END, SIZE, SYSTEM_MARK, FakeVocab
from jimae.llama.grammar import Grammars
from jimae.llama.model import Infill
from jimae.types import (
    ChatPrompt,
    Delta,
    GenerateRequest,
    Grammar,
    InfillPrompt,
    Message,
    Outputs,
    PairPrompt,
    Principal,
    Prompt,
    Sampling,
    TextPart,
    TextPrompt,
    TokenPrompt,
    Tool,
    ToolChoice,
)
from jimae.worker.requests import ModelFacts, Requests


class Echo:
    """Renders a conversation as the text of its last message."""

    def __init__(self) -> None:
        self.tools: tuple[Tool, ...] = ()

    async def render(self, prompt: ChatPrompt, vocab: FakeVocab) -> Rendered:
        self.tools = prompt.tools
        text = "".join(part.text for part in prompt.messages[-1].content)
        return Rendered(vocab.tokenize(text, special=False), text)


class Written:
    """Keeps the grammars that were asked for."""

    def __init__(self) -> None:
        self.specials: dict[str, int] = {}
        self.kinds: list[str] = []

    def compile(self, grammar: str, kind: str) -> str:
        self.kinds.append(kind)
        return grammar


class Setup:
    def __init__(self, vocab: FakeVocab | None = None, template: str = "<think>") -> None:
        self.vocab = vocab or FakeVocab()
        self.renderer, self.grammars = Echo(), Written()
        facts = ModelFacts("m", template, hermes.FAMILY, Sampling(temperature=0.0))
        self.requests = Requests(
            facts,
            self.vocab,
            cast("Renderer", self.renderer),
            cast("Grammars", self.grammars),
        )


def ask(prompt: Prompt, **fields: object) -> GenerateRequest:
    return msgspec.structs.replace(GenerateRequest("r", Principal("u", "u"), prompt), **fields)


def chat(text: str = "hi", **fields: object) -> ChatPrompt:
    prompt = ChatPrompt((Message("user", (TextPart(text),)),))
    return msgspec.structs.replace(prompt, **fields)


async def refused(request: GenerateRequest, context: int = 100) -> JimaeError:
    with pytest.raises(JimaeError) as caught:
        await Setup().requests.take(request, context)
    return caught.value


async def test_a_text_is_read_with_its_special_tokens_and_answered_as_it_is() -> None:
    taken = await Setup().requests.take(ask(TextPrompt("a</s>")), 100)
    assert taken.sequence.tokens == [97, END]
    assert taken.sequence.max_tokens == 98
    assert taken.reader is None
    assert taken.sequence.constraint is None


class Filling(FakeVocab):
    infill = Infill(251, 252, 253)


async def test_a_gap_stands_behind_what_surrounds_it() -> None:
    tokens = await Setup(Filling()).requests.tokens(InfillPrompt("a</s>", "b"))
    assert tokens == [251, *b"a</s>", 252, *b"b", 253]


async def test_a_gap_begins_with_what_every_text_begins_with() -> None:
    vocab = Filling()
    vocab.adds_bos = True
    assert (await Setup(vocab).requests.tokens(InfillPrompt("a", "")))[:2] == [BOS, 251]


async def test_a_model_that_cannot_fill_says_so() -> None:
    error = await refused(ask(InfillPrompt("a", "b")))
    assert (error.code, error.param) == ("infill_unsupported", "suffix")
    assert "'m'" in error.message()


async def test_a_pair_is_not_answered() -> None:
    assert (await refused(ask(PairPrompt("q", "d")))).code == "not_answerable"


@pytest.mark.parametrize(("next_token", "room"), [(True, "at most 9"), (False, "at most 10")])
async def test_a_prompt_leaves_room_for_a_token_if_one_is_wanted(
    next_token: bool, room: str
) -> None:
    outputs = Outputs(next_token=next_token, prompt_logprobs=0)
    error = await refused(ask(TokenPrompt((1,) * 11), outputs=outputs), context=10)
    assert room in error.message()
    fits = ask(TokenPrompt((1,) * (10 - next_token)), outputs=outputs)
    assert (await Setup().requests.take(fits, 10)).sequence.prompt_length == 10 - next_token


async def test_too_many_tokens_are_called_what_the_client_calls_them() -> None:
    request = ask(TextPrompt("hello"), max_tokens=96, limit_param="max_output_tokens")
    error = await refused(request)
    assert (error.code, error.param) == ("max_tokens_too_large", "max_output_tokens")
    assert error.message().startswith("max_output_tokens is 96")
    fitting = msgspec.structs.replace(request, fit=True)
    assert (await Setup().requests.take(fitting, 100)).sequence.max_tokens == 96


async def test_tools_that_may_not_be_called_are_not_told_of() -> None:
    setup = Setup()
    request = ask(chat(tools=(Tool("f"),)), tool_choice=ToolChoice("none"))
    taken = await setup.requests.take(request, 100)
    assert setup.renderer.tools == ()
    assert taken.sequence.constraint is None


async def test_calls_and_content_are_held_to_grammars() -> None:
    setup = Setup()
    tools = (Tool("f"),)
    taken = await setup.requests.take(ask(chat(tools=tools)), 100)
    assert setup.renderer.tools == tools
    assert "tool_call" in cast("str", taken.sequence.constraint)
    taken = await setup.requests.take(ask(chat(), grammar=Grammar("regex", "a+")), 100)
    assert "a+" in cast("str", taken.sequence.constraint)
    taken = await setup.requests.take(ask(TextPrompt("x"), grammar=Grammar("json_object")), 100)
    assert "json_schema" in cast("str", taken.sequence.constraint)
    assert setup.grammars.kinds == ["tools", "regex", "json_object"]


@pytest.mark.parametrize(
    ("template", "tools", "apart"),
    [("<think>", (), True), ("…</think>…", (), True), ("", (Tool("f"),), True), ("", (), False)],
)
async def test_stop_strings_are_looked_for_in_content_where_there_is_more_than_that(
    template: str, tools: tuple[Tool, ...], apart: bool
) -> None:
    taken = await Setup(template=template).requests.take(ask(chat(tools=tools), stop=("X",)), 100)
    assert (taken.reader is None) == apart
    assert (taken.sequence.reader is not None) == apart
    taken.sequence.read(Delta(taken.sequence.detokenizer.add(b"<think>a X"), (1,)))
    assert (taken.sequence.stopped_by is None) == apart
    taken.sequence.read(Delta(taken.sequence.detokenizer.add(b"</think>b X"), (1,)))
    assert taken.sequence.stopped_by == "X"


async def test_without_stop_strings_the_engine_reads_nothing() -> None:
    taken = await Setup().requests.take(ask(chat(tools=(Tool("f"),))), 100)
    assert taken.sequence.reader is None
    assert taken.reader is not None


async def test_a_form_that_cannot_be_held_is_refused() -> None:
    assert (await refused(ask(chat(), grammar=Grammar("json_schema", "{")))).status == 400


async def test_a_prediction_is_tokens_of_plain_text() -> None:
    taken = await Setup().requests.take(ask(chat(), prediction="a</s>"), 100)
    assert taken.sequence.prediction == tuple(b"a</s>")


async def test_an_answer_without_end_is_not_ended() -> None:
    taken = await Setup().requests.take(ask(chat(), ignore_eos=True), 100)
    logits = np.zeros(SIZE, dtype=np.float32)
    logits[[END, SYSTEM_MARK]] = 50.0
    assert taken.sequence.sampler.sample(logits) not in (END, SYSTEM_MARK)
