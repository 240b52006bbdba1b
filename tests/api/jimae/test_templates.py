"""Templates, preferences and judgements over the API."""

from __future__ import annotations

import json

import httpx
import pytest

FORM = {
    "title": "案内",
    "description": "短い案内",
    "body": "{{name}}様\n{{text}}",
    "fields": [
        {"name": "name", "label": "宛先"},
        {"name": "text", "label": "本文", "kind": "long", "required": False},
    ],
}
PATH = "/jimae/templates"


def code(response: httpx.Response) -> str:
    return str(response.json()["error"]["code"])


async def test_a_template_is_made_changed_taken_along_and_deleted(
    client: httpx.AsyncClient,
) -> None:
    made = (await client.post(PATH, json=FORM)).json()
    assert (made["source"], made["editable"], made["fields"][1]["kind"]) == ("own", True, "long")
    changed = await client.post(f"{PATH}/{made['id']}", json={**FORM, "title": "お知らせ"})
    assert changed.json()["title"] == "お知らせ"
    exported = (await client.get(f"{PATH}/export")).json()
    assert [one["title"] for one in exported["templates"]] == ["お知らせ"]
    imported = await client.post(f"{PATH}/import", json=exported)
    assert len(imported.json()["data"]) == 1
    listed = (await client.get(PATH)).json()["data"]
    assert [one["source"] for one in listed].count("own") == 2
    gone = await client.delete(f"{PATH}/{made['id']}")
    assert gone.json() == {"id": made["id"], "deleted": True}
    assert code(await client.delete(f"{PATH}/{made['id']}")) == "template_not_found"


async def test_shipped_templates_are_told_in_the_readers_language(
    client: httpx.AsyncClient,
) -> None:
    for language, title in (("ja", "メール作成"), ("en", "E-mail")):
        listed = await client.get(PATH, headers={"Accept-Language": language})
        mail = next(one for one in listed.json()["data"] if one["id"] == "mail")
        assert (mail["title"], mail["source"], mail["editable"]) == (title, "shipped", False)
    assert code(await client.post(f"{PATH}/mail", json=FORM)) == "template_not_found"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"body": "{{other}}"}, "template_blank_unknown"),
        ({"fields": [{"name": "1a", "label": "x"}]}, "invalid_value"),
        ({"title": ""}, "wrong_length"),
        ({"group": "nobody"}, "not_in_group"),
        ({"owner": "x"}, "unknown_parameter"),
    ],
)
async def test_what_is_wrong_is_said(
    client: httpx.AsyncClient, change: dict[str, object], expected: str
) -> None:
    assert code(await client.post(PATH, json={**FORM, **change})) == expected


async def test_preferences_tell_what_a_model_will_be_told(client: httpx.AsyncClient) -> None:
    empty = (await client.get("/jimae/preferences")).json()
    assert (empty["style"], empty["prompt"], len(empty["styles"])) == (None, None, 4)
    wanted = {"style": "official", "instructions": "短く。", "consent": False}
    kept = (await client.post("/jimae/preferences", json=wanted)).json()
    assert kept["prompt"] == f"{empty['styles'][2]['sentence']}\n\n短く。"
    assert (await client.get("/jimae/preferences")).json() == kept


async def test_judgements_are_kept_and_come_out_as_lines(client: httpx.AsyncClient) -> None:
    consent = {"style": None, "instructions": "", "consent": True}
    await client.post("/jimae/preferences", json=consent)
    said = {"turn": "turn_1", "model": "fake", "verdict": "bad", "reasons": ["wrong"]}
    texts = {"question": "首都は?", "answer": "大阪", "correction": "東京\n\0"}
    judged = await client.post("/jimae/feedback", json={**said, **texts})
    assert judged.json() == {"turn": "turn_1", "verdict": "bad", "reasons": ["wrong"], "kept": True}
    found = await client.get("/jimae/feedback", params={"turns": "turn_1,turn_2"})
    assert found.json()["data"] == [judged.json()]
    vote = {"first": "fake", "second": "other", "vote": "second", "blind": True, "question": "?"}
    assert (await client.post("/jimae/comparisons", json=vote)).json() == {"kept": True}
    (pair,) = (await client.get("/jimae/comparisons")).json()["data"]
    assert (pair["second_better"], pair["first_better"]) == (1, 0)

    exported = await client.get("/jimae/admin/feedback/export")
    assert "attachment" in exported.headers["content-disposition"]
    lines = [json.loads(line) for line in exported.text.splitlines()]
    assert {line["type"] for line in lines} == {"judgement", "comparison"}
    assert next(line for line in lines if "verdict" in line)["texts"] == texts

    assert (await client.delete("/jimae/feedback/turn_1")).json()["deleted"] is True
    assert (await client.get("/jimae/feedback", params={"turns": "turn_1"})).json()["data"] == []
