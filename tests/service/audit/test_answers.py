"""The two records of an answer, and what becomes of those that a killed server left open."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.service.audit.answers import (
    Answer,
    Asked,
    Attachment,
    Ended,
    Finding,
    begin,
    close_orphans,
    end,
)
from jimae.service.audit.canonical import canonical
from jimae.service.audit.sealing import Vault, commitment_of
from jimae.service.words import wanted
from jimae.store.audit_tables import AuditContent, AuditOpen, AuditWords
from jimae.store.store import Store
from jimae.types import ChatPrompt, Message, TextPart, ToolCall, Usage
from service.audit.test_record import HANAKO, body, records

PLAIN = Vault()
KEYED = Vault((bytes(32), bytes(range(32))))


def asked(text: str = "見積書を直して") -> Asked:
    return Asked(
        model="qwen",
        gguf_sha256="ab" * 32,
        parameters={"temperature": 0.7, "max_tokens": 100},
        prompts=(ChatPrompt((Message("user", (TextPart(text),)),)),),
        attachments=(Attachment("表.csv", "cd" * 32, 12),),
        findings=(Finding("phone", 2, "mask"),),
    )


ENDED = Ended(
    answers=(
        Answer(
            text="直しました",
            reasoning="どう直すか",
            tool_calls=(ToolCall("call_1", "保存", "{}"),),
            finish_reason="stop",
        ),
    ),
    usage=Usage(10, 20, 5),
    waited=0.25,
    total=1.5,
)


async def contents(store: Store) -> list[AuditContent]:
    def read(session: Session) -> list[AuditContent]:
        return list(session.scalars(select(AuditContent).order_by(AuditContent.seq)))

    return await store.read(read)


async def test_an_answer_has_two_records(store: Store) -> None:
    begun = await store.write(lambda session: begin(session, HANAKO, asked(), PLAIN))
    assert [r.act for r in await records(store)] == ["answer.begin"]
    await store.write(lambda session: end(session, begun, ENDED, PLAIN))

    first, last = await records(store)
    assert (first.id, first.outcome, first.model) == (begun, "begun", "qwen")
    assert (last.act, last.outcome, last.begin_id) == ("answer.end", "done", begun)
    (attached,) = body(first)["details"]["attachments"]
    assert body(first)["details"] == {
        "parameters": {"temperature": 0.7, "max_tokens": 100},
        "attachments": [{"size": 12, "commitment": attached["commitment"]}],
        "findings": [{"kind": "phone", "count": 2, "action": "mask"}],
    }
    assert body(last)["details"] == {
        "finish_reasons": ["stop"],
        "error": None,
        "usage": {"prompt_tokens": 10, "completion_tokens": 20, "cached_tokens": 5},
        "waited": 0.25,
        "total": 1.5,
    }
    for same in ("account", "group", "key", "session", "model", "address"):
        assert body(last)[same] == body(first)[same], same
    assert body(last)["salt"] != body(first)["salt"]
    assert "見積書" not in (first.body or "")
    with pytest.raises(LookupError, match="no answer is open"):
        await store.write(lambda session: end(session, begun, ENDED, PLAIN))


@pytest.mark.parametrize("vault", [PLAIN, KEYED], ids=["plain", "encrypted"])
async def test_what_was_written_is_kept_apart(store: Store, vault: Vault) -> None:
    begun = await store.write(lambda session: begin(session, HANAKO, asked(), vault))
    await store.write(lambda session: end(session, begun, ENDED, vault))

    opened: list[Any] = []
    (attached,) = body((await records(store))[0])["details"]["attachments"]
    for record, content in zip(await records(store), await contents(store), strict=True):
        assert (content.id, content.seq, content.owner) == (record.id, record.seq, "acc-1")
        assert (content.key_id is None) == (vault is PLAIN)
        assert ("直".encode() in content.sealed) == (vault is PLAIN)
        salt, text = vault.open(content.id, content.key_id, content.sealed)
        assert commitment_of(salt, text) == body(record)["commitment"]
        opened.append(json.loads(text))
    assert opened[0]["prompts"][0]["messages"][0]["content"][0]["text"] == "見積書を直して"
    (file,) = opened[0]["attachments"]
    salt = bytes.fromhex(file.pop("salt"))
    assert file == {"name": "表.csv", "sha256": "cd" * 32, "size": 12}
    assert commitment_of(salt, canonical(file)) == attached["commitment"]
    assert opened[1]["answers"][0]["text"] == "直しました"
    assert opened[1]["answers"][0]["tool_calls"][0]["name"] == "保存"

    words = await store.read(lambda session: session.scalars(select(AuditWords.words)).all())
    if vault is PLAIN:
        for term in ("見積", "表.csv", "cd" * 32):
            assert all(word.text in words[0].split() for word in wanted((term,), "acc-1")), term
        assert len(words) == 2
    else:
        assert words == [], "an index would tell what is encrypted"


async def test_a_sealed_content_opens_with_its_key_only(store: Store) -> None:
    sealed = KEYED.seal("aud-1", "秘密")
    assert KEYED.open("aud-1", sealed.key_id, sealed.data)[1] == "秘密"
    with pytest.raises(ValueError, match="changed"):
        KEYED.open("aud-2", sealed.key_id, sealed.data)
    with pytest.raises(ValueError, match="changed"):
        KEYED.open("aud-1", sealed.key_id, sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))


async def test_what_a_killed_server_left_open_is_ended(store: Store) -> None:
    first = await store.write(lambda session: begin(session, HANAKO, asked(), PLAIN))
    second = await store.write(lambda session: begin(session, HANAKO, asked(), PLAIN))
    await store.write(lambda session: end(session, first, ENDED, PLAIN))

    assert await store.write(close_orphans) == 1
    assert await store.write(close_orphans) == 0
    last = (await records(store))[-1]
    assert (last.act, last.outcome, last.begin_id) == ("answer.end", "interrupted", second)
    assert body(last)["commitment"] is None
    assert await store.read(lambda session: session.scalar(select(AuditOpen.id))) is None


async def test_an_error_is_a_failure(store: Store) -> None:
    begun = await store.write(lambda session: begin(session, HANAKO, asked(), PLAIN))
    failed = Ended(answers=(Answer(text="途中"),), error="worker_died", total=0.1234567)
    await store.write(lambda session: end(session, begun, failed, PLAIN))
    last = (await records(store))[-1]
    assert last.outcome == "failed"
    assert body(last)["details"]["error"] == "worker_died"
    assert body(last)["details"]["total"] == 0.123457
