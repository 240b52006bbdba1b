"""What is laid down, as it stands in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jimae.service.personal_data.found import Confidence, Kind
from jimae.service.policy.rules import (
    Action,
    Level,
    Models,
    Rule,
    Treatment,
    Treatments,
    treatments,
)
from jimae.service.policy.words import Word, WordAction
from jimae.store.policy_tables import EVERYBODY, PolicyRule, PolicyText, PolicyWord, TrustedModel

TURN: Final = "policy"
"""What those take turns at who change it."""


@dataclass(frozen=True)
class Book:
    """`version` is that of the text of use in force; 0 if none was published."""

    version: int
    rules: tuple[Rule, ...]
    words: tuple[Word, ...]
    trusted: frozenset[str]

    def treatments(self, groups: Sequence[str], model: str) -> Treatments:
        return treatments(self.rules, groups, model in self.trusted)

    def words_for(self, groups: Sequence[str]) -> list[Word]:
        return [word for word in self.words if word.owner in (EVERYBODY, *groups)]


def read(session: Session) -> Book:
    rules = select(PolicyRule).order_by(PolicyRule.created_at, PolicyRule.id)
    words = select(PolicyWord).order_by(PolicyWord.created_at, PolicyWord.id)
    return Book(
        version=current_version(session),
        rules=tuple(map(rule_of, session.scalars(rules))),
        words=tuple(map(word_of, session.scalars(words))),
        trusted=frozenset(session.scalars(select(TrustedModel.model))),
    )


def current_version(session: Session) -> int:
    return session.scalar(select(func.max(PolicyText.version))) or 0


def rule_of(row: PolicyRule) -> Rule:
    treatment = Treatment(cast(Action, row.action), cast(Confidence, row.confidence))
    kind, models, level = cast(Kind, row.kind), cast(Models, row.models), cast(Level, row.level)
    return Rule(row.id, row.owner, kind, models, level, treatment)


def word_of(row: PolicyWord) -> Word:
    return Word(row.id, row.owner, row.word, row.folded, row.level, cast(WordAction, row.action))
