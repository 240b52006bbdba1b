"""Rendering in a process of its own: right tokens, and no template can hold it up."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from jimae.chat.renderer import Renderer, TemplateFacts
from jimae.errors import JimaeError
from jimae.llama.fake import SYSTEM_MARK, FakeVocab
from jimae.types import ChatPrompt, Message, TextPart

TEMPLATE = "{% for m in messages %}<|mark|>{{ m.content }}{% endfor %}"
ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@asynccontextmanager
async def renderer(source: str | None, seconds: float = 5.0) -> AsyncIterator[Renderer]:
    facts = TemplateFacts("m", source, "<s>", "</s>", FakeVocab.control_texts)
    made = Renderer(facts, seconds=seconds)
    try:
        yield made
    finally:
        await made.close()


def chat(*texts: str) -> ChatPrompt:
    return ChatPrompt(tuple(Message("user", (TextPart(t),)) for t in texts))


async def test_special_text_of_a_user_stays_text() -> None:
    async with renderer(TEMPLATE) as r:
        assert await r.tokens(chat("a<|mark|>"), FakeVocab()) == [
            SYSTEM_MARK,
            *b"a<|mark|>",
        ]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (ENDLESS, "template_timeout"),
        ("{{ raise_exception('no') }}", "template_failed"),
        (
            # A million letters, then a million times as many: no memory is that large.
            "{% set text = 'x' * 1000000 %}{{ text * 1000000 }}",
            "template_failed",
        ),
        (None, "template_missing"),
    ],
)
async def test_a_bad_template_is_an_error_within_its_time(source: str | None, code: str) -> None:
    async with renderer(source, seconds=1.5) as r:
        began = time.monotonic()
        with pytest.raises(JimaeError) as caught:
            await r.tokens(chat("x"), FakeVocab())
        assert caught.value.code == code
        assert time.monotonic() - began < 5


async def test_after_a_bad_one_it_renders_again() -> None:
    source = TEMPLATE + "{% if messages[0].content == 'hang' %}" + ENDLESS + "{% endif %}"
    async with renderer(source, seconds=1.5) as r:
        with pytest.raises(JimaeError, match="longer than"):
            await r.tokens(chat("hang"), FakeVocab())
        assert await r.tokens(chat("ok"), FakeVocab()) == [SYSTEM_MARK, *b"ok"]


async def test_a_continued_answer() -> None:
    prompt = ChatPrompt(
        (Message("user", (TextPart("q"),)), Message("assistant", (TextPart("begun"),))),
        continue_last=True,
    )
    async with renderer(TEMPLATE + "<|mark|>end") as r:
        assert bytes(t for t in await r.tokens(prompt, FakeVocab()) if t < 256) == b"qbegun"
