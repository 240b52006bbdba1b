"""Conversations through the official client, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest
from openai.types.conversations import (
    Conversation,
    ConversationDeletedResource,
    ConversationItem,
    ConversationItemList,
)
from pydantic import TypeAdapter

from api.openai.responses.test_responses import CALLING, said, shown
from api.openai.responses.valid import valid
from fakes.backend import FakeBackend, forever
from fakes.waiting import until

CONVERSATION = TypeAdapter(Conversation)
DELETED = TypeAdapter(ConversationDeletedResource)
ITEM: TypeAdapter[Any] = TypeAdapter(ConversationItem)
ITEMS = TypeAdapter(ConversationItemList)


def user(text: str) -> Any:
    return {"type": "message", "role": "user", "content": text}


async def texts(api: openai.AsyncOpenAI, conversation_id: str) -> list[str]:
    page = await api.conversations.items.list(conversation_id, order="asc")
    valid(page.to_dict(mode="json"), ITEMS)
    return [item.content[0].text async for item in page]  # type: ignore[union-attr]


async def test_making_changing_and_deleting(api: openai.AsyncOpenAI) -> None:
    made = await api.conversations.create(metadata={"件": "甲"}, items=[user("一"), user("二")])
    valid(made, CONVERSATION)
    assert made.metadata == {"件": "甲"}
    changed = await api.conversations.update(made.id, metadata={"件": "乙"})
    assert valid(changed, CONVERSATION).metadata == {"件": "乙"}
    assert (await api.conversations.retrieve(made.id)).to_dict() == changed.to_dict()
    assert await texts(api, made.id) == ["一", "二"]
    deleted = await api.conversations.delete(made.id)
    assert valid(deleted, DELETED).deleted
    for attempt in (api.conversations.retrieve, api.conversations.items.list):
        with pytest.raises(openai.NotFoundError) as caught:
            await attempt(made.id)
        assert caught.value.code == "conversation_not_found"


async def test_items(api: openai.AsyncOpenAI) -> None:
    made = await api.conversations.create()
    empty = await api.conversations.items.list(made.id)
    assert empty.data == []
    added = await api.conversations.items.create(made.id, items=[user("一"), user("二")])
    valid(added, ITEMS)
    await api.conversations.items.create(
        made.id, items=[{"role": "assistant", "content": "三"}, user("四")]
    )
    assert await texts(api, made.id) == ["一", "二", "三", "四"]
    second = added.data[1]
    one = await api.conversations.items.retrieve(second.id or "", conversation_id=made.id)
    assert valid(one, ITEM).id == second.id
    await api.conversations.items.delete(second.id or "", conversation_id=made.id)
    assert await texts(api, made.id) == ["一", "三", "四"]
    with pytest.raises(openai.NotFoundError) as caught:
        await api.conversations.items.retrieve(second.id or "", conversation_id=made.id)
    assert caught.value.code == "item_not_found"
    with pytest.raises(openai.BadRequestError):
        await api.conversations.items.create(made.id, items=[])


async def test_responses_add_to_it(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    made = await api.conversations.create(items=[user("一")])
    first = await api.responses.create(model="fake", input="二", conversation=made.id)
    assert first.conversation is not None
    assert first.conversation.id == made.id
    backend.play(*CALLING)
    second = await api.responses.create(model="fake", input="三", conversation={"id": made.id})
    page = await api.conversations.items.list(made.id, order="asc")
    valid(page.to_dict(mode="json"), ITEMS)
    assert [item.type for item in page.data][-3:] == ["reasoning", "function_call", "function_call"]
    assert shown(backend) == (
        said("user", "一"),
        said("user", "二"),
        said("assistant", "東京です。"),
        said("user", "三"),
    )
    # A response is no more, and its words are still part of the conversation.
    for response in (first, second):
        await api.responses.delete(response.id)
    assert len((await api.conversations.items.list(made.id)).data) == 7
    await api.conversations.delete(made.id)


async def test_a_deleted_conversation_leaves_its_responses(api: openai.AsyncOpenAI) -> None:
    made = await api.conversations.create(items=[user("一")])
    response = await api.responses.create(model="fake", input="二", conversation=made.id)
    await api.conversations.delete(made.id)
    assert (await api.responses.retrieve(response.id)).output_text == "東京です。"
    items = await api.responses.input_items.list(response.id)
    assert len(items.data) == 2
    await api.responses.delete(response.id)


async def test_a_deleted_item_is_gone_everywhere(api: openai.AsyncOpenAI) -> None:
    made = await api.conversations.create(items=[user("秘密")])
    response = await api.responses.create(model="fake", input="二", conversation=made.id)
    for item in (await api.conversations.items.list(made.id)).data:
        await api.conversations.items.delete(item.id or "", conversation_id=made.id)
    assert (await api.responses.retrieve(response.id)).output == []
    assert (await api.responses.input_items.list(response.id)).data == []
    await api.responses.delete(response.id)


async def test_one_response_at_a_time(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    made = await api.conversations.create(items=[user("一")])
    backend.play(*forever())
    running = await api.responses.create(
        model="fake", input="二", conversation=made.id, background=True
    )
    await until(lambda: backend.active == 1)
    tries = [
        lambda: api.responses.create(model="fake", input="三", conversation=made.id),
        lambda: api.conversations.items.create(made.id, items=[user("三")]),
        lambda: api.conversations.delete(made.id),
    ]
    for attempt in tries:
        with pytest.raises(openai.ConflictError) as caught:
            await attempt()
        assert caught.value.code == "conversation_busy"
    await api.responses.cancel(running.id)
    # What broke off is no part of it.
    assert await texts(api, made.id) == ["一"]
    await api.responses.create(model="fake", input="三", conversation=made.id)
    assert await texts(api, made.id) == ["一", "三", "東京です。"]


async def test_a_refused_response_leaves_it_free(api: openai.AsyncOpenAI) -> None:
    made = await api.conversations.create()
    with pytest.raises(openai.NotFoundError):
        await api.responses.create(model="nothing", input="一", conversation=made.id)
    await api.responses.create(model="fake", input="一", conversation=made.id)
    assert await texts(api, made.id) == ["一", "東京です。"]


async def test_adding_at_once(api: openai.AsyncOpenAI) -> None:
    made = await api.conversations.create()
    await asyncio.gather(
        *(api.conversations.items.create(made.id, items=[user(str(n))]) for n in range(20))
    )
    assert sorted(await texts(api, made.id), key=int) == [str(n) for n in range(20)]
