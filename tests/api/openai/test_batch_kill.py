"""A server that is killed in the middle of a batch: every line is answered, and none twice."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import openai

from api.openai.storing import CHAT, jsonl, line
from fakes.process import Process, kill

LINES = 60
KILLS = 2


def client_of(server: Process) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"{server.url}/v1",
        api_key="unused",
        max_retries=0,
        http_client=httpx.Client(trust_env=False),
    )


def answered(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (folder / "files").glob("*-output"))


def test_every_line_once_whenever_it_is_killed(tmp_path: Path) -> None:
    # 0.3 s a line, four at a time: 4.5 s in all, without what starting costs.
    lines = [line(number, f"ゆっくり{number:02}") for number in range(LINES)]
    server = Process(tmp_path, delay=0.05, drain=0)
    with client_of(server) as api:
        file = api.files.create(file=("in.jsonl", jsonl(lines)), purpose="batch")
        batch = api.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
    for number in range(1, KILLS + 1):
        deadline = time.monotonic() + 30
        while answered(tmp_path) < number * LINES // (KILLS + 1):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        kill(server)
        assert answered(tmp_path) < LINES
        server = Process(tmp_path, delay=0.05, drain=0)
    try:
        with client_of(server) as api:
            deadline = time.monotonic() + 30
            while (found := api.batches.retrieve(batch.id)).status != "completed":
                assert time.monotonic() < deadline, found
                time.sleep(0.05)
            assert found.request_counts is not None
            assert (found.request_counts.completed, found.request_counts.total) == (LINES, LINES)
            assert found.output_file_id is not None
            output = api.files.content(found.output_file_id).text.splitlines()
    finally:
        kill(server)
    assert len(output) == LINES
    for number in range(LINES):
        assert (
            sum(f'"r{number}"' in text and f"ゆっくり{number:02}" in text for text in output) == 1
        )
