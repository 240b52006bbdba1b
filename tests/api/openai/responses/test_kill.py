"""A server that is killed while it writes a response: what was written is there afterwards."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import httpx
import openai

from api.openai.responses.valid import valid
from fakes.process import Process, kill

SAID = "ゆっくり話します。" * 30


def client_of(server: Process) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"{server.url}/v1",
        api_key="unused",
        max_retries=0,
        http_client=httpx.Client(trust_env=False),
    )


def stored_items(folder: Path) -> int:
    with sqlite3.connect(f"file:{folder / 'jimae.db'}?mode=ro", uri=True) as database:
        (count,) = database.execute("SELECT count(*) FROM items").fetchone()
    database.close()
    return int(count)


def test_what_was_written_outlives_the_server(tmp_path: Path) -> None:
    server = Process(tmp_path, delay=0.05, drain=0)
    with client_of(server) as api:
        begun = api.responses.create(model="fake", input=SAID, background=True)
        deadline = time.monotonic() + 30
        # The question is one; the answer is stored so far a while after it began.
        while stored_items(tmp_path) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    kill(server)
    server = Process(tmp_path, delay=0.05, drain=0)
    try:
        with client_of(server) as api:
            found = api.responses.retrieve(begun.id)
            valid(found)
            items = api.responses.input_items.list(begun.id).data
    finally:
        kill(server)
    assert found.status == "failed"
    assert found.error is not None
    assert found.error.reason == "response_interrupted"  # type: ignore[attr-defined]
    (message,) = found.output
    assert message.type == "message"
    assert message.status == "incomplete"
    assert found.output_text
    assert SAID.startswith(found.output_text)
    assert len(items) == 1
