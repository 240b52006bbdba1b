"""What a detector tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, Protocol, get_args

from jimae.service.personal_data.folding import Folded

Kind = Literal[
    "my_number",
    "card",
    "residence_card",
    "passport",
    "bank_account",
    "phone",
    "mail",
    "address",
    "postal_code",
    "birth_date",
    "name",
    "corporate_number",
]
"""Those that tell most of a person first: of two findings in one place, the earlier holds."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Confidence = Literal["low", "medium", "high"]
CONFIDENCES: Final[tuple[Confidence, ...]] = get_args(Confidence)

Reason = Literal["check_digit", "shape", "context", "weak_context", "other_context", "reserved"]
"""Why: a check digit is right; it is written as such data is; words nearby name it, or
suggest it; words nearby name something else; it is reserved for examples."""


class Found(NamedTuple):
    """Personal data at `text[start:end]`. Never holds the value itself."""

    kind: Kind
    start: int
    end: int
    confidence: Confidence
    why: tuple[Reason, ...]


class Detector(Protocol):
    """Finds one kind, in time linear in the length of the text."""

    def __call__(self, text: Folded, /) -> Iterator[Found]: ...


def sure_enough(confidence: Confidence, least: Confidence) -> bool:
    return CONFIDENCES.index(confidence) >= CONFIDENCES.index(least)
