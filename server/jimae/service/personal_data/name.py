"""Names of people, where a form or a title says that they are one.

A name by itself is not told from other words here: that takes a model of the language. Found is
what follows a label (氏名: 山田太郎), and a common surname before a title (山田様, 佐藤花子さん).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from jimae.service.personal_data.folding import Folded
from jimae.service.personal_data.found import Found

# Some of the most frequent surnames of Japan; a third or more of all people have one of these.
SURNAMES: Final = tuple((files(__package__) / "surnames.txt").read_text(encoding="utf-8").split())
_KANJI: Final = "一-龥々ヶ"
_GIVEN: Final = f"(?: ?(?:[{_KANJI}]{{1,3}}|[ぁ-ん]{{2,4}}|[ァ-ヴー]{{2,5}}))"
_SURNAME: Final = "(?:" + "|".join(sorted(SURNAMES, key=len, reverse=True)) + ")"
_TITLE: Final = (
    "(?:様|さま|さん|殿|氏|君|くん|ちゃん|先生|教授|医師|弁護士|税理士|議員|市長|町長|村長|知事"
    "|部長|次長|課長|係長|主任|主査|主事|室長|所長|局長|社長|会長|専務|常務|店長|校長|教諭)"
)
TITLED: Final = re.compile(rf"(?P<surname>{_SURNAME})(?P<given>{_GIVEN}?)(?P<title>{_TITLE})")
INSIDE: Final = re.compile(rf"[{_KANJI}ァ-ヴー]")
LABELLED: Final = re.compile(
    r"(?:氏名|お名前|姓名|名前|名義人?|申請者名?|申込者名?|担当者名?|契約者名?|患者名|利用者名"
    r"|世帯主名?|受取人|保護者名?|代表者名?|被保険者名?|会員名|宛名|記入者|届出人|本人)"
    rf" ?[:|\t=] ?(?P<name>[{_KANJI}]{{1,4}} ?[{_KANJI}ぁ-んァ-ヴー]{{1,5}}"
    r"|[ァ-ヴー]{2,6} [ァ-ヴー]{2,6})"
    rf"(?![{_KANJI}ァ-ヴー])"
)
# What stands in a form for a name that is not there.
NOBODY: Final = re.compile(
    r"未定|未入力|未記入|本人|代理|別紙|別添|同上|不明|上記|下記|該当|必須|空欄|省略|全員|なし"
    r"|生年|住所|電話|性別|年齢|所属|部署|役職|連絡|番号|フリガナ|ふりがな|メール|備考"
)
# What begins like a surname with a title, and is a word.
WORDS: Final = re.compile(
    r"関(?:係|連)|森(?:林|様)|原(?:則|様)|東(?:京|西|北|部|氏)|堀|辻|千葉(?:市|知)|福島知|石川知|宮崎知"
)


def find(text: Folded) -> Iterator[Found]:
    for match in LABELLED.finditer(text.narrow):
        if NOBODY.match(match["name"]):
            continue
        yield Found("name", *match.span("name"), "high", ("context",))
    for match in TITLED.finditer(text.narrow):
        start, end = match.start(), match.start("title")
        # 大山田様 is no 山田, nor 新小川町長 a person.
        if INSIDE.match(text.narrow, max(0, start - 1), start) or WORDS.match(match[0]):
            continue
        yield Found("name", start, end, "high" if match["given"] else "medium", ("context",))
