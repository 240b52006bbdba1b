"""Records of the audit log, its checks and its certificates, as our own API tells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from typing_extensions import TypedDict

from jimae.errors import Language
from jimae.service.audit.checking import Standing, State
from jimae.service.audit.search import ContentState, Found
from jimae.service.audit.signing import Statement
from jimae.service.audit.whom import Named
from jimae.store.audit_tables import AuditHold

# A log that is broken everywhere is not told of line by line.
MOST_BREAKS = 500


class WhoBody(TypedDict):
    id: str
    name: str
    role: str


class WhereBody(TypedDict):
    """The group as it was called, and its purpose, at the time of the record."""

    id: str
    name: str | None
    purpose: str | None


class UsedBody(TypedDict):
    id: str
    gguf_sha256: str | None
    template_sha256: str | None


class NamedBody(TypedDict):
    id: str
    name: str


class RecordBody(TypedDict):
    """One record. `at` is in Unix seconds. `content`: whether what was written is there."""

    seq: int
    id: str
    at: float
    at_utc: str
    at_jst: str
    act: str
    outcome: str
    target: str | None
    account: WhoBody
    group: WhereBody | None
    via: str
    address: str
    session: str | None
    key: NamedBody | None
    model: UsedBody | None
    begin: str | None
    details: dict[str, Any]
    content: ContentState
    commitment: str | None
    digest: str
    previous: str
    hash: str


class RecordList(TypedDict):
    """The newest first; `after` is the `seq` of the last. `encrypts`: what is written now is
    not found by words."""

    data: list[RecordBody]
    has_more: bool
    encrypts: bool


class ContentBody(TypedDict):
    seq: int
    content: dict[str, Any]


class BreakBody(TypedDict):
    kind: str
    first: int
    last: int
    message: str


class ReportBody(TypedDict):
    """What a check found. `signed` is the last record that a signature proves; `sealed` are
    contents whose key is not here; `more_breaks` are not told of one by one."""

    ok: bool
    first: int
    last: int
    records: int
    removed: int
    contents: int
    sealed: int
    signed: int
    keys: list[str]
    breaks: list[BreakBody]
    more_breaks: int


class CheckBody(TypedDict):
    """How far a check is, in records."""

    state: State
    by: str | None
    begun_at: float | None
    ended_at: float | None
    done: int
    total: int
    report: ReportBody | None
    error: str | None


class CheckpointBody(TypedDict):
    """The newest checkpoint, to be noted elsewhere, and the public key of this log."""

    key: str
    checkpoint: dict[str, Any] | None


class HoldBody(TypedDict):
    """Of whom nothing is deleted: null for account or group means everybody. `by` laid it."""

    id: str
    reason: str
    account: NamedBody | None
    group: NamedBody | None
    since: float | None
    until: float | None
    by: NamedBody
    created_at: float


class HoldList(TypedDict):
    data: list[HoldBody]
    has_more: bool


class RetentionBody(TypedDict):
    """Days that each is kept; 0 for ever."""

    metadata: int
    content: int


class CertificateList(TypedDict):
    data: list[dict[str, Any]]
    has_more: bool


class DeletableBody(TypedDict):
    """How many contents would be deleted, and how many a hold keeps."""

    contents: int
    held: int


class DeletionBody(TypedDict):
    """The certificates of what was deleted, and how many contents a hold kept."""

    certificates: list[dict[str, Any]]
    deleted: int
    held: int


def record_body(found: Found) -> RecordBody:
    body, entry = found.body, found.entry
    assert entry.columns is not None  # noqa: S101  (it comes from the database)
    return {
        "seq": entry.seq,
        "id": body["id"],
        "at": entry.columns.created_at,
        "at_utc": body["at"],
        "at_jst": body["at_jst"],
        "act": body["act"],
        "outcome": body["outcome"],
        "target": body["target"],
        "account": cast(WhoBody, body["account"]),
        "group": cast(WhereBody | None, body["group"]),
        "via": body["via"],
        "address": body["address"],
        "session": body["session"],
        "key": cast(NamedBody | None, body["key"]),
        "model": cast(UsedBody | None, body["model"]),
        "begin": body["begin"],
        "details": body["details"],
        "content": found.content,
        "commitment": body["commitment"],
        "digest": entry.digest,
        "previous": entry.previous or "",
        "hash": entry.hash or "",
    }


def check_body(standing: Standing, language: Language) -> CheckBody:
    report = standing.report
    told: ReportBody | None = None
    if report is not None:
        told = {
            "ok": report.ok,
            "first": report.first,
            "last": report.last,
            "records": report.records,
            "removed": report.removed,
            "contents": report.contents,
            "sealed": report.sealed,
            "signed": report.signed,
            "keys": report.keys,
            "breaks": [
                {
                    "kind": one.kind,
                    "first": one.first,
                    "last": one.last,
                    "message": one.message(language),
                }
                for one in report.breaks[:MOST_BREAKS]
            ],
            "more_breaks": max(0, len(report.breaks) - MOST_BREAKS),
        }
    return {
        "state": standing.state,
        "by": standing.by,
        "begun_at": standing.begun_at,
        "ended_at": standing.ended_at,
        "done": standing.done,
        "total": standing.total,
        "report": told,
        "error": None if standing.error is None else standing.error.message(language),
    }


def held_ids(holds: Iterable[AuditHold]) -> set[str]:
    """Of everybody who is named in them."""
    return {id_ for hold in holds for id_ in (hold.account_id, hold.group_id, hold.owner) if id_}


def hold_body(hold: AuditHold, names: Mapping[str, Named]) -> HoldBody:
    return {
        "id": hold.id,
        "reason": hold.reason,
        "account": _named(hold.account_id, names),
        "group": _named(hold.group_id, names),
        "since": hold.since,
        "until": hold.until,
        "by": {"id": hold.owner, "name": names[hold.owner].name},
        "created_at": hold.created_at,
    }


def _named(id_: str | None, names: Mapping[str, Named]) -> NamedBody | None:
    return None if id_ is None else {"id": id_, "name": names[id_].name}


def deletion_body(made: list[Statement], held: int) -> DeletionBody:
    return {"certificates": made, "deleted": sum(one["count"] for one in made), "held": held}
