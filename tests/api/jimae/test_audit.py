"""The audit log over HTTP."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fakes.backend import Backends
from fakes.people import People
from fakes.serving import Served, serving
from jimae.service.audit.verifying_export import verify_export
from jimae.service.service import Service
from jimae.settings import Settings

HERE = "/jimae/admin/audit"


@pytest.fixture
async def http(on_both: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that has answered once."""
    async with httpx.AsyncClient(base_url=on_both.url, trust_env=False, timeout=30) as client:
        asked = {"model": "fake", "messages": [{"role": "user", "content": "午後の会議"}]}
        assert (await client.post("/v1/chat/completions", json=asked)).status_code == 200
        yield client


async def got(http: httpx.AsyncClient, path: str = "", status: int = 200, **query: Any) -> Any:
    answer = await http.get(f"{HERE}{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def sent(http: httpx.AsyncClient, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await http.post(f"{HERE}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_an_answer_is_found_and_read(http: httpx.AsyncClient) -> None:
    page = await got(http, act="answer.", limit=1)
    assert (page["has_more"], page["encrypts"]) == (True, False)
    (end,) = page["data"]
    begin = (await got(http, act="answer.", after=end["seq"]))["data"][0]
    assert (begin["act"], begin["outcome"], end["outcome"]) == ("answer.begin", "begun", "done")
    assert end["begin"] == begin["id"]
    assert end["model"]["id"] == "fake"
    assert end["details"]["usage"]["completion_tokens"] > 0
    assert await got(http, f"/records/{begin['seq']}") == begin
    found = (await got(http, word="午後"))["data"]
    assert [one["seq"] for one in found] == [begin["seq"]]
    content = await got(http, f"/records/{begin['seq']}/content")
    assert "午後の会議" in str(content["content"]["prompts"])
    acts = [one["act"] for one in (await got(http))["data"]]
    assert acts[:2] == ["audit.read", "audit.search"]


async def test_what_is_not_there(http: httpx.AsyncClient) -> None:
    for wrong in ("999", "0", "x", "1.5", "-1", "9" * 30, "%00"):
        for rest in ("", "/content"):
            told = await got(http, f"/records/{wrong}{rest}", 404)
            assert told["error"]["code"] == "audit_record_not_found"
    assert (await got(http, status=400, since="x"))["error"]["param"] == "since"
    assert (await got(http, status=400, account="\0"))["error"]["param"] == "account"
    assert (await got(http, status=400, word=" "))["error"]["code"] == "audit_word_empty"
    assert (await got(http, "/certificates", 404, after="x"))["error"]["param"] == "after"


async def test_an_export_is_downloaded(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"{HERE}/export", params={"content": "true"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="jimae-audit-')
    key = (await got(http, "/checkpoint"))["key"]
    assert verify_export(answer.text.splitlines(), [key]).ok
    answer = await http.get(f"{HERE}/export", params={"format": "csv", "encoding": "cp932"})
    assert answer.headers["content-type"] == "text/csv; charset=Shift_JIS"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("cp932"))))
    assert {row["act"] for row in rows} >= {"answer.begin", "answer.end", "audit.export"}


async def test_a_check_is_begun_and_looked_at(http: httpx.AsyncClient) -> None:
    assert (await got(http, "/check"))["state"] == "none"
    assert (await sent(http, "/checkpoint"))["checkpoint"]["seq"] > 0
    assert (await sent(http, "/check"))["by"] == "local"
    for _ in range(200):
        told = await got(http, "/check")
        if told["state"] != "running":
            break
        await asyncio.sleep(0.05)
    assert (told["state"], told["error"]) == ("done", None)
    assert (told["report"]["ok"], told["report"]["breaks"]) == (True, [])
    assert told["report"]["signed"] > 0


async def test_keeping_holding_and_deleting(http: httpx.AsyncClient) -> None:
    assert await got(http, "/retention") == {"metadata": 1826, "content": 365}
    assert (await sent(http, "/retention", {"content": 30}))["content"] == 30
    hold = await sent(http, "/holds", {"reason": "訴訟", "account": "local"})
    assert (await got(http, "/holds"))["data"] == [hold]
    assert (hold["account"]["id"], hold["by"]["id"]) == ("local", "local")
    unknown = await sent(http, "/holds", {"reason": "訴訟", "account": "hanakoo"}, 404)
    assert unknown["error"]["code"] == "user_not_found", "a slip would hold nothing"
    unknown = await sent(http, "/holds", {"reason": "訴訟", "group": "総務"}, 404)
    assert unknown["error"]["code"] == "group_not_found"
    wanted = {"reason": "請求", "account": "local"}
    assert await got(http, "/deletions", account="local") == {"contents": 0, "held": 2}
    told = await sent(http, "/deletions", wanted)
    assert (told["deleted"], told["held"]) == (0, 2)
    assert (await http.delete(f"{HERE}/holds/{hold['id']}")).status_code == 200
    assert (await http.delete(f"{HERE}/holds/{hold['id']}")).status_code == 404
    assert await got(http, "/deletions", account="local") == {"contents": 2, "held": 0}
    told = await sent(http, "/deletions", wanted)
    assert (told["deleted"], told["held"]) == (2, 0)
    assert (await got(http, "/certificates"))["data"] == told["certificates"]
    states = {one["content"] for one in (await got(http, act="answer."))["data"]}
    assert states == {"deleted"}
    error = (await sent(http, "/deletions", {"reason": "all"}, 400))["error"]
    assert "everything" in error["message"]


async def test_a_name_means_who_has_it_now(stored: Settings, backends: Backends) -> None:
    service = Service(stored, backends.make)
    async with (
        serving(stored, service) as served,
        httpx.AsyncClient(base_url=served.url, trust_env=False, timeout=30) as http,
    ):
        await names_change(People(service), http)


async def names_change(people: People, http: httpx.AsyncClient) -> None:
    root = await people.add("root", "admin")
    hanako = await people.add("hanako", groups=["総務"])
    http.headers.update(root.session)
    asked = {"model": "fake", "messages": [{"role": "user", "content": "午後"}]}
    done = await http.post("/v1/chat/completions", json=asked, headers=hanako.session)
    assert done.status_code == 200
    renamed = await http.post(f"/jimae/admin/users/{hanako.id}", json={"name": "h.sato"})
    assert renamed.status_code == 200
    await people.add("hanako")
    assert await got(http, "/deletions", account="H.SATO") == {"contents": 2, "held": 0}
    assert await got(http, "/deletions", account="hanako") == {"contents": 0, "held": 0}
    hold = await sent(http, "/holds", {"reason": "x", "account": "h.sato", "group": "総務"})
    assert hold["account"] == {"id": hanako.id, "name": "h.sato"}
    assert hold["group"] == {"id": hanako.groups["総務"], "name": "総務"}
    assert hold["by"] == {"id": root.id, "name": "root"}
    assert (await http.delete(f"/jimae/admin/users/{hanako.id}")).status_code == 200
    (held,) = (await got(http, "/holds"))["data"]
    assert (held["account"]["id"], held["account"]["name"]) == (hanako.id, "hanako")
