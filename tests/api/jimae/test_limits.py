"""Limits over HTTP: set, met, told in headers; and the figures of what was used."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import UTC, datetime

import httpx
import pytest

from fakes.backend import FakeBackend, forever, saying
from fakes.people import People, Person
from fakes.serving import Served
from jimae.service.service import Service

ASK = {"model": "fake", "messages": [{"role": "user", "content": "首都は?"}]}
CHAT = "/v1/chat/completions"
LIMITS = "/jimae/admin/limits"
LOCAL = f"{LIMITS}/account:local"
EMPTY = {
    "tokens_per_day": None,
    "tokens_per_month": None,
    "requests_per_minute": None,
    "answers_at_once": None,
    "models": None,
    "hours": None,
}
OFFICE = {"days": ["mon", "fri"], "from": "08:30", "to": "17:15"}


@pytest.fixture
def people(service: Service) -> People:
    return People(service)


def code(response: httpx.Response) -> str:
    return response.json()["error"]["code"]


async def put(client: httpx.AsyncClient, subject: str = "account:local", **limits: object) -> None:
    response = await client.put(f"{LIMITS}/{subject}", json=limits)
    assert response.is_success, response.text


# --- setting them -----------------------------------------------------------------------


async def test_set_seen_and_taken_away(client: httpx.AsyncClient) -> None:
    limits = {"tokens_per_day": 1000, "models": ["fake"], "hours": [OFFICE]}
    told = (await client.put(LOCAL, json=limits)).json()

    assert told == {
        "subject": "account:local",
        "kind": "account",
        "id": "local",
        "name": "local",
        "limits": EMPTY | limits,
    }
    assert (await client.get(LOCAL)).json() == told
    assert (await client.get(LIMITS)).json() == {"data": [told], "has_more": False}
    replaced = (await client.put(LOCAL, json={"answers_at_once": 2})).json()
    assert replaced["limits"] == EMPTY | {"answers_at_once": 2}
    assert (await client.delete(LOCAL)).json()["limits"] == EMPTY
    assert (await client.get(LIMITS)).json() == {"data": [], "has_more": False}


async def test_each_kind_of_subject(client: httpx.AsyncClient, people: People) -> None:
    admin = await people.add("root", "admin", groups=["営業"])
    await people.key(admin)
    key_id = (await client.get("/jimae/me/keys", headers=admin.session)).json()["data"][0]["id"]
    names = {
        "everybody": "everybody",
        f"group:{admin.groups['営業']}": "営業",
        f"account:{admin.id}": "root",
    }
    for subject, name in names.items():
        told = await client.put(f"{LIMITS}/{subject}", json={}, headers=admin.session)
        assert (told.json()["subject"], told.json()["name"]) == (subject, name)
    assert (await client.get(f"{LIMITS}/key:{key_id}", headers=admin.session)).is_success


UNKNOWN = {
    "account:nobody": "subject_unknown",
    "group:local": "subject_unknown",
    "key:key_1": "subject_unknown",
    "local": "limit_subject_unreadable",
    "account:": "limit_subject_unreadable",
    "account:a%00b": "limit_subject_unreadable",
    "everybody:all": "limit_subject_unreadable",
}


async def test_whom_there_is_not(client: httpx.AsyncClient) -> None:
    for subject, expected in UNKNOWN.items():
        for refused in (
            await client.get(f"{LIMITS}/{subject}"),
            await client.put(f"{LIMITS}/{subject}", json={}),
            await client.delete(f"{LIMITS}/{subject}"),
        ):
            assert (refused.status_code, code(refused)) == (404, expected)


WRONG: tuple[tuple[dict[str, object], str, str], ...] = (
    ({"tokens_per_day": -1}, "out_of_range", "tokens_per_day"),
    ({"tokens_per_month": 2**53}, "out_of_range", "tokens_per_month"),
    ({"requests_per_minute": 0}, "out_of_range", "requests_per_minute"),
    ({"requests_per_minute": 100_001}, "out_of_range", "requests_per_minute"),
    ({"answers_at_once": 1.5}, "wrong_type", "answers_at_once"),
    ({"hours": [{**OFFICE, "days": []}]}, "wrong_length", "hours.0.days"),
    ({"hours": [{**OFFICE, "days": ["月"]}]}, "invalid_choice", "hours.0.days.0"),
    ({"hours": [{**OFFICE, "from": "24:00"}]}, "invalid_value", "hours.0.from"),
    ({"hours": [{"days": ["mon"], "from": "08:00"}]}, "missing_parameter", "hours.0.to"),
    ({"tokens": 5}, "unknown_parameter", "tokens"),
)


async def test_what_is_refused(client: httpx.AsyncClient) -> None:
    for body, expected, param in WRONG:
        refused = await client.put(LOCAL, json=body)
        assert refused.status_code == 400
        assert (code(refused), refused.json()["error"]["param"]) == (expected, param)


# --- meeting them -----------------------------------------------------------------------


async def test_a_quota_is_met_and_told(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    backend.default = saying("あ" * 13)  # with 7 of the prompt, 20
    await put(client, tokens_per_day=30)
    answers = [await client.post(CHAT, json=ASK) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    remaining = [answer.headers["x-ratelimit-remaining-tokens"] for answer in answers]
    assert remaining == ["10", "0", "0"]
    refused = answers[2]
    assert code(refused) == "quota_exceeded"
    assert "40 of 30" in refused.json()["error"]["message"]
    assert refused.headers["x-ratelimit-limit-tokens"] == "30"
    wait = int(refused.headers["retry-after"])
    assert 0 < wait <= 24 * 3600
    japanese = await client.post(CHAT, json=ASK, headers={"accept-language": "ja"})
    assert "JST に回復します" in japanese.json()["error"]["message"]

    usage = (await client.get("/jimae/me/usage")).json()
    (part,) = usage["limits"]
    assert (part["of"], part["measure"]) == ("account", "tokens_per_day")
    assert (part["limit"], part["used"], part["left"]) == (30, 40, 0)
    assert usage["time_zone"] == "Asia/Tokyo"
    (day,) = usage["days"]
    assert (day["requests"], day["refused"]) == (2, 2)
    assert (day["prompt_tokens"], day["completion_tokens"]) == (14, 26)


async def test_headers_of_openai(client: httpx.AsyncClient) -> None:
    assert "x-ratelimit-limit-requests" not in (await client.post(CHAT, json=ASK)).headers
    await put(client, requests_per_minute=2)
    answers = [await client.post(CHAT, json=ASK) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    for answer, left in zip(answers, ("1", "0", "0"), strict=True):
        assert answer.headers["x-ratelimit-limit-requests"] == "2"
        assert answer.headers["x-ratelimit-remaining-requests"] == left
        assert answer.headers["x-ratelimit-reset-requests"] in ("1m0s", "59s", "58s")
        assert "x-ratelimit-limit-tokens" not in answer.headers
    assert code(answers[2]) == "rate_limited"
    assert 50 < int(answers[2].headers["retry-after"]) <= 60
    assert "x-ratelimit-limit-requests" not in (await client.get("/v1/models")).headers


async def test_headers_of_anthropic(client: httpx.AsyncClient) -> None:
    await put(client, requests_per_minute=1, tokens_per_month=1000)
    wanted = {**ASK, "max_tokens": 5}
    answers = [await client.post("/v1/messages", json=wanted) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["error"]["type"] == "rate_limit_error"
    for answer in answers:
        assert answer.headers["anthropic-ratelimit-requests-limit"] == "1"
        assert answer.headers["anthropic-ratelimit-requests-remaining"] == "0"
        resets = datetime.fromisoformat(answer.headers["anthropic-ratelimit-requests-reset"])
        assert 50 < (resets - datetime.now(UTC)).total_seconds() < 62
        assert answer.headers["anthropic-ratelimit-tokens-limit"] == "1000"
        assert "x-ratelimit-limit-requests" not in answer.headers


async def test_whoever_leaves_frees_their_place(served: Served, backend: FakeBackend) -> None:
    """An answer that nobody reads any more is none."""
    backend.default = forever()
    async with httpx.AsyncClient(base_url=served.url) as client:
        await put(client, answers_at_once=1)
        for stream in (True, False) * 3:
            asking = asyncio.create_task(client.post(CHAT, json={**ASK, "stream": stream}))
            while not backend.active:
                await asyncio.sleep(0.01)
            refused = await client.post(CHAT, json=ASK)
            assert (refused.status_code, code(refused)) == (429, "too_many_answers")
            assert int(refused.headers["retry-after"]) >= 1
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            while await used(client):
                await asyncio.sleep(0.01)


async def used(client: httpx.AsyncClient) -> int:
    (part,) = (await client.get("/jimae/me/usage")).json()["limits"]
    return int(part["used"])


async def test_an_answer_that_fails_frees_its_place(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    await put(client, answers_at_once=1)
    for _ in range(2):
        backend.play(RuntimeError("the engine"))
        assert (await client.post(CHAT, json=ASK)).status_code == 500
    assert (await client.post(CHAT, json=ASK)).is_success
    assert await used(client) == 0


async def test_several_answers_are_written_as_many_at_once_as_may_be(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    await put(client, answers_at_once=2)
    most = 0
    backend.default = saying("あいう", delay=0.01)
    asking = asyncio.create_task(client.post(CHAT, json={**ASK, "n": 5}))
    while not asking.done():
        most = max(most, backend.active)
        await asyncio.sleep(0.002)

    assert len((await asking).json()["choices"]) == 5
    assert most == 2


# --- figures ----------------------------------------------------------------------------


async def test_figures_of_groups(
    client: httpx.AsyncClient, people: People, backend: FakeBackend
) -> None:
    backend.default = saying("あ" * 13)
    admin = await people.add("root", "admin")
    sales = await people.add("hanako", groups=["営業"])
    books = await people.add("jiro", groups=["経理"])
    manager = await people.add("kacho", "manager", groups=["経理"], manages=True)
    for person, count in ((sales, 1), (books, 2)):
        for _ in range(count):
            assert (await client.post(CHAT, json=ASK, headers=person.session)).is_success
    path = "/jimae/admin/statistics"

    async def figures(person: Person, by: str) -> list[tuple[str, int, int]]:
        response = await client.get(path, params={"by": by}, headers=person.session)
        assert response.is_success, response.text
        lines = response.json()["data"]
        return [(one["name"], one["requests"], one["completion_tokens"]) for one in lines]

    assert await figures(admin, "group") == [("経理", 2, 26), ("営業", 1, 13)]
    assert await figures(admin, "person") == [("jiro", 2, 26), ("hanako", 1, 13)]
    assert await figures(manager, "group") == [("経理", 2, 26)]
    assert await figures(manager, "model") == [("fake", 2, 26)]
    for person, by in ((manager, "person"), (sales, "group")):
        refused = await client.get(path, params={"by": by}, headers=person.session)
        assert (refused.status_code, code(refused)) == (403, "not_permitted")

    table = await client.get(
        path, params={"by": "group", "format": "csv", "encoding": "cp932"}, headers=admin.session
    )
    assert table.headers["content-type"] == "text/csv; charset=Shift_JIS"
    rows = list(csv.DictReader(io.StringIO(table.content.decode("cp932"))))
    assert [(row["name"], row["requests"]) for row in rows] == [("経理", "2"), ("営業", "1")]


async def test_figures_that_cannot_be(client: httpx.AsyncClient) -> None:
    for name, value in (
        ("by", "word"),
        ("since", "2026-13-01"),
        ("until", "2026/11/23"),
        ("format", "xls"),
        ("encoding", "shift_jis"),
        ("group", "grp"),
    ):
        refused = await client.get("/jimae/admin/statistics", params={name: value})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, name)
