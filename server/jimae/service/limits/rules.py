"""What may be limited, for whom, and which limits apply to a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from jimae.service.caller import Caller
from jimae.service.limits.hours import Window

Kind = Literal["everybody", "group", "account", "key"]
Count = Literal["tokens_per_day", "tokens_per_month", "requests_per_minute", "answers_at_once"]
# What a page's numbers can hold; and what is kept in memory of each minute.
RANGES: Final[dict[Count, tuple[int, int]]] = {
    "tokens_per_day": (0, 2**53 - 1),
    "tokens_per_month": (0, 2**53 - 1),
    "requests_per_minute": (1, 100_000),
    "answers_at_once": (1, 10_000),
}


class Subject(NamedTuple):
    """Whose use is limited. The id of `everybody` is `everybody`."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        """`everybody`, `group:ID`."""
        return self.kind if self.kind == "everybody" else f"{self.kind}:{self.id}"


EVERYBODY: Final = Subject("everybody", "everybody")


class Rules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The limits of one subject; None does not limit.

    Tokens are those of prompts and answers together, by the days and months of the server's
    time zone. `models` are those that may be asked; `hours` when.
    """

    tokens_per_day: int | None = None
    tokens_per_month: int | None = None
    requests_per_minute: int | None = None
    answers_at_once: int | None = None
    models: tuple[str, ...] | None = None
    hours: tuple[Window, ...] | None = None


NONE: Final = Rules()


class Kept(NamedTuple):
    """The rules of a subject and its name, as people know it."""

    rules: Rules
    name: str


class Applied(NamedTuple):
    """Rules that a request has to keep to, with whose use counts against them."""

    subject: Subject
    name: str
    rules: Rules


def applied(caller: Caller, kept: Mapping[Subject, Kept]) -> list[Applied]:
    """Every rule for a caller; the strictest holds.

    What is set for everybody is each person's own, unless that person has another. A group is
    counted together, and is the one that its member works in.
    """
    account = Subject("account", caller.id)
    own = _filled(_rules(kept, account), _rules(kept, EVERYBODY))
    found = [Applied(account, caller.name, own)]
    if caller.group is not None:
        group = Subject("group", caller.group)
        if group in kept:
            found.append(Applied(group, kept[group].name, kept[group].rules))
    if caller.key is not None:
        key = Subject("key", caller.key.id)
        rules = _rules(kept, key)
        if caller.key.models:
            rules = msgspec.structs.replace(rules, models=_both(rules.models, caller.key.models))
        found.append(Applied(key, caller.key.name, rules))
    return [one for one in found if one.rules != NONE]


def _rules(kept: Mapping[Subject, Kept], subject: Subject) -> Rules:
    return kept[subject].rules if subject in kept else NONE


def _filled(own: Rules, default: Rules) -> Rules:
    """What a person has, with what is set for everybody where they have nothing."""
    given = {name: getattr(own, name) for name in own.__struct_fields__}
    return msgspec.structs.replace(
        default, **{name: value for name, value in given.items() if value is not None}
    )


def _both(first: tuple[str, ...] | None, second: tuple[str, ...]) -> tuple[str, ...]:
    return second if first is None else tuple(name for name in second if name in first)
