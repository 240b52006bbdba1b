"""Which rule holds, which word is found, and how findings are told."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.service.policy.looking import Finding
from jimae.service.policy.rules import (
    ACTIONS,
    Action,
    Level,
    Models,
    Rule,
    Treatment,
    action_for,
    treatments,
)
from jimae.service.policy.telling import header
from jimae.service.policy.words import GAP, contains, fold
from jimae.store.policy_tables import EVERYBODY


def rule(
    owner: str,
    action: Action,
    *,
    models: Models = "any",
    level: Level = "admin",
    confidence: str = "medium",
) -> Rule:
    return Rule("r", owner, "phone", models, level, Treatment(action, confidence))  # type: ignore[arg-type]


def holds(rules: list[Rule], groups: tuple[str, ...] = (), *, trusted: bool = True) -> Action:
    return action_for(treatments(rules, groups, trusted), "phone", "medium")


def test_from_the_group_to_everybody_to_the_default() -> None:
    everybody, own = rule(EVERYBODY, "refuse"), rule("a", "ignore")
    assert holds([]) == "warn"
    assert holds([everybody], ("a",)) == "refuse"
    assert holds([everybody, own], ("a",)) == "ignore"
    assert holds([everybody, own], ("b",)) == "refuse"
    assert holds([everybody, own, rule("b", "mask")], ("a", "b")) == "mask"


def test_a_manager_adds_and_takes_nothing_away() -> None:
    mine = [rule("a", action, level="manager") for action in ("ignore", "refuse")]
    assert holds([rule("a", "mask"), mine[0]], ("a",)) == "mask"
    assert holds([rule("a", "mask"), mine[1]], ("a",)) == "refuse"
    assert holds([rule("a", "mask"), mine[1]], ("b",)) == "warn"


def test_models_that_are_not_trusted_have_rules_of_their_own() -> None:
    rules = [rule(EVERYBODY, "ignore"), rule(EVERYBODY, "refuse", models="untrusted")]
    assert holds(rules, trusted=True) == "ignore"
    assert holds(rules, trusted=False) == "refuse"


def test_a_rule_holds_from_its_confidence_on() -> None:
    holding = treatments([rule(EVERYBODY, "refuse", confidence="high")], (), True)
    assert action_for(holding, "phone", "high") == "refuse"
    assert action_for(holding, "phone", "medium") == "ignore"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(ACTIONS)), max_size=6))
def test_one_group_more_with_a_rule_makes_nothing_looser(rules: list[tuple[str, Action]]) -> None:
    laid = [rule(owner, action) for owner, action in dict(rules).items()]
    owners = [one.owner for one in laid]
    for count in range(1, len(owners)):
        fewer, more = holds(laid, tuple(owners[:count])), holds(laid, tuple(owners[: count + 1]))
        assert ACTIONS.index(fewer) <= ACTIONS.index(more)


@pytest.mark.parametrize(
    ("text", "word", "there"),
    [
        ("ﾌﾟﾛｼﾞｪｸﾄ暁の件", "プロジェクト暁", True),
        ("ＳＥＣＲＥＴ Plan", "secret plan", True),
        ("ぷろじぇくと", "プロジェクト", True),
        ("agenda", "NDA", False),
        ("the NDA.", "nda", True),
        ("NDA締結", "NDA", True),
        ("agenda", "*nda", True),
        ("極秘の資料", "極秘*資料", True),
        (f"極秘{'あ' * GAP}資料", "極秘*資料", True),
        (f"極秘{'あ' * (GAP + 1)}資料", "極秘*資料", False),
        (f"極秘{'あ' * 30}極秘の資料", "極秘*資料", True),
        ("資料は極秘", "極秘*資料", False),
        ("a.c", "a.c", True),
        ("abc", "a.c", False),
        ("(a+)+$", "(a+)+$", True),
        ("何もない", "*", False),
    ],
)
def test_words_however_they_are_written(text: str, word: str, there: bool) -> None:
    assert contains(fold(text), fold(word)) == there


@pytest.mark.parametrize("word", ["a*a*a*a*a*b", "aaaa", "*a*", "ああ*い"])
def test_no_word_makes_a_long_text_take_long(word: str) -> None:
    begun = time.process_time()
    contains("a" * 100_000, word)
    assert time.process_time() - begun < 5


def test_findings_are_told_in_a_header() -> None:
    findings = [Finding("phone", 2, "mask"), Finding("prohibited_word", 1, "warn")]
    assert header(findings) == "phone;count=2;action=mask, prohibited_word;count=1;action=warn"
