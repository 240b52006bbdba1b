"""Looking at the texts of one request: what is in them, and what is done about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from jimae.errors import JimaeError
from jimae.service.personal_data import detect
from jimae.service.personal_data.found import Found, Kind
from jimae.service.policy.masking import Masker, Restorer, Values, same
from jimae.service.policy.placeholders import LABELS
from jimae.service.policy.rules import Action, Treatments, action_for
from jimae.service.policy.words import Word, prohibited

FindingKind = Kind | Literal["prohibited_word"]


@dataclass(frozen=True)
class Finding:
    """How many of a kind there were, and what was done. Never what they were."""

    kind: FindingKind
    count: int
    action: Action


class Piece(NamedTuple):
    """A text of a request. What is `fixed` can be looked at and not changed. Each `prompt` of
    a request has placeholders of its own."""

    text: str
    fixed: bool = False
    prompt: int = 0


def pieces(texts: Iterable[str], prompt: int = 0) -> list[Piece]:
    return [Piece(text, prompt=prompt) for text in texts]


class Seen(NamedTuple):
    """A finding at its place in a text, and what is done with it."""

    found: Found
    action: Action


@dataclass(frozen=True)
class Looked:
    """Texts that may be sent: as many as were given, some with placeholders in them.

    `findings` is for the record and for people; values are in here, and nowhere else.
    """

    findings: tuple[Finding, ...]
    texts: tuple[str, ...] = field(repr=False)
    values: Mapping[int, Values] = field(repr=False, default_factory=dict)

    def restorer(self, prompt: int = 0) -> Restorer:
        """One for each text that a model writes about a prompt."""
        return Restorer(self.values.get(prompt, {}))


def seen(text: str, holding: Treatments) -> list[Seen]:
    """What of a text is not ignored, in the order of the text."""
    return [one for one in _judged(text, holding) if one.action != "ignore"]


def look(asked: Sequence[Piece], holding: Treatments, words: Sequence[Word]) -> Looked:
    """Raises `Refused`."""
    texts = [piece.text for piece in asked]
    by_word = [word for text in texts for word in prohibited(text, words)]
    judged = _masked_alike(texts, [_judged(text, holding) for text in texts])
    by_text = [
        _refused_for_mask(some) if piece.fixed else some
        for piece, some in zip(asked, judged, strict=True)
    ]
    findings = _counted(by_word, by_text)
    if (word := next((word for word in by_word if word.action == "refuse"), None)) is not None:
        raise Refused(JimaeError("prohibited_word", word=word.word), findings)
    refused = dict.fromkeys(
        one.found.kind for some in by_text for one in some if one.action == "refuse"
    )
    if refused:
        kinds = ", ".join(f"{kind} ({LABELS[kind]})" for kind in refused)
        raise Refused(JimaeError("personal_data_refused", kinds=kinds), findings)
    if not any(one.action == "mask" for some in by_text for one in some):
        return Looked(findings, tuple(texts))
    by_prompt: dict[int, list[str]] = {}
    for piece in asked:
        by_prompt.setdefault(piece.prompt, []).append(piece.text)
    maskers = {prompt: Masker(own) for prompt, own in by_prompt.items()}
    masked = tuple(
        maskers[piece.prompt].mask(piece.text, [one.found for one in some if one.action == "mask"])
        for piece, some in zip(asked, by_text, strict=True)
    )
    values = {prompt: masker.values for prompt, masker in maskers.items() if masker.values}
    return Looked(findings, masked, values)


def _judged(text: str, holding: Treatments) -> list[Seen]:
    return [Seen(one, action_for(holding, one.kind, one.confidence)) for one in detect.find(text)]


def _refused_for_mask(some: list[Seen]) -> list[Seen]:
    """What should be masked where nothing can be."""
    return [one._replace(action="refuse") if one.action == "mask" else one for one in some]


def _masked_alike(texts: Sequence[str], by_text: Sequence[list[Seen]]) -> list[list[Seen]]:
    """With what is masked in one place masked wherever it is: a number that words name in one
    message stands by itself in the next. Without what is ignored."""

    def value(text: str, found: Found) -> tuple[Kind, str]:
        return found.kind, same(found.kind, text[found.start : found.end])

    secret = {
        value(text, one.found)
        for text, some in zip(texts, by_text, strict=True)
        for one in some
        if one.action == "mask"
    }
    alike = (
        [
            [
                one._replace(action="mask")
                if one.action in ("ignore", "warn") and value(text, one.found) in secret
                else one
                for one in some
            ]
            for text, some in zip(texts, by_text, strict=True)
        ]
        if secret
        else by_text
    )
    return [[one for one in some if one.action != "ignore"] for some in alike]


class Refused(Exception):  # noqa: N818 (it is told as the error that it holds)
    """Texts that may not be sent."""

    def __init__(self, error: JimaeError, findings: tuple[Finding, ...]) -> None:
        super().__init__(str(error))
        self.error = error
        self.findings = findings


def _counted(words: Sequence[Word], seen: Sequence[Sequence[Seen]]) -> tuple[Finding, ...]:
    counts: Counter[tuple[FindingKind, Action]] = Counter()
    counts.update(("prohibited_word", word.action) for word in words)
    counts.update((one.found.kind, one.action) for some in seen for one in some)
    return tuple(Finding(kind, count, action) for (kind, action), count in sorted(counts.items()))


LARGE: Final = 8_000
"""Characters from which on looking takes so long that it is done in a thread."""
