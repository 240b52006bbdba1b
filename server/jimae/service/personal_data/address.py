"""Postal codes, and addresses of Japan down to a number of a block or a house.

A place without a number is a place, and nobody's address. Found from the number backwards:
the number is rare, and what stands before it is short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jimae.service.personal_data.folding import HYPHEN, Folded
from jimae.service.personal_data.found import Confidence, Found, Reason
from jimae.service.personal_data.nearby import Nearby

PREFECTURES: Final = (
    "北海道|青森県|岩手県|宮城県|秋田県|山形県|福島県|茨城県|栃木県|群馬県|埼玉県|千葉県|東京都"
    "|神奈川県|新潟県|富山県|石川県|福井県|山梨県|長野県|岐阜県|静岡県|愛知県|三重県|滋賀県|京都府"
    "|大阪府|兵庫県|奈良県|和歌山県|鳥取県|島根県|岡山県|広島県|山口県|徳島県|香川県|愛媛県|高知県"
    "|福岡県|佐賀県|長崎県|熊本県|大分県|宮崎県|鹿児島県|沖縄県"
)
# Towns with a kana in their names that would otherwise look like words of a sentence.
KANA_TOWNS: Final = (
    "さいたま|つくばみらい|つくば|いわき|ひたちなか|うるま|あわら|かほく|えびの|にかほ|みやま|みやこ"
    "|むつ|たつの|あま|みよし|さくら|みどり|ふじみ野|いすみ|かすみがうら|つがる|うきは|おいらせ|いちき串木野"
    "|あきる野|おおい|かつらぎ|いなべ|せたな|むかわ|ときがわ|まんのう|つるぎ|東かがわ|南あわじ|南さつま"
)
_KANJI: Final = "一-龥々〆"
_NUMBER: Final = "(?:[0-9]{1,5}|[一二三四五六七八九十]{1,3})"
_JOIN: Final = f"(?:丁目|番地の?|番|{HYPHEN}|の)"
TAIL: Final = re.compile(
    rf"(?:[0-9](?<![0-9A-Za-z.,¥/-][0-9])(?<![0-9]ー[0-9])[0-9]{{0,4}}|[一二三四五六七八九十]{{1,3}}(?=丁目))"
    rf"(?:{_JOIN} ?{_NUMBER}(?![0-9A-Za-z])){{0,4}}(?:丁目|番地|番|号)?(?![0-9.,%円年月日時条項章])"
)
_MUNICIPALITY: Final = (
    rf"(?P<municipality>(?:{KANA_TOWNS}|[{_KANJI}]{{1,3}}[ヶケが][{_KANJI}]{{1,3}}"
    rf"|[{_KANJI}ァ-ヴー]{{1,6}}?)(?<!都)[市区町村郡]"
    rf"(?:(?:{KANA_TOWNS}|[{_KANJI}ァ-ヴー]{{1,5}}?)[区町村])?)"
)
_TOWN: Final = (
    rf" ?(?P<town>(?:[{_KANJI}ァ-ヴーヶケ]|(?<=[{_KANJI}])[がのつノ](?=[{_KANJI}])"
    rf"|[ぁ-ん]{{2,6}}(?=[{_KANJI}]|\Z| \Z)){{0,12}}) ?\Z"
)
IN_PREFECTURE: Final = re.compile(rf"(?:{PREFECTURES}) ?{_MUNICIPALITY}{_TOWN}")
PLACE: Final = re.compile(_MUNICIPALITY + _TOWN)
BUILDING: Final = re.compile(
    rf"[ 、,]?[{_KANJI}ァ-ヴーぁ-んA-Za-z・]{{2,20}} ?"
    rf"(?:[A-Z]?{HYPHEN}?[0-9]{{1,4}}(?:号[室館]|号|階|F)|[0-9]{{3,4}}(?![0-9円年月-]))"
    rf"|{HYPHEN}[0-9]{{1,4}}(?:号室)?"
)
MENTIONED: Final = Nearby(
    r"住所|所在地|居所|自宅|在住|転居|転入|転出|引っ?越|送付先|お?届け?先|配送先|本籍|住まい|お住い|宛先"
)
WRITTEN: Final = re.compile(
    rf"(?:.?[{_KANJI}ァ-ヴーヶケぁ-ん]|[{_KANJI}ァ-ヴーヶケぁ-ん] )\Z", re.DOTALL
)
NUMBERS: Final = re.compile(_NUMBER)
WARD: Final = re.compile(f"(?:市.{{1,5}}区|郡.{{1,5}}[町村]|(?:{KANA_TOWNS})[市町])\\Z")
LONGEST: Final = 40

POSTAL: Final = re.compile(
    rf"〒 ?[0-9]{{3}}{HYPHEN}?[0-9]{{4}}(?![0-9])"
    rf"|[0-9](?<![0-9A-Za-z_/.+-][0-9])(?<![0-9]ー[0-9])[0-9]{{2}}{HYPHEN}[0-9]{{4}}(?![0-9A-Za-z_/-])(?!ー[0-9])"
)
LABELLED: Final = re.compile(
    r"(?:郵便番号|〒|(?i:zip|postal)[ -]?(?:code|No)?)[ :|\t()はが]{0,5}\Z"
)
FOLLOWED: Final = re.compile(
    rf"[ \n),|\t]{{0,3}}(?:住所:? ?)?(?:{PREFECTURES}|[{_KANJI}]{{1,4}}[市区郡])"
)


def find(text: Folded) -> Iterator[Found]:
    narrow, last = text.narrow, 0
    for match in TAIL.finditer(narrow):
        start = match.start()
        if start < last or not WRITTEN.match(narrow, max(0, start - 2), start):
            continue
        # On this line, and not in the address before.
        line = narrow.rfind("\n", max(last, start - LONGEST), start) + 1
        begin = line or max(last, start - LONGEST)
        within = IN_PREFECTURE.search(narrow, begin, start)
        place = within or PLACE.search(narrow, begin, start)
        if place is None:
            continue
        judged = _judged(text, place, match[0], within is not None)
        if judged is None:
            continue
        building = BUILDING.match(narrow, match.end())
        last = match.end() if building is None else building.end()
        yield Found("address", place.start(), last, *judged)


def _judged(
    text: Folded, place: re.Match[str], tail: str, in_prefecture: bool
) -> tuple[Confidence, tuple[Reason, ...]] | None:
    numbers = len(NUMBERS.findall(tail))
    whole = numbers > 1 or tail.endswith(("丁目", "番地", "番", "号"))
    if in_prefecture and (whole or place["town"]):
        return "high" if whole else "medium", ("shape",)
    if whole and MENTIONED.says(text, place.start(), place.end()) == "names":
        return "high", ("shape", "context")
    # 都市計画3-4 is no address in 都市: there has to be more that only addresses have.
    sure = "丁目" in tail or "番地" in tail or WARD.search(place["municipality"]) is not None
    if sure or (numbers > 2 and place["town"]):
        return "medium", ("shape",)
    return ("low", ("shape",)) if numbers > 1 and place["town"] else None


def find_postal_codes(text: Folded) -> Iterator[Found]:
    for match in POSTAL.finditer(text.narrow):
        start, end = match.span()
        if match[0].startswith("〒") or LABELLED.search(text.narrow, max(0, start - 20), start):
            yield Found("postal_code", start, end, "high", ("context",))
        elif FOLLOWED.match(text.narrow, end):
            yield Found("postal_code", start, end, "high", ("shape", "context"))
        else:
            yield Found("postal_code", start, end, "low", ("shape",))
