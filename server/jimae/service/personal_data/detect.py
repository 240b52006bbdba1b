"""Everything that is found in a text."""

from __future__ import annotations

from typing import Final

from jimae.service.personal_data import (
    address,
    bank_account,
    birth_date,
    card,
    corporate_number,
    identity_card,
    mail,
    my_number,
    name,
    phone,
)
from jimae.service.personal_data.escapes import Plain
from jimae.service.personal_data.folding import Folded
from jimae.service.personal_data.found import CONFIDENCES, KINDS, Detector, Found

DETECTORS: Final[tuple[Detector, ...]] = (
    my_number.find,
    card.find,
    identity_card.find_residence_cards,
    identity_card.find_passports,
    bank_account.find,
    phone.find,
    mail.find,
    address.find,
    address.find_postal_codes,
    birth_date.find,
    name.find,
    corporate_number.find,
)


def find(text: str) -> tuple[Found, ...]:
    """Findings in the order of the text, of which no two overlap.

    A text is read behind its escapes; places are those of the text as it is. Of findings that
    overlap, the surer one holds, then that of the earlier kind, then the longer. Takes time
    linear in the length of the text.
    """
    read = Plain(text)
    folded = Folded(read.text)
    found = [one for detector in DETECTORS for one in detector(folded)]
    return tuple(
        one._replace(start=read.place(one.start), end=read.place(one.end)) for one in _apart(found)
    )


def _apart(found: list[Found]) -> tuple[Found, ...]:
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start, one.end)):
        # Those kept are apart: one that overlaps several is weighed against each.
        rivals = 0
        while rivals < len(kept) and kept[-1 - rivals].end > one.start:
            rivals += 1
        if not rivals:
            kept.append(one)
        elif all(_weight(one) > _weight(rival) for rival in kept[-rivals:]):
            kept[-rivals:] = [one]
    return tuple(kept)


def _weight(found: Found) -> tuple[int, int, int]:
    sure = CONFIDENCES.index(found.confidence)
    return sure, -KINDS.index(found.kind), found.end - found.start
