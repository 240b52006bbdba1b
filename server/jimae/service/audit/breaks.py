"""What a check of the log can find, and how it is told."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from jimae.errors import Language

Kind = Literal[
    "altered",
    "mislabelled",
    "unlinked",
    "missing",
    "disordered",
    "removed",
    "rewritten",
    "truncated",
    "head",
    "content_altered",
    "content_gone",
    "forged",
    "stranger",
    "unreadable",
    "incomplete",
]

TEXTS: Final[dict[Kind, tuple[str, str]]] = {
    "altered": (
        "{records}: changed. What is written there does not give the digest.",
        "{records}: 改変されています。内容がダイジェストと一致しません。",
    ),
    "mislabelled": (
        "{records}: the columns by which it is searched do not say what the record says.",
        "{records}: 検索用の列が記録の内容と一致しません。",
    ),
    "unlinked": (
        "{records}: does not follow the record before it. Something was changed, put in, "
        "swapped or taken out here.",
        "{records}: 直前の記録とつながりません。ここで改変・挿入・入れ替え・削除がありました。",
    ),
    "missing": ("{records}: not there.", "{records}: ありません。"),
    "disordered": (
        "{records}: stands in a place that is not its own, or twice.",
        "{records}: 順序が違うか、重複しています。",
    ),
    "removed": (
        "{records}: taken out, and no certificate says so.",
        "{records}: 証明書のない削除です。",
    ),
    "rewritten": (
        "{records}: not what was signed. The checkpoint at its end has another hash.",
        "{records}: 署名された内容と異なります。末尾のチェックポイントのハッシュと一致しません。",
    ),
    "truncated": (
        "{records}: cut off. A signed checkpoint says that the log went that far.",
        "{records}: 切り落とされています。署名済みのチェックポイントはそこまで続いています。",
    ),
    "head": (
        "{records}: the end of the log as it is noted is another one than its last record.",
        "{records}: 記録されている末尾が、最後の記録と一致しません。",
    ),
    "content_altered": (
        "{records}: the content is not what was recorded.",
        "{records}: 本文が記録時のものと異なります。",
    ),
    "content_gone": (
        "{records}: the content is gone, and no certificate says so.",
        "{records}: 本文が証明書なしに削除されています。",
    ),
    "forged": (
        "{records}: a {detail} about it has a false signature.",
        "{records}: {detail} の署名が正しくありません。",
    ),
    "stranger": (
        "{records}: a {detail}, which is not the key of this log.",
        "{records}: {detail}。このログの鍵ではありません。",
    ),
    "unreadable": ("{records}: cannot be read: {detail}.", "{records}: 読めません: {detail}。"),
    "incomplete": ("{records}: {detail}.", "{records}: {detail}。"),
}


class Break(msgspec.Struct):
    """Something wrong with the records from `first` to `last`."""

    kind: Kind
    first: int
    last: int
    detail: str = ""

    def message(self, language: Language) -> str:
        one = self.first == self.last
        if language == "ja":
            records = f"記録 {self.first}" + ("" if one else f"〜{self.last}")
            return TEXTS[self.kind][1].format(records=records, detail=self.detail)
        records = f"record {self.first}" if one else f"records {self.first} to {self.last}"
        return TEXTS[self.kind][0].format(records=records, detail=self.detail)


class Breaks:
    """Those found so far, in the order of their finding; neighbours of a kind are one."""

    def __init__(self) -> None:
        self.found: list[Break] = []

    def add(self, kind: Kind, first: int, last: int | None = None, detail: str = "") -> None:
        last = first if last is None else last
        before = self.found[-1] if self.found else None
        if before and (before.kind, before.detail, before.last + 1) == (kind, detail, first):
            before.last = last
        else:
            self.found.append(Break(kind, first, last, detail))
