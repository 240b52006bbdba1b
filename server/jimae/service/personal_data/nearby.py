"""Words near a number that say what it is."""

from __future__ import annotations

import re
from typing import Final, Literal

from jimae.service.personal_data.folding import Folded

BEFORE: Final = 40
AFTER: Final = 16
# How far is looked back, in characters: for the beginning of a row, and for that of its table.
LONGEST_ROW: Final = 1000
LONGEST_TABLE: Final = 4000
LONGEST_HEADER: Final = 400
_COLUMNS: Final = re.compile(r"[\t,|]| {2}")

Says = Literal["names", "suggests", "other", "nothing"]

OTHER: Final = re.compile(
    r"(?:注文|受注|発注|伝票|送り状|管理|受付|請求書?|見積書?|納品書?|契約|会員|顧客|お客様|客先|追跡"
    r"|問い?合わ?せ|整理|証券|製造|商品|製品|部品|図面|文書|稟議|案件|予約|申込|チケット|社員|職員|学籍"
    r"|機器|資産|備品|取引|処理|ロット|シリアル|バーコード|アカウント|プロジェクト|ジョブ|リクエスト"
    r"|トランザクション|メーター|検針|供給地点特定|基礎年金|免許証?|保険者|被保険者|領収書?|認証|登録)"
    r"(?:の)?(?:番号|No\b|№|コード|ID|ナンバー)"
    r"|品番|型番|型式|品目|製番|JAN|ISBN|ISSN|SKU|EAN|IMEI|GTIN|UUID|ロット|シリアル"
    r"|(?i:order|invoice|serial|tracking|account|request|ticket|item|part|lot)[ _]?"
    r"(?i:no|number|id|#|code)|(?i:timestamp)"
)
"""Names of numbers that are nobody's."""


class Nearby:
    """Words that name a kind of data, and words that only suggest it."""

    def __init__(self, names: str, suggests: str | None = None) -> None:
        self._names = re.compile(names, re.IGNORECASE)
        self._suggests = None if suggests is None else re.compile(suggests, re.IGNORECASE)

    def says(self, text: Folded, start: int, end: int) -> Says:
        """What the words around `start:end` say; of several before it, the nearest holds."""
        before = text.narrow[max(0, start - BEFORE) : start]
        named, other = _last(self._names, before), _last(OTHER, before)
        if other > named:
            return "other"
        if named >= 0:
            return "names"
        after = text.narrow[end : end + AFTER].partition("\n")[0]
        around = f"{before}\n{after}\n{header_of(text.narrow, start)}"
        if self._names.search(around):
            return "names"
        if self._suggests is not None and self._suggests.search(around):
            return "suggests"
        return "nothing"


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Where the last match ends; -1 without one."""
    return max((match.end() for match in pattern.finditer(text)), default=-1)


def header_of(text: str, start: int) -> str:
    """The first line of the table that a row is in: a block of lines without a blank one."""
    row = text.rfind("\n", max(0, start - LONGEST_ROW), start) + 1
    if row == 0 or not _COLUMNS.search(text, row, start):
        return ""
    top = text.rfind("\n\n", max(0, row - LONGEST_TABLE), row)
    top = top + 2 if top >= 0 else max(0, row - LONGEST_TABLE)
    return text[top : min(row, top + LONGEST_HEADER)].partition("\n")[0]
