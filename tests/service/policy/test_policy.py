"""The policy over a database: rules, the text of use, and what reaches a model."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.caller import SERVER, Caller, KeyGrant
from jimae.service.personal_data.my_number import check_digit
from jimae.service.policy import book, changes, texts
from jimae.service.policy.looking import Finding, Piece, pieces
from jimae.service.policy.policy import Policy
from jimae.service.policy.rules import Treatment
from jimae.settings import Settings
from jimae.store.audit_tables import AuditRecord
from jimae.store.policy_tables import EVERYBODY, PolicyRule, PolicyWord, TrustedModel
from jimae.store.store import Store

ADMIN = Caller(id="acc-admin", name="admin", role="admin", via="session")
TARO = Caller(id="acc-taro", name="taro", via="session", groups=("group-a", "group-b"))
MY_NUMBER = "12345678901" + str(check_digit("12345678901"))


@pytest.fixture
async def store(stored: Settings) -> AsyncIterator[Store]:
    store = Store(stored)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def policy(store: Store) -> Policy:
    return Policy(store)


async def rule(store: Store, owner: str, kind: str, action: str, **other: str) -> None:
    row = {"models": "any", "level": "admin", "confidence": "medium", **other}
    name = f"{owner}-{kind}-{row['models']}-{row['level']}"

    def add(session: Session) -> None:
        session.add(
            PolicyRule(
                id=name, owner=owner, created_at=time.time(), kind=kind, action=action, **row
            )
        )

    await store.write(add)


async def test_what_is_masked_comes_back(store: Store, policy: Policy) -> None:
    await rule(store, EVERYBODY, "phone", "mask")
    looked = await policy.look(
        TARO,
        "fake",
        pieces(["電話は03-1234-5678です。", "０３－１２３４－５６７８と090-1234-5678"]),
    )
    assert looked.texts == ("電話は〔電話番号1〕です。", "〔電話番号1〕と〔電話番号2〕")
    assert looked.findings == (Finding("phone", 3, "mask"),)
    restorer = looked.restorer()
    assert restorer.add("では【電話番") + restorer.add("号1】へ【") + restorer.end() == (
        "では03-1234-5678へ【"
    )


async def test_each_prompt_has_placeholders_of_its_own(store: Store, policy: Policy) -> None:
    await rule(store, EVERYBODY, "phone", "mask")
    asked = [
        *pieces(["03-1234-5678"], prompt=0),
        *pieces(["090-1234-5678", "03-1234-5678"], prompt=1),
    ]
    looked = await policy.look(TARO, "fake", asked)
    assert looked.texts == ("〔電話番号1〕", "〔電話番号1〕", "〔電話番号2〕")
    assert looked.findings == (Finding("phone", 3, "mask"),)
    restored = [
        (restorer := looked.restorer(prompt)).add("〔電話番号1〕〔電話番号2〕") + restorer.end()
        for prompt in (0, 1, 2)
    ]
    assert restored == [
        "03-1234-5678〔電話番号2〕",
        "090-1234-567803-1234-5678",
        "〔電話番号1〕〔電話番号2〕",
    ]


async def test_what_cannot_be_masked_is_refused(store: Store, policy: Policy) -> None:
    await rule(store, EVERYBODY, "phone", "mask")
    await policy.look(TARO, "fake", [Piece("lookup", fixed=True)])
    with pytest.raises(JimaeError) as caught:
        await policy.look(TARO, "fake", [Piece("090-1234-5678", fixed=True)])
    assert caught.value.code == "personal_data_refused"


async def test_without_rules_people_are_warned(policy: Policy) -> None:
    text = f"マイナンバーは{MY_NUMBER}、法人番号は7000012050002"
    looked = await policy.look(TARO, "fake", pieces([text]))
    assert looked.texts == (text,)
    assert looked.findings == (Finding("my_number", 1, "warn"),)


async def test_the_strictest_of_the_groups_holds(store: Store, policy: Policy) -> None:
    await rule(store, EVERYBODY, "my_number", "warn")
    await rule(store, "group-a", "my_number", "ignore")
    await rule(store, "group-b", "my_number", "refuse")
    with pytest.raises(JimaeError) as caught:
        await policy.look(TARO, "fake", pieces([f"マイナンバー {MY_NUMBER}"]))
    assert caught.value.code == "personal_data_refused"
    assert MY_NUMBER not in caught.value.message("ja")


async def test_a_rule_holds_only_for_models_that_are_not_trusted(
    store: Store, policy: Policy
) -> None:
    await rule(store, EVERYBODY, "mail", "refuse", models="untrusted")
    trusted = TrustedModel(id="t", owner="acc-admin", created_at=0.0, model="safe")
    await store.write(lambda session: session.add(trusted))
    looked = await policy.look(TARO, "safe", pieces(["taro@city.chiyoda.tokyo.jp"]))
    assert looked.findings == (Finding("mail", 1, "warn"),)
    with pytest.raises(JimaeError, match="mail"):
        await policy.look(TARO, "other", pieces(["taro@city.chiyoda.tokyo.jp"]))


async def test_a_prohibited_word_is_refused_to_the_group_it_is_for(
    store: Store, policy: Policy
) -> None:
    word = PolicyWord(
        id="w",
        owner="group-b",
        created_at=0.0,
        word="プロジェクト暁",
        folded="ぷろじぇくと暁",
        level="admin",
        action="refuse",
    )
    await store.write(lambda session: session.add(word))
    with pytest.raises(JimaeError) as caught:
        await policy.look(TARO, "fake", pieces(["ﾌﾟﾛｼﾞｪｸﾄ暁の予算"]))
    assert caught.value.code == "prohibited_word"
    hanako = Caller(id="acc-hanako", name="hanako", via="session", groups=("group-c",))
    assert (await policy.look(hanako, "fake", pieces(["プロジェクト暁の予算"]))).findings == ()


async def test_a_new_version_is_asked_for_again(store: Store, policy: Policy) -> None:
    by_key = Caller(id=TARO.id, name="taro", via="key", key=KeyGrant("key-1", "program"))
    await policy.look(TARO, "fake", pieces(["何もない"]))
    for number in (1, 2):
        await store.write(lambda session: texts.publish(session, ADMIN, ja="規程", en="Rules"))
        policy.changed()
        for caller in (TARO, by_key):
            with pytest.raises(JimaeError) as caught:
                await policy.look(caller, "fake", pieces(["こんにちは"]))
            assert caught.value.code == "policy_not_accepted"
        await policy.look(SERVER, "fake", pieces(["こんにちは"]))
        with pytest.raises(JimaeError, match="key"):
            await store.write(lambda session: texts.accept(session, by_key, number))  # noqa: B023
        await store.write(lambda session: texts.accept(session, TARO, number))  # noqa: B023
        await store.write(lambda session: texts.accept(session, TARO, number))  # noqa: B023
        for caller in (TARO, by_key):
            await policy.look(caller, "fake", pieces(["こんにちは"]))
    with pytest.raises(JimaeError) as caught:
        await store.write(lambda session: texts.accept(session, ADMIN, 1))
    assert caught.value.code == "policy_outdated"


async def test_what_was_laid_down_for_a_group_goes_with_it(store: Store) -> None:
    for owner in (EVERYBODY, "group-a"):
        await rule(store, owner, "phone", "mask")
    await store.write(lambda session: changes.forget_group(session, "group-a"))
    now = await store.read(book.read)
    assert [one.owner for one in now.rules] == [EVERYBODY]


async def test_every_change_and_refusal_is_recorded_and_no_value(
    store: Store, policy: Policy
) -> None:
    def lay_down(session: Session) -> None:
        treatment = Treatment("refuse", "medium")
        made = changes.set_rule(
            session, ADMIN, group=None, kind="phone", models="any", treatment=treatment
        )
        changes.add_word(session, ADMIN, group=None, word="暁", action="refuse")
        changes.trust(session, ADMIN, ["safe"])
        session.flush()
        changes.delete_rule(session, ADMIN, made.id)
        changes.set_rule(
            session, ADMIN, group=None, kind="phone", models="any", treatment=treatment
        )
        texts.publish(session, ADMIN, ja="規程", en="Rules")

    await store.write(lay_down)
    policy.changed()
    with pytest.raises(JimaeError):
        await policy.look(TARO, "fake", pieces(["03-1234-5678"]))
    await store.write(lambda session: texts.accept(session, TARO, 1))
    with pytest.raises(JimaeError):
        await policy.look(TARO, "fake", pieces(["03-1234-5678"]))

    records = await store.read(
        lambda session: session.scalars(select(AuditRecord).order_by(AuditRecord.seq)).all()
    )
    assert [json.loads(record.body)["act"] for record in records] == [
        "policy.rule_set",
        "policy.word_set",
        "policy.trust",
        "policy.rule_delete",
        "policy.rule_set",
        "policy.publish",
        "policy.refuse",
        "policy.accept",
        "policy.refuse",
    ]
    refused = json.loads(records[-1].body)
    assert refused["outcome"] == "refused"
    assert refused["details"] == {
        "code": "personal_data_refused",
        "model": "fake",
        "findings": [{"kind": "phone", "count": 1, "action": "refuse"}],
    }
    assert not any("1234-5678" in record.body for record in records)
