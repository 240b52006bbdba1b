"""Chats as files: out and in again without a loss, and in from other programs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.jimae.chatting import Chatter, text
from fakes.backend import Backends, FakeBackend, saying
from fakes.files import write_gguf
from fakes.serving import Served, serving
from jimae.service.chats.importing.reader import elements
from jimae.service.service import Service
from jimae.settings import load

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def elsewhere(tmp_path: Path, backends: Backends) -> AsyncIterator[Served]:
    """Another server, with a database of its own."""
    write_gguf(tmp_path / "elsewhere" / "models" / "fake.gguf")
    settings = load(
        environ={}, overrides={"data_dir": tmp_path / "elsewhere", "models.default": "fake"}
    )
    async with serving(settings, Service(settings, backends.make)) as served:
        yield served


async def take(chatter: Chatter, content: object, status: int = 200) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return await chatter.call("POST", "/chats/import", status, content=body, headers=JSON)


def gpt(conversation: str = "c1") -> dict[str, Any]:
    """A conversation as ChatGPT exports it: two answers to one question, a picture, a tool."""

    def node(parent: str | None, role: str, content: Any, **details: Any) -> dict[str, Any]:
        message = {
            "author": {"role": role},
            "create_time": 1_700_000_000.5,
            "content": content,
            "metadata": details,
        }
        return {"parent": parent, "children": [], "message": message}

    def said(text: str) -> dict[str, Any]:
        return {"content_type": "text", "parts": [text]}

    asked = [
        {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"},
        "これは?",
    ]
    return {
        "conversation_id": conversation,
        "title": "契約の見積",
        "create_time": 1_700_000_000.0,
        "update_time": 1_700_000_100.0,
        "current_node": "a2",
        "mapping": {
            "root": {"parent": None, "children": ["sys"], "message": None},
            "sys": node("root", "system", said("")),
            "q": node("sys", "user", {"content_type": "multimodal_text", "parts": asked}),
            "a1": node("q", "assistant", said("一つ目"), model_slug="gpt-4o"),
            "t": node("q", "tool", said("道具")),
            "a2": node("t", "assistant", said("二つ目"), model_slug="gpt-4o"),
        },
    }


def webui() -> dict[str, Any]:
    """A chat as Open WebUI exports it."""
    thought = (
        '<details type="reasoning" done="true">\n<summary>Thought</summary>\n> 考え\n</details>\n'
    )
    return {
        "id": "w1",
        "title": "日報",
        "created_at": 1_700_000_000,
        "updated_at": 1_700_000_050,
        "pinned": True,
        "chat": {
            "models": ["llama3"],
            "history": {
                "currentId": "m2",
                "messages": {
                    "m1": {"parentId": None, "role": "user", "content": "書いて", "timestamp": 1},
                    "m2": {"parentId": "m1", "role": "assistant", "content": f"{thought}日報です"},
                    "m3": {"parentId": "m1", "role": "assistant", "content": "別の日報"},
                },
            },
        },
    }


async def test_out_and_in_again_is_the_same(
    chatter: Chatter, backend: FakeBackend, elsewhere: Served
) -> None:
    chat = await chatter.new(title="元のチャット", settings={"temperature": 0.5})
    backend.play(*saying("一つ目", reason="length"))
    one = await chatter.say(chat, [{"type": "attachment", "name": "a.txt", "text": "中身"}])
    again = await chatter.post(f"/chats/{chat}/turns/{one['parent']}/answer")
    await chatter.end(chat, again["answer"])
    await chatter.post(f"/chats/{chat}", head=one["id"])
    file = await chatter.http.get("/jimae/chats/export")
    assert "attachment" in file.headers["content-disposition"]
    assert file.content == (await chatter.http.get(f"/jimae/chats/{chat}/export")).content
    # Where it is already, it is not taken.
    assert await take(chatter, file.content) == {"imported": 0, "already": 1, "failed": []}
    async with Chatter(elsewhere.url) as other:
        assert await take(other, file.content) == {"imported": 1, "already": 0, "failed": []}
        assert await take(other, file.content) == {"imported": 0, "already": 1, "failed": []}
        (row,) = (await other.get("/chats"))["data"]
        theirs = await other.get(f"/chats/{row['id']}")
        mine = await chatter.get(f"/chats/{chat}")
        assert [told(turn) for turn in theirs["turns"]] == [told(turn) for turn in mine["turns"]]
        assert len(theirs["turns"][-1]["siblings"]) == 2
        same = ("title", "named", "settings", "updated_at", "model", "pinned")
        assert [row[name] for name in same] == [mine["chat"][name] for name in same]
        found = await other.get("/chats/search", q="中身")
        assert [one["chat"]["id"] for one in found["data"]] == [row["id"]]


def told(turn: dict[str, Any]) -> dict[str, Any]:
    names = ("role", "parts", "model", "status", "reason", "usage", "timings")
    return {name: turn[name] for name in names}


@pytest.mark.parametrize("wrapped", [False, True])
async def test_other_programs(chatter: Chatter, wrapped: bool) -> None:
    chats = [gpt(), {"nothing": 1}, webui(), gpt("c1"), gpt("c2")]
    done = await take(chatter, {"data": chats} if wrapped else chats)
    assert (done["imported"], done["already"]) == (3, 1)
    assert [one["index"] for one in done["failed"]] == [1]
    listed = (await chatter.get("/chats"))["data"]
    assert [row["title"] for row in listed] == ["契約の見積", "契約の見積", "日報"]
    first = await chatter.get(f"/chats/{listed[0]['id']}")
    question, answer = first["turns"]
    assert question["parts"] == [
        {"type": "note", "text": "画像"},
        {"type": "text", "text": "これは?"},
    ]
    assert (text(answer), answer["model"], len(answer["siblings"])) == ("二つ目", "gpt-4o", 2)
    report = await chatter.get(f"/chats/{listed[2]['id']}")
    assert report["chat"]["pinned"]
    assert [part["type"] for part in report["turns"][1]["parts"]] == ["reasoning", "text"]
    assert text(await chatter.say(listed[0]["id"], "続き", answer["id"])) == "東京です。"


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1, 2", b'{"chats": [{]}', b"null", b'["a" "b"]']
)
async def test_what_cannot_be_read_is_told(chatter: Chatter, content: bytes) -> None:
    error = await take(chatter, content, 400)
    assert error["error"]["code"] == "import_unreadable"


async def test_markdown_has_what_is_shown(chatter: Chatter, backend: FakeBackend) -> None:
    chat = await chatter.new(title="議事録/要約")
    backend.play(*saying("**要約**\n\n```\nコード\n```"))
    await chatter.say(chat, [{"type": "attachment", "name": "a.md", "text": "````\n中"}])
    file = await chatter.http.get(f"/jimae/chats/{chat}/export", params={"format": "markdown"})
    assert file.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "filename*=UTF-8''%E8%AD%B0%E4%BA%8B%E9%8C%B2_" in file.headers["content-disposition"]
    assert "# 議事録/要約" in file.text
    assert "`````\n````\n中\n`````" in file.text
    assert "**要約**\n\n```\nコード\n```" in file.text


# Lone surrogates are no text, and no file of UTF-8 has them.
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=5), st.booleans(), st.booleans(), st.data())
def test_a_file_is_read_the_same_however_it_is_cut(
    chats: list[Any], wrapped: bool, ascii_only: bool, data: st.DataObject
) -> None:
    content = {"format": "x", "chats": chats, "more": 1} if wrapped else chats
    whole = json.dumps(content, ensure_ascii=ascii_only, indent=wrapped or None).encode()
    size = data.draw(st.integers(1, 9))
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert list(elements(pieces)) == chats
