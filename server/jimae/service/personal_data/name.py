"""Names of people, where a form or a title says that they are one.

A name by itself is not told from other words here: that takes a model of the language. Found is
what follows a label (氏名: 山田太郎), what stands in the column of a table that has one, and before
a title a common surname (山田様, 佐藤花子さん) or a name from abroad (ジョン・スミス氏).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Final

from jimae.service.personal_data.folding import Folded
from jimae.service.personal_data.found import Found, Reason

# Frequent surnames of Japan, without those that are better known as towns or as words.
SURNAMES: Final = tuple((files(__package__) / "surnames.txt").read_text(encoding="utf-8").split())
_KANJI: Final = "一-龥々ヶ"
_GIVEN: Final = f"(?: ?(?:[{_KANJI}]{{1,3}}|[ぁ-ん]{{2,4}}|[ァ-ヴー]{{2,5}}))"


def _one_of(words: Iterable[str]) -> str:
    """A pattern for any of these, the longest that fits; by their first letters, which is faster
    than to try one word after the other."""
    rests: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        rests.setdefault(word[0], []).append(word[1:])
    return "(?:" + "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in rests.items()) + ")"


_SURNAME: Final = _one_of(SURNAMES)
_TITLE: Final = (
    "(?:様|さま|さん|殿|氏|君|くん|ちゃん|先生|教授|医師|弁護士|税理士|議員|市長|町長|村長|知事"
    "|部長|次長|課長|係長|主任|主査|主事|室長|所長|局長|社長|会長|専務|常務|店長|校長|教諭)"
)
# So that mayors are called by their towns, too: 大原町長 is more often one than a 大原.
OF_A_PLACE: Final = ("市長", "町長", "村長", "知事")
TITLE: Final = re.compile(rf" ?{_TITLE}\Z")
FOREIGN: Final = re.compile(
    r"[ァ-ヴー]{2,12}(?:・[ァ-ヴー]{1,12}){1,3}(?=(?:様|さま|さん|殿|氏|君|先生|教授|医師|議員))"
)
TITLED: Final = re.compile(rf"(?P<surname>{_SURNAME})(?P<given>{_GIVEN}?)(?P<title>{_TITLE})")
INSIDE: Final = re.compile(rf"[{_KANJI}ァ-ヴー]")
_LABEL: Final = (
    "(?:氏名|お名前|姓名|名前|名義人?|申請者名?|申込者名?|担当者名?|契約者名?|患者名|利用者名"
    "|世帯主名?|受取人|保護者名?|代表者名?|被保険者名?|会員名|宛名|記入者|届出人|本人|予約者名?"
    "|面談者|同席者?|参加者名?|出席者名?)"
)
# Without a colon, only what begins like a name is one: 申請者 中村優子.
BESIDE: Final = re.compile(rf"{_LABEL} (?P<name>{_SURNAME}{_GIVEN}?)(?![{_KANJI}ァ-ヴーぁ-ん])")
HEADER: Final = re.compile(
    rf"^(?:[^\n]{{0,200}}[|,\t])? ?(?P<label>{_LABEL}) ?(?=[|,\t\n])", re.MULTILINE
)
CELL: Final = re.compile(
    rf" ?(?P<name>[{_KANJI}]{{1,4}} ?[{_KANJI}ぁ-んァ-ヴー]{{1,5}}"
    r"|[ァ-ヴー]{2,6}[ ・][ァ-ヴー]{2,6}) ?"
)
BETWEEN: Final = re.compile(r"[|,\t]")
LABELLED: Final = re.compile(
    rf"{_LABEL} ?[:|\t=] ?(?P<name>[{_KANJI}]{{1,4}} ?[{_KANJI}ぁ-んァ-ヴー]{{1,5}}"
    r"|[ァ-ヴー]{2,6} [ァ-ヴー]{2,6})"
    rf"(?![{_KANJI}ァ-ヴー])"
)
# What stands in a form for a name that is not there.
NOBODY: Final = re.compile(
    r"合計|小計|総計|平均|以下|余白|未定|未入力|未記入|本人|代理|別紙|別添|同上|不明|上記|下記|該当|必須|空欄|省略|全員|なし"
    r"|生年|住所|電話|性別|年齢|所属|部署|役職|連絡|番号|フリガナ|ふりがな|メール|備考"
)
# What begins like a surname with a title, and is a word.
WORDS: Final = re.compile(
    r"関(?:係|連)|森(?:林|様)|原(?:則|様)|東(?:京|西|北|部|氏)|堀|辻|千葉(?:市|知)|福島知|石川知|宮崎知"
)


WHY: Final[tuple[Reason, ...]] = ("context",)


def find(text: Folded) -> Iterator[Found]:
    for match in LABELLED.finditer(text.narrow):
        if NOBODY.match(match["name"]):
            continue
        start, end = match.span("name")
        title = TITLE.search(match["name"], 1)
        yield Found("name", start, end if title is None else start + title.start(), "high", WHY)
    for match in TITLED.finditer(text.narrow):
        start, end = match.start(), match.start("title")
        # 大山田様 is no 山田, nor 新小川町長 a person.
        if INSIDE.match(text.narrow, max(0, start - 1), start) or WORDS.match(match[0]):
            continue
        if match["given"]:
            yield Found("name", start, end, "high", WHY)
        elif match["title"] in OF_A_PLACE:
            yield Found("name", start, end, "low", WHY)
        else:
            yield Found("name", start, end, "medium", WHY)
    for match in FOREIGN.finditer(text.narrow):
        yield Found("name", *match.span(), "high", WHY)
    for match in BESIDE.finditer(text.narrow):
        yield Found("name", *match.span("name"), "medium", WHY)
    yield from _columns(text.narrow)


def _columns(narrow: str) -> Iterator[Found]:
    """What stands below 氏名 in a table, down to a line that is empty."""
    done = 0
    for header in HEADER.finditer(narrow):
        if header.start() < done:
            continue
        column = len(BETWEEN.findall(narrow, header.start(), header.start("label")))
        if not BETWEEN.search(narrow, header.start(), _line_end(narrow, header.start())):
            continue
        done = _line_end(narrow, header.start()) + 1
        while done < len(narrow) and (end := _line_end(narrow, done)) > done:
            yield from _cell(narrow, done, end, column)
            done = end + 1


def _cell(narrow: str, start: int, end: int, column: int) -> Iterator[Found]:
    for _ in range(column):
        between = BETWEEN.search(narrow, start, end)
        if between is None:
            return
        start = between.end()
    after = BETWEEN.search(narrow, start, end)
    cell = CELL.fullmatch(narrow, start, end if after is None else after.start())
    if cell is not None and not NOBODY.match(cell["name"]):
        yield Found("name", *cell.span("name"), "high", WHY)


def _line_end(narrow: str, start: int) -> int:
    end = narrow.find("\n", start)
    return len(narrow) if end < 0 else end
