"""Proving an export of JSON lines by itself: without the server, its database or its keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from jimae.errors import JimaeError
from jimae.service.audit.breaks import Break
from jimae.service.audit.canonical import canonical
from jimae.service.audit.proof import CERTIFICATE, CHECKPOINT, Entry, Proof, Report, State
from jimae.service.audit.sealing import commitment_of
from jimae.service.audit.signing import Statement

ENTRIES: Final[dict[str, State]] = {
    "record": "here",
    "removed": "removed",
    "left_out": "left_out",
}

_PLACE: Final = frozenset({"type", "seq", "digest"})
_NAMES: Final = {
    "record": _PLACE | {"previous", "hash", "record", "content", "content_error"},
    "removed": _PLACE,
    "left_out": _PLACE,
}
"""What a line may hold: under another name, a content would pass for one that is not told."""


def verify_export(lines: Iterable[str], keys: Sequence[str] = ()) -> Report:
    """Check every line: it is read twice, so `lines` can be gone through again.

    Raises `audit_no_export` for what is no export at all.
    """
    header = _header(lines)
    told = list(_statements(lines))
    first, last = header["first"], header["last"]
    proof = Proof(
        checkpoints=[one for one in told if one.get("type") == CHECKPOINT],
        keys=keys,
        first=first,
        previous=header["previous"],
    )
    counts = dict.fromkeys(ENTRIES, 0)
    seen, ended = first - 1, False
    for number, line in enumerate(lines, 1):
        value = _read(line)
        kind = None if value is None else value.get("type")
        after_end, ended = ended, False
        if kind in ENTRIES and value is not None:
            counts[kind] += 1
            seen = _take(proof, value, seen)
        elif kind == "end":
            ended = not after_end and value == {"type": "end", "v": header["v"], **counts}
        elif kind not in (CHECKPOINT, CERTIFICATE) and not (kind == "header" and number == 1):
            proof.breaks.add("unreadable", seen + 1, detail=f"line {number}")
    if seen < last:
        proof.breaks.add("missing", seen + 1, last)
    if not ended:
        detail = "the last line, which counts all of them, is missing or says otherwise"
        proof.breaks.add("incomplete", first, max(seen, first), detail)
    report = proof.end(one for one in told if one.get("type") == CERTIFICATE)
    if last >= first and report.signed < last:
        detail = f"no signature proves what comes after record {report.signed}"
        report.breaks.append(Break("incomplete", max(report.signed + 1, first), last, detail))
    return report


def _header(lines: Iterable[str]) -> dict[str, Any]:
    for line in lines:
        value = _read(line)
        if value is not None and value.get("type") == "header":
            numbers = [value.get(name) for name in ("v", "first", "last")]
            if all(isinstance(n, int) for n in numbers) and isinstance(value.get("previous"), str):
                return value
        break
    raise JimaeError("audit_no_export")


def _statements(lines: Iterable[str]) -> Iterable[Statement]:
    for line in lines:
        value = _read(line)
        if value is not None and value.get("type") in (CHECKPOINT, CERTIFICATE):
            yield value


def _take(proof: Proof, value: dict[str, Any], seen: int) -> int:
    """Have the line of one place checked; returns that place."""
    seq, digest = value.get("seq"), value.get("digest")
    if not isinstance(seq, int) or not isinstance(digest, str):
        proof.breaks.add("unreadable", seen + 1, detail="it has no place in the chain")
        return seen
    if unknown := value.keys() - _NAMES[value["type"]]:
        proof.breaks.add("unreadable", seq, detail=f"it has an unknown '{min(unknown)}'")
    state = ENTRIES[value["type"]]
    body = canonical(value.get("record")) if state == "here" else None
    told = proof.add(Entry(seq, digest, state, body, value.get("previous"), value.get("hash")))
    content = value.get("content")
    if told is not None and content is not None:
        proof.content(seq, right=_is_right(content, told))
    return seq


def _is_right(content: Any, body: Any) -> bool:
    try:
        salt = bytes.fromhex(content["salt"])
        return bool(commitment_of(salt, canonical(content["value"])) == body["commitment"])
    except (KeyError, TypeError, ValueError):
        return False


def _read(line: str) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError:
        return None
