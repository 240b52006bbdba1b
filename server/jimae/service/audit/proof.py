"""The proof of a log, whether it comes from a database or from an export.

    entries ──add──►  each body against its digest, each link against the one before,
                      each place that was signed against its signature
            ──end──►  where the log ends against how far it was signed; what is gone
                      against the certificates of its deletion

After a break it goes on with what the entry says of itself, so every break is told by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from jimae.service.audit.breaks import Break, Breaks
from jimae.service.audit.canonical import sha256
from jimae.service.audit.chain import GENESIS, Columns, columns_of, link_hash
from jimae.service.audit.ranges import Covered
from jimae.service.audit.signing import Statement, is_signed

State = Literal["here", "removed", "left_out"]
CHECKPOINT: Final = "checkpoint"
CERTIFICATE: Final = "certificate"


class Entry(msgspec.Struct):
    """One place of the chain. `body` is the canonical text of a record that is `here`;
    `columns` are what its table says beside it, if it comes from there. One that an export
    leaves out has no hash of its own to compare."""

    seq: int
    digest: str
    state: State = "here"
    body: str | None = None
    previous: str | None = None
    hash: str | None = None
    columns: Columns | None = None


class Report(msgspec.Struct):
    """What was checked, and what was wrong. `signed` is the last place that is proved by a
    signature; `keys` made it. Records after it may have been cut off without a trace."""

    first: int
    last: int
    records: int
    removed: int
    left_out: int
    contents: int
    sealed: int
    signed: int
    keys: list[str]
    breaks: list[Break]

    @property
    def ok(self) -> bool:
        return not self.breaks


class Proof:
    """`keys` are the public keys whose signatures count; without any, all that are right do."""

    def __init__(
        self,
        *,
        checkpoints: Iterable[Statement],
        keys: Sequence[str] = (),
        first: int = 1,
        previous: str = GENESIS,
    ) -> None:
        self.breaks = Breaks()
        self._keys = frozenset(keys)
        self._seen_keys: dict[str, None] = {}
        self._first, self._next, self._previous = first, first, previous
        self._signed: dict[int, set[str]] = {}
        # The last place that a checkpoint proves, the last that one is of, and whether that
        # one was wrong.
        self._good = self._looked_at = first - 1
        self._astray = False
        self._counts = {"here": 0, "removed": 0, "left_out": 0}
        self._contents = self._sealed = 0
        self._removed: list[int] = []
        self._gone: list[int] = []
        for checkpoint in checkpoints:
            self._take(checkpoint)

    def add(self, entry: Entry) -> Mapping[str, Any] | None:
        """The next entry; returns its body, if that is here and can be read."""
        self._counts[entry.state] += 1
        if entry.state == "removed":
            self._removed.append(entry.seq)
        body = self._check_body(entry) if entry.state == "here" else None
        self._check_place(entry)
        expected = link_hash(entry.seq, self._previous, entry.digest)
        told = entry.previous if entry.previous is not None else self._previous
        if (entry.hash or expected) != expected or told != self._previous:
            self.breaks.add("unlinked", entry.seq)
        self._previous = entry.hash or expected
        self._next = entry.seq + 1
        self._check_signed(entry.seq)
        return body

    def content(self, seq: int, *, right: bool | None) -> None:
        """Whether the content of a record is the one recorded; None: it is encrypted with a key
        that is not here."""
        self._contents += 1
        if right is None:
            self._sealed += 1
        elif not right:
            self.breaks.add("content_altered", seq)

    def content_gone(self, seq: int) -> None:
        self._gone.append(seq)

    def end(self, certificates: Iterable[Statement]) -> Report:
        last = self._next - 1
        farthest = max(self._signed, default=0)
        if farthest > last:
            self.breaks.add("truncated", last + 1, farthest)
        self._check_removed(certificates)
        return Report(
            first=self._first,
            last=last,
            records=self._counts["here"],
            removed=self._counts["removed"],
            left_out=self._counts["left_out"],
            contents=self._contents,
            sealed=self._sealed,
            signed=self._good if self._good >= self._first else 0,
            keys=list(self._seen_keys),
            breaks=self.breaks.found,
        )

    def _check_body(self, entry: Entry) -> Mapping[str, Any] | None:
        if entry.body is None or sha256(entry.body) != entry.digest:
            self.breaks.add("altered", entry.seq)
            return None
        try:
            body: Mapping[str, Any] = msgspec.json.decode(entry.body)
            labels = columns_of(body)
        except (msgspec.DecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
            self.breaks.add("unreadable", entry.seq, detail=type(error).__name__)
            return None
        if entry.columns is not None and entry.columns != labels:
            self.breaks.add("mislabelled", entry.seq)
        return body

    def _check_place(self, entry: Entry) -> None:
        if entry.seq > self._next:
            self.breaks.add("missing", self._next, entry.seq - 1)
        elif entry.seq < self._next:
            self.breaks.add("disordered", entry.seq)

    def _check_signed(self, seq: int) -> None:
        hashes = self._signed.get(seq)
        if hashes is None:
            return
        right = hashes == {self._previous}
        # A broken link that was told of explains this; and nothing after this can be right.
        told = any(
            one.last > self._looked_at and one.kind in ("unlinked", "missing", "disordered")
            for one in self.breaks.found
        )
        if right:
            self._good = seq
        elif not self._astray and not told:
            self.breaks.add("rewritten", self._looked_at + 1, seq)
        self._astray, self._looked_at = not right, seq

    def _take(self, checkpoint: Statement) -> None:
        if self._is_ours(checkpoint, CHECKPOINT, checkpoint.get("seq", 0)):
            self._signed.setdefault(checkpoint["seq"], set()).add(checkpoint["hash"])

    def _is_ours(self, statement: Statement, kind: str, seq: int) -> bool:
        """Whether a statement counts; one that does not is a break, or it would be the way
        to have none."""
        if statement.get("type") != kind or not is_signed(statement):
            self.breaks.add("forged", seq, detail=kind)
            return False
        if self._keys and statement["key"] not in self._keys:
            self.breaks.add("stranger", seq, detail=f"{kind} signed by {statement['key']}")
            return False
        self._seen_keys[statement["key"]] = None
        return True

    def _check_removed(self, certificates: Iterable[Statement]) -> None:
        allowed: dict[str, list[tuple[int, int]]] = {"metadata": [], "content": []}
        for certificate in certificates:
            # Nothing of it is read before it is known who wrote it.
            if self._is_ours(certificate, CERTIFICATE, 0):
                ranges = [(first, last) for first, last in certificate["ranges"]]
                allowed[certificate["kind"]] += ranges
        metadata, content = Covered(allowed["metadata"]), Covered(allowed["content"])
        for seq in self._removed:
            if seq not in metadata:
                self.breaks.add("removed", seq)
        for seq in self._gone:
            if seq not in content:
                self.breaks.add("content_gone", seq)
