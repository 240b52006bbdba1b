"""Which rules hold for somebody, and what they do with a finding.

For each kind of data, the rules that administrators set for the groups of a person hold, or
else that for everybody, or else the one the server comes with. Of several groups the strictest
holds, since which group somebody works in is for themselves to say. What managers set for
their groups is added, so it can only be stricter. For models that are not trusted, rules of
their own are added in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, get_args

from jimae.service.personal_data.found import KINDS, Confidence, Kind, sure_enough
from jimae.store.policy_tables import EVERYBODY

Action = Literal["ignore", "warn", "mask", "refuse"]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
"""From the loosest to the strictest."""
Models = Literal["any", "untrusted"]
Level = Literal["admin", "manager"]


class Treatment(NamedTuple):
    """What is done with findings that are at least as sure as this."""

    action: Action
    confidence: Confidence


class Rule(NamedTuple):
    id: str
    owner: str
    kind: Kind
    models: Models
    level: Level
    treatment: Treatment


WARN: Final = Treatment("warn", "medium")
# What identifies a company is public, and a name is in every letter.
DEFAULTS: Final[Mapping[Kind, Treatment]] = {
    **dict.fromkeys(KINDS, WARN),
    "corporate_number": Treatment("ignore", "high"),
    "name": Treatment("ignore", "high"),
}
"""Without a rule: tell people, and stop nobody."""

Treatments = Mapping[Kind, tuple[Treatment, ...]]


def treatments(rules: Iterable[Rule], groups: Sequence[str], trusted: bool) -> Treatments:
    """All that holds for members of these groups who ask a model that is trusted, or not."""
    table = {(rule.kind, rule.models, rule.level, rule.owner): rule.treatment for rule in rules}

    def holding(kind: Kind, models: Models) -> list[Treatment]:
        def of(level: Level, owners: Iterable[str]) -> list[Treatment]:
            keys = ((kind, models, level, owner) for owner in owners)
            return [table[key] for key in keys if key in table]

        default = [DEFAULTS[kind]] if models == "any" else []
        set_down = of("admin", groups) or of("admin", [EVERYBODY]) or default
        return set_down + of("manager", groups)

    return {
        kind: (*holding(kind, "any"), *([] if trusted else holding(kind, "untrusted")))
        for kind in KINDS
    }


def action_for(holding: Treatments, kind: Kind, confidence: Confidence) -> Action:
    """The strictest action for a finding."""
    actions = [
        treatment.action
        for treatment in holding[kind]
        if sure_enough(confidence, treatment.confidence)
    ]
    return max(actions, key=ACTIONS.index, default="ignore")
