"""Addresses of e-mail."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Final

from jimae.service.personal_data.folding import Folded
from jimae.service.personal_data.found import Found

# Found from the @ on: a pattern that begins with the part before it would try every letter.
DOMAIN: Final = re.compile(
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])"
)
LOCAL: Final = string.ascii_letters + string.digits + "._%+-'!#$&*/=?^`{|}~"
LONGEST_LOCAL: Final = 64
# RFC 2606 and 6761.
RESERVED: Final = re.compile(
    r"(?:[@.]example(?:\.(?:com|net|org|jp|co\.jp|ne\.jp|or\.jp))?|\.(?:test|invalid|localhost))\Z",
    re.IGNORECASE,
)


def find(text: Folded) -> Iterator[Found]:
    last = 0
    for match in DOMAIN.finditer(text.narrow):
        at = match.start()
        before = text.narrow[max(last, at - LONGEST_LOCAL) : at]
        local = before[len(before.rstrip(LOCAL)) :].lstrip("._%+-'!#$&*/=?^`{|}~")
        if not local or local.endswith("."):
            continue
        last = match.end()
        if RESERVED.search(match[0]):
            yield Found("mail", at - len(local), last, "low", ("shape", "reserved"))
        else:
            yield Found("mail", at - len(local), last, "high", ("shape",))
