"""Responses in the background: read while they are written, cancelled, deleted."""

from __future__ import annotations

import asyncio

import openai
import pytest

from api.openai.responses.valid import valid
from fakes.backend import FakeBackend, done, forever
from fakes.waiting import until
from jimae.types import Delta, Started


async def test_one_in_the_background_shows_what_is_written_so_far(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    more = asyncio.Event()
    backend.play(
        Started(7, 0),
        Delta("", (1,), reasoning="考え"),
        Delta("東", (2,)),
        more,
        Delta("京", (3,)),
        done(3),
    )
    polled = await api.responses.create(model="fake", input="一", background=True)
    async with asyncio.timeout(5):
        while polled.output_text != "東":
            polled = await api.responses.retrieve(polled.id)
    assert (valid(polled).status, polled.usage) == ("in_progress", None)
    assert [(item.type, getattr(item, "status", None)) for item in polled.output] == [
        ("reasoning", "completed"),
        ("message", "in_progress"),
    ]

    more.set()
    async with asyncio.timeout(5):
        while (ended := await api.responses.retrieve(polled.id)).status == "in_progress":
            pass
    assert ended.output_text == "東京"
    assert [item.id for item in ended.output] == [item.id for item in polled.output]


async def test_only_the_background_is_cancelled(api: openai.AsyncOpenAI) -> None:
    response = await api.responses.create(model="fake", input="一")
    with pytest.raises(openai.BadRequestError) as caught:
        await api.responses.cancel(response.id)
    assert caught.value.code == "response_not_background"


async def test_deleting_ends_a_response_that_runs(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    backend.play(*forever())
    response = await api.responses.create(model="fake", input="一", background=True)
    await until(lambda: backend.active == 1)
    await api.responses.delete(response.id)
    assert backend.active == 0
    with pytest.raises(openai.NotFoundError):
        await api.responses.retrieve(response.id)
