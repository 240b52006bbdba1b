"""Finding records, by what stands in them and by what was written."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.answers import Answer, Asked, Ended, begin, end
from jimae.service.audit.audit import Audit
from jimae.service.audit.record import note
from jimae.service.audit.sealing import Vault
from jimae.service.audit.search import Wanted
from jimae.service.caller import Caller
from jimae.service.words import LONGEST
from jimae.store.store import Store
from jimae.types import TextPrompt
from service.audit.test_record import group, records

SOUMU = Caller(id="acc-1", name="花子", via="session", groups=("grp-1",))
ZAIMU = Caller(id="acc-2", name="太郎", via="key", groups=("grp-2",))
AUDITOR = Caller(id="acc-3", name="監査", role="auditor", via="session")
ADMIN = Caller(id="acc-4", name="管理", role="admin", via="session")
TERMINAL = Caller(id="terminal", name="root", role="admin", via="terminal")


async def ask(store: Store, who: Caller, text: str, answer: str, model: str = "qwen") -> None:
    vault = Vault()
    asked = Asked(model=model, prompts=(TextPrompt(text),))
    begun = await store.write(lambda s: begin(s, who, asked, vault))
    ended = Ended(answers=(Answer(text=answer, finish_reason="stop"),))
    await store.write(lambda s: end(s, begun, ended, vault))


async def fill(store: Store) -> None:
    def groups(session: Session) -> None:
        session.add(group("grp-1", "総務課", "文書"))
        session.add(group("grp-2", "財務課", "予算"))

    await store.write(groups)
    await ask(store, SOUMU, "午後の会議の案内を書いて", "ご案内します。カタカナのミツモリ")  # 1, 2
    await ask(store, ZAIMU, "見積書と請求書の違いは", "Invoice and ESTIMATE", "llama")  # 3, 4
    await store.write(lambda s: note(s, ZAIMU, "user.create", target="acc-9"))  # 5
    await store.write(lambda s: note(s, ZAIMU, "user.delete", outcome="refused"))  # 6


async def seqs(audit: Audit, **wanted: object) -> list[int]:
    found, more = await audit.search(AUDITOR, Wanted(**wanted), limit=100)  # type: ignore[arg-type]
    assert not more
    return [one.entry.seq for one in found]


BY_COLUMNS: list[tuple[dict[str, object], list[int]]] = [
    ({}, [6, 5, 4, 3, 2, 1]),
    ({"account": "acc-1"}, [2, 1]),
    ({"account": "太郎"}, [6, 5, 4, 3]),
    ({"group": "grp-1"}, [2, 1]),
    ({"group": "財務課"}, [6, 5, 4, 3]),
    ({"act": "user.create"}, [5]),
    ({"act": "user."}, [6, 5]),
    ({"act": "user"}, []),
    ({"outcome": "refused"}, [6]),
    ({"model": "llama"}, [4, 3]),
    ({"target": "acc-9"}, [5]),
    ({"account": "太郎", "act": "answer.", "outcome": "done"}, [4]),
    ({"until": 1.0}, []),
    ({"since": 1.0, "act": "answer.begin"}, [3, 1]),
]
BY_WORDS = [
    ("午後", [1]),
    ("請求", [3]),
    ("見積", [3]),
    ("ミツモリ", [2]),
    ("みつもり", [2]),
    ("ﾐﾂﾓﾘ", [2]),
    ("案内", [2, 1]),
    ("会議 午後", [1]),
    ("会議 請求", []),
    ("の", [3, 2, 1]),
    ("estimate", [4]),
    ("voice", [4]),
    ("見書", []),
    ("user", []),
]


async def test_by_what_stands_in_them(store: Store, audit: Audit) -> None:
    await fill(store)
    for wanted, found in BY_COLUMNS:
        assert await seqs(audit, **wanted) == found, wanted


async def test_by_words(store: Store, audit: Audit) -> None:
    await fill(store)
    for word, found in BY_WORDS:
        assert await seqs(audit, word=word) == found, word


async def test_words_with_the_rest(store: Store, audit: Audit) -> None:
    await fill(store)
    assert await seqs(audit, word="の", account="acc-1") == [2, 1]


async def test_the_end_of_a_long_text_is_found_too(store: Store, audit: Audit) -> None:
    long = "長" * (LONGEST - 3) + "境目の言葉" + "長" * LONGEST + "最後の一言"
    await ask(store, SOUMU, long, "はい")
    assert await seqs(audit, word="境目の言葉") == [1]
    assert await seqs(audit, word="境目 一言") == [1], "in two pieces"
    assert await seqs(audit, word="一言長") == []


async def test_page_by_page(store: Store, audit: Audit) -> None:
    await fill(store)
    for word in (None, "の"):
        pages, before, more = [], None, True
        while more:
            found, more = await audit.search(AUDITOR, Wanted(word=word), limit=2, before=before)
            pages.append([one.entry.seq for one in found])
            before = found[-1].entry.seq
        assert [seq for page in pages for seq in page] == (
            [3, 2, 1] if word else [6, 5, 4, 3, 2, 1]
        ), word
        assert all(len(page) == 2 for page in pages[:-1])
        if word is None:
            continue
        assert [r.act for r in (await records(store))[6:]] == ["audit.search"] * 2


async def test_a_word_needs_a_character(audit: Audit) -> None:
    with pytest.raises(JimaeError) as caught:
        await audit.search(AUDITOR, Wanted(word=" \u3000"), limit=1)
    assert caught.value.code == "audit_word_empty"


async def test_who_reads_what_was_written_is_recorded(store: Store, audit: Audit) -> None:
    await fill(store)
    for reader in (AUDITOR, TERMINAL):
        content = await audit.content(reader, 4)
        assert content["answers"][0]["text"] == "Invoice and ESTIMATE"
    await audit.search(AUDITOR, Wanted(word="午後", account="acc-1"), limit=1)
    read, again, searched = (await records(store))[6:]
    assert (read.act, read.owner, again.owner) == ("audit.read", "acc-3", "terminal")
    assert read.target == (await audit.record(4)).body["id"]
    assert searched.act == "audit.search"
    assert "午後" not in (searched.body or "")
    assert (await audit.record(9)).body["details"] == {"wanted": {"account": "acc-1", "word": 1}}


async def test_administrators_read_what_was_written_only_if_they_may(
    store: Store, audit: Audit
) -> None:
    await fill(store)
    assert (await audit.search(ADMIN, Wanted(), limit=10))[0]
    refused = (
        lambda: audit.content(ADMIN, 4),
        lambda: audit.search(ADMIN, Wanted(word="午後"), limit=1),
        lambda: audit.export(ADMIN, Wanted(), form="csv", with_content=True),
        lambda: audit.export(ADMIN, Wanted(word="午後"), form="csv"),
    )
    for attempt in refused:
        with pytest.raises(JimaeError) as caught:
            await attempt()
        assert caught.value.code == "audit_content_not_permitted"
    allowing = audit._settings.model_copy(update={"admins_read_content": True})
    audit._settings = allowing
    assert await audit.content(ADMIN, 4)


async def test_what_is_not_there(store: Store, audit: Audit) -> None:
    await fill(store)
    for seq, code in ((7, "audit_record_not_found"), (5, "audit_content_gone")):
        with pytest.raises(JimaeError) as caught:
            await audit.content(AUDITOR, seq)
        assert caught.value.code == code
