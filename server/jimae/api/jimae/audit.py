"""The audit log, for auditors and administrators: searched, read, checked, exported, kept."""

from __future__ import annotations

import time
from typing import Final

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.errors import language_of
from jimae.api.explain import fitted
from jimae.api.jimae.audit_bodies import (
    CertificateList,
    CheckBody,
    CheckpointBody,
    ContentBody,
    DeletableBody,
    DeletionBody,
    HoldBody,
    HoldList,
    RecordBody,
    RecordList,
    RetentionBody,
    check_body,
    deletion_body,
    held_ids,
    hold_body,
    record_body,
)
from jimae.api.jimae.audit_schema import (
    LAST,
    AuditDeletionRequest,
    AuditExportQuery,
    AuditPage,
    AuditQuery,
    CertificatesQuery,
    DeletableQuery,
    HoldRequest,
    RetentionRequest,
)
from jimae.api.jimae.bodies import Deleted
from jimae.api.openai.responses.queries import known_id
from jimae.errors import JimaeError
from jimae.service.audit.deletion import Kind
from jimae.service.audit.search import Wanted
from jimae.service.service import Service

LIMIT_MIB: Final = 1 / 16
JSON_LINES: Final = "application/x-ndjson"
CSV: Final = "text/csv"


class AuditRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._audit = service.audit

    async def search(self, request: Request) -> RecordList:
        """Records, the newest first. Searching for a word is recorded."""
        query = fitted(dict(request.query_params), AuditPage)
        found, more = await self._audit.search(
            caller_of(request), _wanted(query), limit=query.limit, before=query.after
        )
        data = [record_body(one) for one in found]
        return {"data": data, "has_more": more, "encrypts": self._audit.vault.encrypts}

    async def record(self, seq: str) -> RecordBody:
        """One record, without what was written."""
        return record_body(await self._audit.record(_place(seq)))

    async def content(self, request: Request, seq: str) -> ContentBody:
        """What was asked or answered. Reading it is recorded."""
        place = _place(seq)
        return {"seq": place, "content": await self._audit.content(caller_of(request), place)}

    async def export(self, request: Request) -> Response:
        """The log as a file, which is recorded."""
        query = fitted(dict(request.query_params), AuditExportQuery)
        pieces = await self._audit.export(
            caller_of(request),
            _wanted(query),
            form=query.format,
            encoding=query.encoding,
            with_content=query.content == "true",
        )
        charset = "Shift_JIS" if query.encoding == "cp932" else "utf-8"
        media = JSON_LINES if query.format == "jsonl" else f"{CSV}; charset={charset}"
        name = f"jimae-audit-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.{query.format}"
        return StreamingResponse(
            pieces,
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'attachment; filename="{name}"',
                "Content-Type": media,
            },
        )

    async def check(self, request: Request) -> CheckBody:
        """How far the check of the whole log is, or what the last one found."""
        return check_body(self._audit.checking.standing, language_of(request.scope))

    async def begin_check(self, request: Request) -> CheckBody:
        """Begin to check the whole log, unless that is being done."""
        await self._audit.begin_check(caller_of(request))
        return check_body(self._audit.checking.standing, language_of(request.scope))

    async def checkpoint(self) -> CheckpointBody:
        """The newest checkpoint, to be noted elsewhere."""
        return {"key": self._audit.signer.public, "checkpoint": await self._audit.latest()}

    async def make_checkpoint(self) -> CheckpointBody:
        """Sign the end of the log now."""
        await self._audit.checkpoint()
        return {"key": self._audit.signer.public, "checkpoint": await self._audit.latest()}

    async def holds(self) -> HoldList:
        """What may not be deleted."""
        found = await self._audit.holds()
        names = await self._audit.names(held_ids(found))
        return {"data": [hold_body(one, names) for one in found], "has_more": False}

    async def lay_hold(self, request: Request) -> HoldBody:
        """Let nothing of a person, a group or a time be deleted."""
        body = fitted(await read_object(request, LIMIT_MIB), HoldRequest)
        account_id, group_id = await self._audit.whom(body.account, body.group)
        laid = await self._audit.lay_hold(
            caller_of(request),
            reason=body.reason,
            account_id=account_id,
            group_id=group_id,
            since=body.since,
            until=body.until,
        )
        return hold_body(laid, await self._audit.names(held_ids([laid])))

    async def lift_hold(self, request: Request, hold_id: str) -> Deleted:
        """Lift a hold."""
        await self._audit.lift_hold(caller_of(request), known_id(hold_id))
        return {"id": hold_id, "deleted": True}

    async def retention(self) -> RetentionBody:
        """How long the log is kept."""
        kept = await self._audit.retention()
        return {"metadata": kept.metadata, "content": kept.content}

    async def set_retention(self, request: Request) -> RetentionBody:
        """Set how long the log is kept. What is older is deleted within a day."""
        body = fitted(await read_object(request, LIMIT_MIB), RetentionRequest)
        days: dict[Kind, int] = {}
        if body.metadata is not None:
            days["metadata"] = body.metadata
        if body.content is not None:
            days["content"] = body.content
        kept = await self._audit.set_retention(caller_of(request), days)
        return {"metadata": kept.metadata, "content": kept.content}

    async def deletable(self, request: Request) -> DeletableBody:
        """How much a deletion would delete."""
        query = fitted(dict(request.query_params), DeletableQuery)
        contents, held = await self._audit.deletable(await self._of(query))
        return {"contents": contents, "held": held}

    async def delete(self, request: Request) -> DeletionBody:
        """Delete what was asked and answered; the records stay, and certificates say so."""
        body = fitted(await read_object(request, LIMIT_MIB), AuditDeletionRequest)
        which = await self._of(body)
        made, held = await self._audit.delete_content(caller_of(request), which, body.reason)
        return deletion_body(made, held)

    async def certificates(self, request: Request) -> CertificateList:
        """What was deleted, the newest first."""
        query = fitted(dict(request.query_params), CertificatesQuery)
        found, more = await self._audit.certificates(limit=query.limit, after=query.after)
        return {"data": found, "has_more": more}

    async def _of(self, asked: DeletableQuery | AuditDeletionRequest) -> Wanted:
        """By ids: a name may have been another person's before, and theirs another one."""
        account_id, group_id = await self._audit.whom(asked.account, asked.group)
        return Wanted(account=account_id, group=group_id, since=asked.since, until=asked.until)


def _wanted(query: AuditQuery) -> Wanted:
    return Wanted(
        account=query.account,
        group=query.group,
        act=query.act,
        outcome=query.outcome,
        model=query.model,
        target=query.target,
        since=query.since,
        until=query.until,
        word=query.word,
    )


def _place(text: str) -> int:
    """Raises `audit_record_not_found` also for what is no number."""
    if text.isascii() and text.isdecimal() and len(text) < 20 and 0 < int(text) <= LAST:
        return int(text)
    raise JimaeError("audit_record_not_found", seq=text[:20])
