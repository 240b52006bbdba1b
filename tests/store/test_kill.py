"""A server that is killed: what was acknowledged is there, and what was not has ended."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from pathlib import Path

import httpx
import openai
import psycopg
import pytest

from fakes.postgresql import Cluster
from fakes.process import Process, kill
from jimae.service.audit.audit import Audit
from jimae.service.audit.breaks import Break
from jimae.settings import load
from jimae.store.store import Store

ROUNDS = 2
WRITERS = 8


def client_of(server: Process) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"{server.url}/v1",
        api_key="unused",
        max_retries=0,
        http_client=httpx.Client(trust_env=False, timeout=30),
    )


def until_killed(server: Process, acknowledged: list[str]) -> None:
    """Ask for one response after the other, and remember those that were told of."""
    with client_of(server) as api:
        while True:
            try:
                response = api.responses.create(model="fake", input="一")
            except openai.APITimeoutError:
                continue  # a busy machine, and no kill
            except openai.APIConnectionError:
                return
            acknowledged.append(response.id)


def chatting_until_killed(server: Process, acknowledged: list[tuple[str, str]]) -> None:
    """Begin one chat after the other; remember the chats and questions that were told of."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as page:
        while True:
            try:
                chat = page.post("/jimae/chats", json={"title": "試験"}).raise_for_status().json()
                asked = page.post(f"/jimae/chats/{chat['id']}/ask", json={"content": "一"})
            except httpx.TimeoutException:
                continue
            except httpx.TransportError:
                return
            question = asked.raise_for_status().json()["question"]
            acknowledged.append((chat["id"], question["id"]))


def turns_of(page: httpx.Client, chat_id: str) -> list[dict[str, str]]:
    turns: list[dict[str, str]] = (
        page.get(f"/jimae/chats/{chat_id}").raise_for_status().json()["turns"]
    )
    return turns


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_acknowledged_is_kept(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url: str | None = None
    if kind == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgresql")
        url = cluster.create()
        (tmp_path / "jimae.toml").write_text(f'[database]\nurl = "{url}"\n')
    acknowledged: list[str] = []
    asked: list[tuple[str, str]] = []
    interrupted: list[str] = []
    for _ in range(ROUNDS):
        server = Process(tmp_path, delay=0.01, drain=0)
        with client_of(server) as api:
            running = api.responses.create(model="fake", input="話して", background=True)
        interrupted.append(running.id)
        told = len(acknowledged)
        asked_before = len(asked)
        threads = [
            threading.Thread(target=until_killed, args=(server, acknowledged))
            for _ in range(WRITERS // 2)
        ]
        threads += [
            threading.Thread(target=chatting_until_killed, args=(server, asked))
            for _ in range(WRITERS // 2)
        ]
        for thread in threads:
            thread.start()
        while len(acknowledged) < told + WRITERS or len(asked) < asked_before + WRITERS:
            assert server.process.poll() is None
            time.sleep(0.01)
        kill(server)
        for thread in threads:
            thread.join()
    server = Process(tmp_path, delay=0.01, drain=0)
    try:
        with client_of(server) as api:
            assert {api.responses.retrieve(name).status for name in acknowledged} == {"completed"}
            for name in interrupted:
                left = api.responses.retrieve(name)
                assert left.error is not None
                assert (left.status, left.error.to_dict()["reason"]) == (
                    "failed",
                    "response_interrupted",
                )
        with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as page:
            for chat_id, question_id in asked:
                question, answer = turns_of(page, chat_id)
                assert (question["id"], answer["parent"]) == (question_id, question_id)
                assert answer["status"] in ("completed", "incomplete")
    finally:
        kill(server)
    assert len(set(acknowledged)) == len(acknowledged)
    rows = answers_of(tmp_path, url)
    assert {count for name, count in rows if name in set(acknowledged)} == {2}, "in, and out once"
    begun, ended, done = audited(tmp_path, url)
    assert begun == ended, "every answer that began has one end"
    assert done >= len(acknowledged)
    assert asyncio.run(proved(tmp_path, url)) == []
    assert url is not None or intact(tmp_path)


ITEMS_EACH = """
    WITH RECURSIVE up(response, id) AS (
        SELECT id, head_id FROM responses
        UNION ALL
        SELECT up.response, items.parent_id FROM up JOIN items ON items.id = up.id
    )
    SELECT response, count(id) FROM up GROUP BY response
"""


# Answers that began, those of them with exactly one end, and ends that went well.
AUDITED = """
    SELECT count(*), sum(CASE WHEN ends = 1 THEN 1 ELSE 0 END), sum(done) FROM (
        SELECT count(e.id) AS ends, sum(CASE WHEN e.outcome = 'done' THEN 1 ELSE 0 END) AS done
        FROM audit_records AS b LEFT JOIN audit_records AS e ON e.begin_id = b.id
        WHERE b.act = 'answer.begin' GROUP BY b.id
    ) AS answers
"""


def audited(folder: Path, url: str | None) -> tuple[int, ...]:
    if url is not None:
        with psycopg.connect(url) as connection:
            (found,) = connection.execute(AUDITED.encode()).fetchall()
            return tuple(map(int, found))
    with sqlite3.connect(folder / "jimae.db") as file:
        (found,) = file.execute(AUDITED).fetchall()
    file.close()
    return tuple(map(int, found))


async def proved(folder: Path, url: str | None) -> list[Break]:
    """What is wrong with the chain of the audit log."""
    settings = load(environ={}, overrides={"data_dir": folder, "database.url": url})
    store = Store(settings)
    await store.open()
    audit = Audit(settings, store)
    await audit.open()
    report = await audit.verify()
    await store.close()
    return report.breaks


def answers_of(folder: Path, url: str | None) -> list[tuple[str, int]]:
    """How many items each response has, its input included."""
    if url is not None:
        with psycopg.connect(url) as connection:
            return connection.execute(ITEMS_EACH.encode()).fetchall()
    with sqlite3.connect(folder / "jimae.db") as file:
        found: list[tuple[str, int]] = file.execute(ITEMS_EACH).fetchall()
    file.close()
    return found


def intact(folder: Path) -> bool:
    with sqlite3.connect(folder / "jimae.db") as file:
        said = file.execute("PRAGMA integrity_check").fetchall()
    file.close()
    return said == [("ok",)]
