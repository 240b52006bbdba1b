"""Numbers of bank accounts: seven digits that words say are one, or 記号 and 番号 of ゆうちょ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jimae.service.personal_data.folding import HYPHEN, Folded
from jimae.service.personal_data.found import Found
from jimae.service.personal_data.nearby import header_of

PATTERN: Final = re.compile(
    r"[0-9](?<![0-9A-Za-z_.¥-][0-9])(?<![0-9]ー[0-9])(?<![0-9],[0-9])[0-9]{5,7}(?![0-9A-Za-z_/-])(?!ー[0-9])(?![.,][0-9])"
    r"(?![円件個名人台枚本冊通%年月日])"
)
YUCHO: Final = re.compile(
    rf"記号[ :はが]{{0,3}}(?P<number>1[0-9]{{4}}(?:{HYPHEN}[0-9])?[ 、,]{{0,3}}"
    r"番号[ :はが]{0,3}[0-9]{2,8})(?![0-9])"
)
# What stands right before the number.
ACCOUNT: Final = re.compile(
    r"(?:口座(?:番号)?|(?:普通|当座|貯蓄)(?:預金)?|[(](?:普|当|貯)[)])"
    r"(?:番号|No|№|[ :=/|\t.,、()はがの]){0,6}\Z",
    re.IGNORECASE,
)
BANK: Final = re.compile(r"銀行|信用金庫|信金|信用組合|信組|労働金庫|農協|JA|支店|本店|出張所|口座")
BEFORE: Final = 20
AROUND: Final = 60


def find(text: Folded) -> Iterator[Found]:
    for match in YUCHO.finditer(text.narrow):
        yield Found("bank_account", *match.span("number"), "high", ("shape", "context"))
    for match in PATTERN.finditer(text.narrow):
        start, end = match.span()
        said = ACCOUNT.search(text.narrow, max(0, start - BEFORE), start)
        if said is not None:
            sure = BANK.search(text.narrow, max(0, start - AROUND), end + BEFORE)
            yield Found("bank_account", start, end, "high" if sure else "medium", ("context",))
        elif end - start == 7 and "口座番号" in header_of(text.narrow, start):
            yield Found("bank_account", start, end, "medium", ("weak_context",))
