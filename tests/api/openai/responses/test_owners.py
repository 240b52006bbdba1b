"""Responses and conversations are found by their owner alone."""

from __future__ import annotations

from functools import partial

import openai
import pytest

from jimae.service.caller import Caller


async def test_another_s_response_is_not_there(
    api: openai.AsyncOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = await api.responses.create(model="fake", input="一")
    conversation = await api.conversations.create(items=[{"role": "user", "content": "秘密"}])
    item = (await api.conversations.items.list(conversation.id)).data[0]
    mallory = Caller(id="mallory", name="mallory", via="local")
    monkeypatch.setattr("jimae.api.openai.responses.routes.caller_of", lambda _: mallory)
    monkeypatch.setattr("jimae.api.openai.responses.routes.owner_of", lambda _: mallory.id)
    count = partial(api.responses.input_tokens.count, model="fake", input="二")
    tries = [
        lambda: api.responses.retrieve(mine.id),
        lambda: api.responses.delete(mine.id),
        lambda: api.responses.cancel(mine.id),
        lambda: api.responses.input_items.list(mine.id),
        lambda: api.responses.retrieve(mine.id, stream=True),
        lambda: api.responses.create(model="fake", input="二", previous_response_id=mine.id),
        lambda: api.responses.create(model="fake", input="二", conversation=conversation.id),
        lambda: api.responses.create(
            model="fake", input=[{"type": "item_reference", "id": mine.output[0].id}]
        ),
        lambda: count(previous_response_id=mine.id),
        lambda: count(conversation=conversation.id),
        lambda: count(input=[{"type": "item_reference", "id": mine.output[0].id}]),
        lambda: api.conversations.retrieve(conversation.id),
        lambda: api.conversations.update(conversation.id, metadata={}),
        lambda: api.conversations.delete(conversation.id),
        lambda: api.conversations.items.list(conversation.id),
        lambda: api.conversations.items.create(
            conversation.id, items=[{"role": "user", "content": "x"}]
        ),
        lambda: api.conversations.items.retrieve(item.id, conversation_id=conversation.id),
        lambda: api.conversations.items.delete(item.id, conversation_id=conversation.id),
    ]
    for attempt in tries:
        with pytest.raises(openai.NotFoundError):
            await attempt()
    monkeypatch.undo()
    assert (await api.responses.retrieve(mine.id)).output_text == "東京です。"


async def test_an_address_that_is_nobody_s(api: openai.AsyncOpenAI) -> None:
    for name in ("resp_nothing", "a%00b", "日本", "x" * 500, "a b"):
        with pytest.raises(openai.NotFoundError) as caught:
            await api.responses.retrieve(name)
        assert caught.value.code == "response_not_found"
        with pytest.raises(openai.NotFoundError):
            await api.responses.delete(name)
        with pytest.raises(openai.NotFoundError):
            await api.responses.cancel(name)
        with pytest.raises(openai.NotFoundError):
            await api.responses.input_items.list(name)
