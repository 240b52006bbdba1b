"""Chats over HTTP, on SQLite and PostgreSQL: asked in, read on, branched, changed, deleted."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from typing import Any

import pytest

from api.jimae.chatting import Chatter, soon, text
from fakes.backend import Backends, FakeBackend, done, forever, saying
from fakes.serving import serving
from fakes.waiting import until
from jimae.errors import JimaeError
from jimae.service.chats import chats, rows
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.types import ChatPrompt, Delta, Prefill, Queued, Started


def shown(backend: FakeBackend) -> list[tuple[str, str]]:
    """The messages of the last request."""
    prompt = backend.requests[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    return [
        (message.role, "".join(part.text for part in message.content))
        for message in prompt.messages
    ]


async def test_a_question_is_answered_and_kept(chatter: Chatter, backend: FakeBackend) -> None:
    chat = await chatter.new()
    asked = await chatter.ask(chat, "日本の首都は?")
    assert (asked["answer"]["status"], asked["answer"]["model"]) == ("running", "fake")
    answer = await chatter.end(chat, asked["answer"])
    assert (answer["status"], text(answer)) == ("completed", "東京です。")
    assert answer["usage"] == {"prompt_tokens": 7, "completion_tokens": 5, "cached_tokens": 0}
    opened = await chatter.get(f"/chats/{chat}")
    assert opened["head"] == answer["id"]
    assert opened["chat"]["title"] == "日本の首都は?"
    assert [(turn["role"], text(turn)) for turn in opened["turns"]] == [
        ("user", "日本の首都は?"),
        ("assistant", "東京です。"),
    ]
    await chatter.say(chat, "人口は?", answer["id"])
    assert shown(backend) == [
        ("user", "日本の首都は?"),
        ("assistant", "東京です。"),
        ("user", "人口は?"),
    ]


async def test_events_can_be_read_again_from_any_of_them(
    chatter: Chatter, backend: FakeBackend
) -> None:
    go = asyncio.Event()
    backend.play(
        Queued(2, 12.0), Started(7, 0), Prefill(3, 7), Delta("あ", (1,)), go, *saying("いう")[2:]
    )
    chat = await chatter.new()
    run = (await chatter.ask(chat, "a"))["answer"]["run"]
    first = asyncio.create_task(chatter.read(chat, run))
    await soon(lambda: _has_text(chatter, chat))
    half = (await chatter.get(f"/chats/{chat}"))["turns"][-1]
    assert text(half) == "あ"
    rest = asyncio.create_task(chatter.read(chat, run, half["run"]["after"]))
    go.set()
    whole = await first
    assert [event["type"] for _, event in whole] == [
        "wait",
        "wait",
        "part",
        "delta",
        "delta",
        "delta",
        "end",
    ]
    assert whole[0][1]["wait"] == {"kind": "queued", "position": 2, "seconds": 12.0}
    assert [event["text"] for _, event in await rest if event["type"] == "delta"] == ["い", "う"]
    for number, _ in whole:
        again = await chatter.read(chat, run, number - 1)
        assert again == [(at, event) for at, event in whole if at >= number]


async def _has_text(chatter: Chatter, chat: str) -> bool:
    return bool(text((await chatter.get(f"/chats/{chat}"))["turns"][-1]))


async def test_stop_frees_the_model_and_keeps_the_text(
    chatter: Chatter, backend: FakeBackend
) -> None:
    backend.play(*forever())
    chat = await chatter.new()
    answer = (await chatter.ask(chat, "話し続けて"))["answer"]
    await soon(lambda: _has_text(chatter, chat))
    early = await chatter.post(f"/chats/{chat}/ask", 409, content="次", parent=answer["id"])
    assert early["error"]["code"] == "turn_running"
    stopped = await chatter.post(f"/chats/{chat}/runs/{answer['run']['id']}/stop")
    assert (stopped["status"], stopped["reason"]) == ("incomplete", "stopped")
    assert text(stopped).startswith("あ")
    assert (await chatter.branch(chat))[-1] == text(stopped)
    assert (backend.cancelled, backend.active) == (1, 0)


async def test_a_cut_answer_is_gone_on_with(chatter: Chatter, backend: FakeBackend) -> None:
    backend.play(*saying("一、二、", reason="length"))
    chat = await chatter.new()
    cut = await chatter.say(chat, "数えて")
    assert (cut["status"], cut["reason"]) == ("incomplete", "length")
    backend.play(*saying("三。"))
    answer = (await chatter.post(f"/chats/{chat}/turns/{cut['id']}/continue"))["answer"]
    assert text(answer) == "一、二、"
    whole = await chatter.end(chat, answer)
    assert (whole["id"], whole["status"], text(whole)) == (cut["id"], "completed", "一、二、三。")
    assert shown(backend) == [("user", "数えて"), ("assistant", "一、二、")]
    prompt = backend.requests[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    assert prompt.continue_last
    assert await chatter.branch(chat) == ["数えて", "一、二、三。"]
    error = await chatter.post(f"/chats/{chat}/turns/{cut['id']}/continue", 409)
    assert error["error"]["code"] == "turn_not_cut"


async def test_edit_and_regenerate_keep_both_and_one_walks_between(
    chatter: Chatter, backend: FakeBackend
) -> None:
    chat = await chatter.new()
    for said in ("一の答え", "二の答え", "別の答え", "直した答え"):
        backend.play(*saying(said))
    one = await chatter.say(chat, "一")
    two = await chatter.say(chat, "二", one["id"])
    again = await chatter.post(f"/chats/{chat}/turns/{two['parent']}/answer", model="other")
    other = await chatter.end(chat, again["answer"])
    assert other["model"] == "other"
    assert other["siblings"] == [two["id"], other["id"]]
    edited = await chatter.ask(chat, "一を直す", None)
    await chatter.end(chat, edited["answer"])
    roots = edited["question"]["siblings"]
    assert roots == [one["parent"], edited["question"]["id"]]
    assert await chatter.branch(chat) == ["一を直す", "別の答え"]
    # Back on the first branch, the answer that was shown last is shown again.
    back = await chatter.post(f"/chats/{chat}", head=roots[0])
    assert back["head"] == other["id"]
    assert (await chatter.branch(chat))[:3] == ["一", "一の答え", "二"]
    await chatter.post(f"/chats/{chat}", head=two["id"])
    await chatter.post(f"/chats/{chat}", head=roots[1])
    assert (await chatter.post(f"/chats/{chat}", head=roots[0]))["head"] == two["id"]
    assert await chatter.branch(chat) == ["一", "一の答え", "二", "二の答え"]


async def test_the_same_key_asks_once(chatter: Chatter, backend: FakeBackend) -> None:
    chat = await chatter.new()
    first, second = [await chatter.ask(chat, "一度だけ", key="k1") for _ in range(2)]
    assert first["question"]["id"] == second["question"]["id"]
    assert first["answer"]["id"] == second["answer"]["id"]
    await chatter.end(chat, first["answer"])
    assert (await chatter.ask(chat, "一度だけ", key="k1"))["answer"]["status"] == "completed"
    assert backend.started == 1


async def test_an_error_is_told_and_kept(chatter: Chatter, backend: FakeBackend) -> None:
    error = JimaeError("worker_died", model="fake", reason="SIGKILL")
    backend.play(*saying("途中まで")[:-1], error)
    chat = await chatter.new()
    failed = await chatter.say(chat, "首都は?")
    assert (failed["status"], text(failed)) == ("failed", "途中まで")
    assert failed["error"] == {
        "code": "worker_died",
        "message": error.message("en"),
        "param": None,
    }
    turn = await chatter.call(
        "GET", f"/chats/{chat}/turns/{failed['id']}", headers={"Accept-Language": "ja"}
    )
    assert turn["error"]["message"] == error.message("ja")
    missing = await chatter.say(chat, "x", model="nowhere")
    assert missing["error"]["code"] == "model_not_found"


async def test_reasoning_and_files_are_parts(chatter: Chatter, backend: FakeBackend) -> None:
    backend.play(Started(7, 0), Delta("", (1,), reasoning="考える"), *saying("答え")[2:])
    chat = await chatter.new(settings={"instructions": "短く"})
    content: list[dict[str, Any]] = [
        {"type": "text", "text": "要約して"},
        {"type": "attachment", "name": "議事録.txt", "text": "本日の議題"},
    ]
    answer = await chatter.say(chat, content)
    assert [part["type"] for part in answer["parts"]] == ["reasoning", "text"]
    opened = await chatter.get(f"/chats/{chat}")
    assert opened["turns"][0]["parts"] == content
    system, question = shown(backend)
    assert system == ("system", "短く")
    assert "要約して" in question[1]
    assert "議事録.txt" in question[1]
    assert "本日の議題" in question[1]


async def test_the_record_of_an_answer_knows_the_files_that_its_model_was_shown(
    chatter: Chatter,
) -> None:
    chat = await chatter.new()
    file = {"type": "attachment", "name": "議事録.txt", "text": "本日の議題"}
    first = await chatter.say(chat, [{"type": "text", "text": "要約して"}, file])
    await chatter.say(chat, "もっと短く", first["id"])
    begun = [
        record
        for record in (await chatter.get("/admin/audit", act="answer."))["data"]
        if record["act"] == "answer.begin"
    ]
    assert [[told["size"] for told in one["details"]["attachments"]] for one in begun] == [[15]] * 2
    assert "議事録" not in str(begun)
    for record in begun:
        kept = await chatter.get(f"/admin/audit/records/{record['seq']}/content")
        (told,) = kept["content"]["attachments"]
        assert told["name"] == "議事録.txt"
        assert told["sha256"] == hashlib.sha256("本日の議題".encode()).hexdigest()


async def test_an_answer_that_nobody_reads_ends(
    stored: Settings, backends: Backends, backend: FakeBackend
) -> None:
    chats = stored.chats.model_copy(update={"unread_seconds": 0.3})
    settings = stored.model_copy(update={"chats": chats})
    backend.play(*forever())
    async with (
        serving(settings, Service(settings, backends.make)) as served,
        Chatter(served.url) as chatter,
    ):
        chat = await chatter.new()
        run = (await chatter.ask(chat, "話し続けて"))["answer"]["run"]
        async with chatter.events(chat, run["id"]) as events:
            async for number, _ in events:
                if number > 100:
                    break
            assert backend.active == 1
        await until(lambda: backend.active == 0, 3)
        last = await soon(lambda: _ended(chatter, chat))
        assert (last["status"], last["reason"]) == ("incomplete", "unread")
        assert len(text(last)) >= 90


async def test_an_answer_that_ends_while_its_chat_is_read(
    stored: Settings, backends: Backends, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as it ended: not as one whose end was lost."""
    go, over = asyncio.Event(), threading.Event()
    backend.play(*saying("答え")[:-1], go, *saying("答え")[-1:])
    service = Service(stored, backends.make)
    async with serving(stored, service) as served, Chatter(served.url) as chatter:
        chat = await chatter.new()
        await chatter.ask(chat, "質問")
        await until(lambda: backend.active == 1)

        def chat_row_that_takes_its_time(*wanted: Any) -> Any:
            row = rows.chat_row(*wanted)
            over.wait(10)
            return row

        monkeypatch.setattr(chats, "chat_row", chat_row_that_takes_its_time)
        reading = asyncio.create_task(chatter.get(f"/chats/{chat}"))
        await asyncio.sleep(0.3)
        go.set()
        await until(lambda: not service.chats.answers._by_turn)
        over.set()
        last = (await reading)["turns"][-1]
        assert (last["status"], text(last)) == ("completed", "答え")


async def _ended(chatter: Chatter, chat: str) -> Any:
    last = (await chatter.get(f"/chats/{chat}"))["turns"][-1]
    return None if last["status"] == "running" else last


async def test_what_a_server_left_is_marked(
    stored: Settings, backends: Backends, backend: FakeBackend
) -> None:
    """As after a crash: the store has what was kept on the way, and nobody writes on."""
    backend.play(*saying("あ" * 10)[:-1], 60.0)
    service = Service(stored, backends.make)
    async with serving(stored, service) as served, Chatter(served.url) as chatter:
        chat = await chatter.new()
        await chatter.ask(chat, "首都は?")
        await soon(lambda: _stored(service, chat, "あ" * 10), 10)
        # The end of this server is not stored.
        service.chats.answers._by_turn.clear()
    async with (
        serving(stored, Service(stored, backends.make)) as served,
        Chatter(served.url) as chatter,
    ):
        last = (await chatter.get(f"/chats/{chat}"))["turns"][-1]
        assert (last["status"], last["reason"]) == ("incomplete", "interrupted")
        assert text(last) == "あ" * 10
        found = await chatter.get("/chats/search", q="あああ")
        assert [one["turn"] for one in found["data"]] == [last["id"]]
        assert text(await chatter.say(chat, "続きは?", last["id"])) == "東京です。"


async def _stored(service: Service, chat: str, wanted: str) -> bool:
    from sqlalchemy import select

    from jimae.store.tables import Item

    rows = await service.store.read(
        lambda session: [row.data for row in session.scalars(select(Item))]
    )
    return any(data["content"][0]["text"] == wanted for data in rows)


async def test_many_chats_are_listed_in_pages(chatter: Chatter) -> None:
    ids = [await chatter.new(title=f"チャット{number}") for number in range(7)]
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await chatter.get("/chats", limit=3, **after)
        found += [chat["id"] for chat in page["data"]]
        if not page["has_more"]:
            break
        after = {"after": found[-1]}
    assert found == ids[::-1]


async def test_folders_pins_and_names(chatter: Chatter) -> None:
    above = await chatter.post("/folders", name="総務")
    inside = await chatter.post("/folders", name="契約", parent=above["id"])
    chat = await chatter.new(folder=inside["id"])
    await chatter.new()
    told = await chatter.post(f"/chats/{chat}", title=" 見積 の件 ", pinned=True)
    assert (told["chat"]["title"], told["chat"]["named"]) == ("見積 の件", True)
    for which in ({"folder": inside["id"]}, {"pinned": True}):
        listed = await chatter.get("/chats", **which)
        assert [one["id"] for one in listed["data"]] == [chat]
    await chatter.say(chat, "名前は変わらない")
    assert (await chatter.get(f"/chats/{chat}"))["chat"]["title"] == "見積 の件"
    await chatter.delete(f"/folders/{above['id']}")
    assert (await chatter.get("/folders"))["data"] == [inside | {"parent": None}]
    await chatter.delete(f"/folders/{inside['id']}")
    assert (await chatter.get(f"/chats/{chat}"))["chat"]["folder"] is None


async def test_folders_stand_in_folders_down_to_a_limit(chatter: Chatter) -> None:
    ids: list[str] = []
    for level in range(1, 6):
        parent = {"parent": ids[-1]} if ids else {}
        ids.append((await chatter.post("/folders", name=f"{level} 段目", **parent))["id"])
    deeper = await chatter.post("/folders", 400, name="6 段目", parent=ids[-1])
    assert (deeper["error"]["code"], deeper["error"]["param"]) == ("folder_too_deep", "parent")
    assert "5" in deeper["error"]["message"]
    # A folder counts with what is in it.
    tall = (await chatter.post("/folders", name="上"))["id"]
    await chatter.post("/folders", name="下", parent=tall)
    refused = await chatter.post(f"/folders/{tall}", 400, parent=ids[3])
    assert refused["error"]["code"] == "folder_too_deep"
    assert (await chatter.post(f"/folders/{tall}", parent=ids[2]))["parent"] == ids[2]
    for inner in (ids[0], ids[1], tall):
        refused = await chatter.post(f"/folders/{ids[0]}", 400, parent=inner)
        assert refused["error"]["code"] == "folder_inside_itself"
    assert (await chatter.post(f"/folders/{ids[1]}", parent=None))["parent"] is None


async def test_the_trash(chatter: Chatter) -> None:
    kept, gone = await chatter.new(title="残す"), await chatter.new(title="捨てる")
    await chatter.say(gone, "秘密の質問")
    await chatter.delete(f"/chats/{gone}")
    assert [one["id"] for one in (await chatter.get("/chats"))["data"]] == [kept]
    assert (await chatter.get("/chats/search", q="秘密"))["data"] == []
    assert [one["id"] for one in (await chatter.get("/chats", trash=True))["data"]] == [gone]
    refused = await chatter.post(f"/chats/{gone}/ask", 409, content="a")
    assert refused["error"]["code"] == "chat_in_trash"
    await chatter.call("POST", f"/chats/{gone}/restore")
    assert len((await chatter.get("/chats/search", q="秘密"))["data"]) == 1
    await chatter.delete(f"/chats/{gone}")
    assert await chatter.delete("/chats/trash") == {"deleted": 1}
    await chatter.get(f"/chats/{gone}", 404)
    await chatter.delete(f"/chats/{kept}", forever=True)
    assert (await chatter.get("/chats", trash=True))["data"] == []


async def test_changes_are_told_to_every_page(chatter: Chatter) -> None:
    seen: list[dict[str, Any]] = []

    async def listen() -> None:
        async with chatter.http.stream("GET", "/jimae/chats/events") as response:
            async for line in response.aiter_lines():
                if line.startswith("data:"):
                    seen.append(json.loads(line[5:]))

    pages = [asyncio.create_task(listen()) for _ in range(2)]
    await until(lambda: len(seen) == 2)
    chat = await chatter.new()
    await chatter.delete(f"/chats/{chat}", forever=True)
    await until(lambda: len(seen) == 6)
    for page in pages:
        page.cancel()
    told = [{"type": "hello"}, {"type": "chat", "id": chat}, {"type": "gone", "id": chat}]
    assert sorted(map(str, seen)) == sorted(map(str, told * 2))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/chats/{chat}"),
        ("GET", "/chats/{chat}/turns/{turn}"),
        ("GET", "/chats/{chat}/runs/{run}/events"),
        ("POST", "/chats/{chat}/turns/{turn}/continue"),
        ("POST", "/chats/{chat}/restore"),
        ("DELETE", "/chats/{chat}"),
    ],
)
async def test_what_is_not_there_is_not_found(chatter: Chatter, method: str, path: str) -> None:
    known = await chatter.new()
    for chat in ("chat_none", "../x", known):
        if chat == known and "{turn}" not in path and "{run}" not in path:
            continue
        where = path.format(chat=chat, turn="turn_none", run="run_none")
        response = await chatter.http.request(method, f"/jimae{where}")
        assert response.status_code == 404, where


async def test_a_long_answer_is_one_branch_and_pages_of_it(
    chatter: Chatter, backend: FakeBackend
) -> None:
    backend.default = [Started(7, 0), Delta("はい", (1, 2)), done(2)]
    chat = await chatter.new()
    parent = None
    for number in range(6):
        parent = (await chatter.say(chat, f"質問{number}", parent))["id"]
    page = await chatter.get(f"/chats/{chat}", limit=3)
    assert [text(turn) for turn in page["turns"]] == ["はい", "質問5", "はい"]
    assert page["has_more"]
    before = await chatter.get(f"/chats/{chat}", limit=20, before=page["turns"][0]["id"])
    assert [text(turn) for turn in before["turns"]][-2:] == ["はい", "質問4"]
    assert (len(before["turns"]), before["has_more"]) == (9, False)
