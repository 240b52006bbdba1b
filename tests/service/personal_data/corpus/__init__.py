"""Sentences of offices, written for these tests: with ⟦kind:value⟧ around personal data in
`positive.txt`, and none in `negative.txt`. `~` is a line break. All of it is made up.

Those in `held_out_*.txt` were written later, to see how well others are found; what they showed
to be missed was mended after that was counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from jimae.service.personal_data.found import Found, sure_enough

HERE = Path(__file__).parent
MARK = re.compile("⟦([a-z_]+):([^⟧]*)⟧")

Find = Callable[[str], Iterable[Found]]
Span = tuple[str, int, int]


class Sentence(NamedTuple):
    text: str
    spans: frozenset[Span]


class Score(NamedTuple):
    """Of one kind: how many there are, were rightly found, and wrongly."""

    there: int
    right: int
    wrong: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.there if self.there else 1.0


def sentences(name: str) -> Iterator[Sentence]:
    for line in (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        text, spans, end = "", set(), 0
        for mark in MARK.finditer(line):
            text += line[end : mark.start()]
            spans.add((mark[1], len(text), len(text) + len(mark[2])))
            text, end = text + mark[2], mark.end()
        yield Sentence((text + line[end:]).replace("~", "\n"), frozenset(spans))


def scores(find: Find, *names: str) -> dict[str, Score]:
    """By kind in these files, or in the two of the corpus, of what is found with at least medium
    confidence. A span that is wrong by one character is wrong, and the right one is missing."""
    there: Counter[str] = Counter()
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    files = names or ("positive", "negative")
    for sentence in (sentence for name in files for sentence in sentences(name)):
        there.update(kind for kind, _, _ in sentence.spans)
        for one in find(sentence.text):
            if sure_enough(one.confidence, "medium"):
                hit = (one.kind, one.start, one.end) in sentence.spans
                (right if hit else wrong)[one.kind] += 1
    kinds = sorted(there.keys() | wrong.keys())
    return {kind: Score(there[kind], right[kind], wrong[kind]) for kind in kinds}


def table(found: dict[str, Score]) -> str:
    """The table of docs/policy.md."""
    lines = ["| kind | in the corpus | precision | recall |", "| --- | ---: | ---: | ---: |"]
    for kind, score in found.items():
        lines.append(f"| `{kind}` | {score.there} | {score.precision:.2f} | {score.recall:.2f} |")
    return "\n".join(lines)
