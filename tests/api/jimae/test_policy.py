"""The text of use, rules and words over the API: who may, and what it does."""

from __future__ import annotations

import re

import httpx
import pytest

from fakes.people import People
from jimae.service.service import Service

ASK = {"model": "fake", "messages": [{"role": "user", "content": "電話は03-1234-5678です"}]}
BASE = "/jimae/admin/policy"


@pytest.fixture
def people(service: Service) -> People:
    return People(service)


def code(response: httpx.Response) -> str:
    return response.json()["error"]["code"]


async def test_a_published_text_has_to_be_accepted(
    client: httpx.AsyncClient, people: People
) -> None:
    root = await people.add("root", "admin")
    user = await people.add("hanako")
    empty = (await client.get("/jimae/policy", headers=user.session)).json()
    assert (empty["version"], empty["accepted"]) == (0, True)
    offered = (await client.get(f"{BASE}/template", headers=root.session)).json()
    assert (await client.get("/jimae/policy", headers=user.session)).json()["version"] == 0

    unfilled = await client.post(f"{BASE}/texts", json=offered, headers=root.session)
    assert (unfilled.status_code, code(unfilled)) == (400, "policy_unfilled")
    assert "[組織名]" in unfilled.json()["error"]["message"]
    assert (await client.get("/jimae/policy", headers=user.session)).json()["version"] == 0
    offered = {lang: re.sub(r"\[([^\]]+)\]", r"\1", text) for lang, text in offered.items()}
    published = await client.post(f"{BASE}/texts", json=offered, headers=root.session)
    assert published.json()["version"] == 1
    refused = await client.post("/v1/chat/completions", json=ASK, headers=user.session)
    assert (refused.status_code, code(refused)) == (403, "policy_not_accepted")
    by_key = await people.key(user)
    refused = await client.post("/v1/chat/completions", json=ASK, headers=by_key)
    assert code(refused) == "policy_not_accepted"

    read = (await client.get("/jimae/policy", headers=user.session)).json()
    assert (read["version"], read["ja"], read["accepted"]) == (1, offered["ja"], False)
    wrong = await client.post("/jimae/me/policy", json={"version": 2}, headers=user.session)
    assert (wrong.status_code, code(wrong)) == (409, "policy_outdated")
    wrong = await client.post("/jimae/me/policy", json={"version": 1}, headers=by_key)
    assert (wrong.status_code, code(wrong)) == (403, "policy_accept_in_person")
    accepted = await client.post("/jimae/me/policy", json={"version": 1}, headers=user.session)
    assert accepted.json()["accepted"] is True
    assert (await client.post("/v1/chat/completions", json=ASK, headers=by_key)).is_success

    listed = (await client.get(f"{BASE}/accepted", headers=root.session)).json()
    assert listed["version"] == 1
    assert {one["name"]: one["accepted_at"] is not None for one in listed["data"]} == {
        "root": False,
        "hanako": True,
    }


async def test_a_rule_holds_from_the_next_request_on(
    client: httpx.AsyncClient, people: People
) -> None:
    root = await people.add("root", "admin")
    user = await people.add("hanako", groups=["営業"])
    rule = {"kind": "phone", "action": "refuse", "group": user.groups["営業"]}
    assert (await client.post("/v1/chat/completions", json=ASK, headers=user.session)).is_success
    made = (await client.put(f"{BASE}/rules", json=rule, headers=root.session)).json()
    refused = await client.post("/v1/chat/completions", json=ASK, headers=user.session)
    assert (refused.status_code, code(refused)) == (400, "personal_data_refused")
    assert "1234" not in refused.text
    again = (await client.put(f"{BASE}/rules", json=rule, headers=root.session)).json()
    assert again == made
    gone = await client.delete(f"{BASE}/rules/{made['id']}", headers=root.session)
    assert gone.json() == {"id": made["id"], "deleted": True}
    assert (await client.post("/v1/chat/completions", json=ASK, headers=user.session)).is_success


async def test_a_manager_can_only_make_it_stricter(
    client: httpx.AsyncClient, people: People
) -> None:
    root = await people.add("root", "admin")
    boss = await people.add("boss", "manager", groups=["営業"], manages=True)
    other = await people.add("other", groups=["総務"])
    group = boss.groups["営業"]
    mine = {"kind": "phone", "action": "refuse", "group": group}
    for wanted, answer in (
        ({"kind": "phone", "action": "ignore"}, "not_permitted"),
        ({**mine, "group": other.groups["総務"]}, "policy_group_not_found"),
    ):
        refused = await client.put(f"{BASE}/rules", json=wanted, headers=boss.session)
        assert code(refused) == answer
    set_down = (await client.put(f"{BASE}/rules", json=mine, headers=root.session)).json()
    looser = {**mine, "action": "ignore"}
    assert (await client.put(f"{BASE}/rules", json=looser, headers=boss.session)).is_success
    refused = await client.post("/v1/chat/completions", json=ASK, headers=boss.session)
    assert code(refused) == "personal_data_refused"
    kept = await client.delete(f"{BASE}/rules/{set_down['id']}", headers=boss.session)
    assert (kept.status_code, code(kept)) == (404, "policy_rule_not_found")

    word = {"word": "極秘*案件", "group": group}
    added = (await client.post(f"{BASE}/words", json=word, headers=boss.session)).json()
    secret = {"word": "他部署だけ", "group": other.groups["総務"]}
    assert (await client.post(f"{BASE}/words", json=secret, headers=root.session)).is_success
    seen = (await client.get(BASE, headers=boss.session)).json()
    assert [one["word"] for one in seen["words"]] == ["極秘*案件"]
    gone = await client.delete(f"{BASE}/words/{added['id']}", headers=boss.session)
    assert gone.json()["deleted"] is True
    assert (await client.get(BASE, headers=boss.session)).json()["words"] == []
    people_of = (await client.get(f"{BASE}/accepted", headers=boss.session)).json()["data"]
    assert [one["name"] for one in people_of] == ["boss"]


async def test_trusted_models_are_all_those_that_are_named(
    client: httpx.AsyncClient, people: People
) -> None:
    root = await people.add("root", "admin")
    for models in (["fake", "other"], ["other"], []):
        body = {"trusted": models}
        answer = await client.put(f"{BASE}/models", json=body, headers=root.session)
        assert answer.json()["trusted"] == models


async def test_a_text_can_be_tried_before_it_is_sent(
    client: httpx.AsyncClient, people: People
) -> None:
    root = await people.add("root", "admin")
    word = {"word": "暁計画", "action": "warn"}
    assert (await client.post(f"{BASE}/words", json=word, headers=root.session)).is_success
    rule = {"kind": "phone", "action": "mask"}
    assert (await client.put(f"{BASE}/rules", json=rule, headers=root.session)).is_success
    text = "暁計画の電話は０３－１２３４－５６７８"
    checked = await client.post("/jimae/policy/check", json={"text": text}, headers=root.session)
    body = checked.json()
    assert body["words"] == [{"word": "暁計画", "action": "warn"}]
    (found,) = body["findings"]
    assert (found["kind"], found["action"]) == ("phone", "mask")
    assert text[found["start"] : found["end"]] == "０３－１２３４－５６７８"


@pytest.mark.parametrize("word", [" ", "*", " * "])
async def test_an_empty_word_is_refused(client: httpx.AsyncClient, word: str) -> None:
    refused = await client.post(f"{BASE}/words", json={"word": word})
    assert (refused.status_code, code(refused)) == (400, "empty_word")


async def test_what_was_found_is_told_with_the_answer(
    client: httpx.AsyncClient, people: People
) -> None:
    root = await people.add("root", "admin")
    for action in ("warn", "mask", "refuse"):
        rule = {"kind": "phone", "action": action}
        assert (await client.put(f"{BASE}/rules", json=rule, headers=root.session)).is_success
        for stream in (False, True):
            asked = {**ASK, "stream": stream}
            answer = await client.post("/v1/chat/completions", json=asked, headers=root.session)
            assert answer.is_success == (action != "refuse")
            assert answer.headers["x-jimae-findings"] == f"phone;count=1;action={action}"
    quiet = {**ASK, "messages": [{"role": "user", "content": "首都は?"}]}
    answer = await client.post("/v1/chat/completions", json=quiet, headers=root.session)
    assert "x-jimae-findings" not in answer.headers
