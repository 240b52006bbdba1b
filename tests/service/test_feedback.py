"""Judgements and votes: numbers of everybody, words only of who consented."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from jimae.errors import JimaeError
from jimae.service import feedback as feedback_module
from jimae.service.caller import SERVER, Caller
from jimae.service.feedback import Feedback, Pair, tally
from jimae.service.instructions import SENTENCES, Preferred, sentence_of, system_prompt
from jimae.service.policy.looking import Piece
from jimae.service.preferences import Preferences
from jimae.settings import Settings
from jimae.store.store import Store

HANAKO = Caller(id="hanako", name="hanako", via="session")
TARO = Caller(id="taro", name="taro", via="session")
TEXTS = {"question": "電話は03-1234-5678", "answer": "はい", "comment": "", "correction": "いいえ"}


@dataclass
class Looked:
    texts: Sequence[str]


@dataclass
class Rules:
    """Masks a number, and refuses a word."""

    asked: list[str] = field(default_factory=list)

    async def look(self, caller: Caller, model: str, asked: Sequence[Piece], /) -> Looked:
        texts = [piece.text for piece in asked]
        self.asked += texts
        if any("禁止" in text for text in texts):
            raise JimaeError("not_permitted", needed="admin")
        return Looked([text.replace("03-1234-5678", "〔電話〕") for text in texts])


@pytest.fixture
async def store(stored: Settings) -> AsyncIterator[Store]:
    store = Store(stored)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def rules() -> Rules:
    return Rules()


@pytest.fixture
def feedback(store: Store, rules: Rules) -> Feedback:
    return Feedback(store, rules)


async def exported(feedback: Feedback) -> list[dict[str, object]]:
    return await feedback.export(SERVER, None)


async def test_without_consent_no_word_is_kept_nor_even_looked_at(
    feedback: Feedback, rules: Rules
) -> None:
    judged = await feedback.judge(TARO, "turn_1", "fake", "bad", ["wrong"], TEXTS)
    assert not judged.kept
    assert rules.asked == []
    (line,) = await exported(feedback)
    assert (line["verdict"], line["reasons"], line["texts"]) == ("bad", ["wrong"], None)
    assert "owner" not in line


async def test_with_consent_words_are_kept_as_the_rules_leave_them(
    store: Store, feedback: Feedback
) -> None:
    await Preferences(store).set(TARO, Preferred(consent=True))
    assert (await feedback.judge(TARO, "turn_1", "fake", "good", [], TEXTS)).kept
    (line,) = await exported(feedback)
    assert line["texts"] == {"question": "電話は〔電話〕", "answer": "はい", "correction": "いいえ"}
    refused = await feedback.judge(TARO, "turn_1", "fake", "bad", [], {"answer": "禁止"})
    assert not refused.kept
    (line,) = await exported(feedback)
    assert (line["verdict"], line["texts"]) == ("bad", None)


async def test_taking_consent_back_takes_the_words_and_leaves_those_of_others(
    store: Store, feedback: Feedback
) -> None:
    preferences = Preferences(store)
    for caller in (TARO, HANAKO):
        await preferences.set(caller, Preferred(consent=True))
        await feedback.judge(caller, "turn_1", "fake", "good", [], TEXTS)
        await feedback.vote(caller, ("a", "b"), "first", True, {"question": "問い"})
    await preferences.set(TARO, Preferred(style="plain"))
    kept = [line["texts"] is not None for line in await exported(feedback)]
    assert sorted(kept) == [False, False, True, True]
    assert await preferences.get("taro") == Preferred(style="plain")
    assert (await preferences.get("hanako")).consent


async def test_a_judgement_is_ones_own(feedback: Feedback) -> None:
    await feedback.judge(TARO, "turn_1", "fake", "good", [], {})
    await feedback.judge(HANAKO, "turn_1", "fake", "bad", ["other"], {})
    assert [one.verdict for one in await feedback.judged("taro", ["turn_1", "turn_2"])] == ["good"]
    await feedback.take_back("taro", "turn_1")
    assert await feedback.judged("taro", ["turn_1"]) == []
    assert len(await feedback.judged("hanako", ["turn_1"])) == 1


async def test_two_clicks_at_once_are_one_judgement(feedback: Feedback) -> None:
    work = [feedback.judge(TARO, "turn_1", "fake", "good", [], {}) for _ in range(2)]
    told = await asyncio.gather(*work, return_exceptions=True)
    assert [one for one in told if isinstance(one, BaseException)] == []
    assert len(await exported(feedback)) == 1


async def test_a_model_is_not_compared_with_itself(feedback: Feedback) -> None:
    with pytest.raises(JimaeError, match="Both models are 'a'"):
        await feedback.vote(TARO, ("a", "a"), "first", True, {})


async def test_votes_are_counted_whichever_way_round(feedback: Feedback) -> None:
    for models, vote in [
        (("a", "b"), "first"),
        (("b", "a"), "first"),
        (("b", "a"), "second"),
        (("a", "b"), "neither"),
    ]:
        await feedback.vote(TARO, models, vote, True, {})  # type: ignore[arg-type]
    await feedback.vote(HANAKO, ("a", "b"), "both", False, {})
    assert await feedback.standings() == [
        Pair("a", "b", False, 0, 0, 1, 0),
        Pair("a", "b", True, 2, 1, 0, 1),
    ]
    assert tally([]) == []


async def test_an_export_in_pages_has_everything_once(
    feedback: Feedback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback_module, "EXPORT_ROWS", 3)
    for number in range(5):
        await feedback.judge(TARO, f"turn_{number}", "fake", "good", [], {})
        await feedback.vote(TARO, ("a", "b"), "both", True, {})
    found: list[str] = []
    after: str | None = None
    while rows := await feedback.export(SERVER, after):
        found += [str(row["id"]) for row in rows]
        after = found[-1]
    assert len(found) == 10
    assert all(one < other for one, other in pairwise(found))


def test_what_a_chat_has_for_itself_stands_before_what_holds_for_all() -> None:
    own = Preferred(style="dearu", instructions=" 結論から。 ")
    assert system_prompt(own) == f"{SENTENCES['dearu']}\n\n結論から。"
    assert system_prompt(own, style="plain", instructions="") == SENTENCES["plain"]
    assert system_prompt(own, style="") == "結論から。"
    assert (sentence_of(own), sentence_of(own, style="")) == (SENTENCES["dearu"], "")
    assert sentence_of(Preferred(instructions=SENTENCES["plain"])) == "", "a person's words"
    assert system_prompt() is None
    assert system_prompt(style="unknown") is None
