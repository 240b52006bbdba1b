"""The audit log of one server: signed as it grows, searched, checked, exported, deleted."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit import checkpoints, deletion, export, reading, rules, search, whom
from jimae.service.audit.answers import close_orphans
from jimae.service.audit.cells import Encoding
from jimae.service.audit.checking import Check
from jimae.service.audit.deletion import Kind, Reason
from jimae.service.audit.proof import Report
from jimae.service.audit.record import note
from jimae.service.audit.rules import DAY, Retention
from jimae.service.audit.sealing import Vault, read_keys
from jimae.service.audit.search import Found, Wanted
from jimae.service.audit.signing import Signer, Statement, signer_of
from jimae.service.audit.verifying import Progress, verify
from jimae.service.audit.whom import Named
from jimae.service.caller import SERVER, Caller
from jimae.settings import Settings
from jimae.store.audit_tables import AuditCertificate, AuditHold
from jimae.store.store import Store

log = logging.getLogger(__name__)

WATCH_SECONDS: Final = 5.0
# Who runs the machine could read the database itself; here it is at least recorded.
AT_HOME: Final = ("local", "terminal")

Format = Literal["jsonl", "csv"]


class Audit:
    """`open` makes the signing key if there is none; `watch` signs and sweeps while the server
    runs, until `close`, which signs once more."""

    def __init__(self, settings: Settings, store: Store) -> None:
        keys = settings.audit.encryption_keys
        self.vault = Vault() if keys is None else Vault(read_keys(keys))
        self._settings = settings.audit
        self._data_dir = settings.data_dir
        self.store = store
        self._signer: Signer | None = None
        self._watching: asyncio.Task[None] | None = None
        self._signed_at = time.monotonic()
        self._swept_at: float | None = None
        self.checking = Check(self.verify)

    @property
    def signer(self) -> Signer:
        if self._signer is None:
            raise RuntimeError("the audit log is not open")
        return self._signer

    async def open(self) -> None:
        """Raises `audit_signing_key`."""
        self._signer = await asyncio.to_thread(signer_of, self._data_dir)

    async def watch(self) -> None:
        """End what a killed server left open, and look after the log from now on."""
        await self.open()
        await self.store.write(close_orphans)
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Sign what was recorded last. What fails is logged: it must not keep a server."""
        await self.checking.close()
        if self._watching is None:
            return
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        self._watching = None
        await self._try(self.checkpoint())

    # --- signing ------------------------------------------------------------------------

    async def checkpoint(self) -> Statement | None:
        """Sign the end of the log; None if it was signed before. Raises `audit_broken`."""
        path = checkpoints.file_of(self._data_dir)
        outside = await asyncio.to_thread(checkpoints.in_file, path)
        # Whoever adds a line of their own must not hide the last one that is ours.
        last = (
            one for one in reversed(outside) if checkpoints.is_checkpoint(one, self.signer.public)
        )
        before = list(islice(last, 1))
        made = await self.store.write(
            lambda session: checkpoints.checkpoint(session, self.signer, before)
        )
        self._signed_at = time.monotonic()
        if made is not None:
            await asyncio.to_thread(checkpoints.append, path, made)
        return made

    async def latest(self) -> Statement | None:
        """The newest checkpoint of the database."""
        return await self.store.read(lambda s: checkpoints.latest(s, self.signer.public))

    # --- reading ------------------------------------------------------------------------

    async def search(
        self, caller: Caller, which: Wanted, *, limit: int, before: int | None = None
    ) -> tuple[list[Found], bool]:
        """The newest first, and whether there are more.

        Words are searched by those only who may read what was written, and that is recorded.
        Raises `audit_content_not_permitted`, `audit_word_empty`.
        """
        if which.word is None:
            look = partial(search.find, which=which, vault=self.vault, limit=limit, before=before)
            return await self.store.read(look)
        self._may_read_content(caller)

        def found(session: Session) -> tuple[list[Found], bool]:
            told = msgspec.to_builtins(which)
            # Not the word itself: what is searched for may be as private as what is found.
            told["word"] = len(search.terms(which))
            note(session, caller, "audit.search", details={"wanted": _said(told)})
            return search.find(session, which, self.vault, limit=limit, before=before)

        return await self.store.write(found)

    async def record(self, seq: int) -> Found:
        """Raises `audit_record_not_found`, `audit_record_deleted`."""
        return await self.store.read(lambda session: search.one(session, seq))

    async def content(self, caller: Caller, seq: int) -> dict[str, Any]:
        """What was written, which is recorded. Raises `audit_content_not_permitted`,
        `audit_record_not_found`, `audit_record_deleted`, `audit_content_gone`,
        `audit_content_changed`, `audit_key_missing`."""
        self._may_read_content(caller)

        def read(session: Session) -> dict[str, Any]:
            found = search.one(session, seq)
            _, told = search.content_of(session, found, self.vault)
            note(session, caller, "audit.read", target=found.body["id"], details={"seq": seq})
            content: dict[str, Any] = msgspec.json.decode(told)
            return content

        return await self.store.write(read)

    def may_read_content(self, caller: Caller) -> bool:
        if caller.role == "auditor" or caller.via in AT_HOME:
            return True
        return caller.role == "admin" and self._settings.admins_read_content

    def _may_read_content(self, caller: Caller) -> None:
        if not self.may_read_content(caller):
            raise JimaeError("audit_content_not_permitted")

    # --- exporting and checking ---------------------------------------------------------

    async def export(
        self,
        caller: Caller,
        which: Wanted,
        *,
        form: Format,
        encoding: Encoding = "utf-8",
        with_content: bool = False,
    ) -> AsyncIterator[bytes]:
        """The file in pieces, once it is recorded that it was taken.

        Raises `audit_content_not_permitted`, `audit_word_empty`.
        """
        if with_content or which.word is not None:
            self._may_read_content(caller)
        told = msgspec.to_builtins(which)
        told["word"] = len(search.terms(which)) or None
        details = {
            "format": form,
            "encoding": encoding,
            "content": with_content,
            "wanted": _said(told),
        }
        await self.store.write(lambda s: note(s, caller, "audit.export", details=details))
        if form == "csv":
            return export.table(
                self.store, which, self.vault, with_content=with_content, encoding=encoding
            )
        await self._try(self.checkpoint())
        return export.json_lines(
            self.store, which, self.vault, self.signer.public, with_content=with_content
        )

    async def begin_check(self, caller: Caller) -> None:
        """Check all of it in the background, which is recorded; nothing if that is being done."""
        if self.checking.begin(caller):
            await self.store.write(lambda session: note(session, caller, "audit.verify"))

    async def verify(
        self,
        progress: Progress = lambda done, total: None,
        *,
        keys: Sequence[str] | None = None,
    ) -> Report:
        """Check all of it; `keys` may sign, that of this server unless others are named."""
        known = (self.signer.public,) if keys is None else keys
        return await verify(self.store, self._data_dir, self.vault, keys=known, progress=progress)

    # --- keeping and deleting -----------------------------------------------------------

    async def retention(self) -> Retention:
        return await self.store.read(lambda s: rules.retention(s, self._settings))

    async def set_retention(self, caller: Caller, days: Mapping[Kind, int]) -> Retention:
        return await self.store.write(
            lambda s: rules.set_retention(s, caller, days, self._settings)
        )

    async def holds(self) -> list[AuditHold]:
        return await self.store.read(rules.holds)

    async def lay_hold(
        self,
        caller: Caller,
        *,
        reason: str,
        account_id: str | None = None,
        group_id: str | None = None,
        since: float | None = None,
        until: float | None = None,
    ) -> AuditHold:
        return await self.store.write(
            lambda session: rules.lay_hold(
                session,
                caller,
                reason=reason,
                account_id=account_id,
                group_id=group_id,
                since=since,
                until=until,
            )
        )

    async def lift_hold(self, caller: Caller, hold_id: str) -> None:
        """Raises `audit_hold_not_found`."""
        await self.store.write(lambda session: rules.lift_hold(session, caller, hold_id))

    async def whom(self, account: str | None, group: str | None) -> tuple[str | None, str | None]:
        """The ids of a person and a group, by id or name. Raises `user_not_found` and
        `group_not_found`."""

        def read(session: Session) -> tuple[str | None, str | None]:
            return (
                None if account is None else whom.account(session, account),
                None if group is None else whom.group(session, group),
            )

        return await self.store.read(read)

    async def names(self, ids: Collection[str]) -> dict[str, Named]:
        """How people and groups of these ids are called."""
        return await self.store.read(lambda session: whom.names(session, ids))

    async def deletable(self, which: Wanted) -> tuple[int, int]:
        """How many contents of the records that are wanted can be deleted, and how many a hold
        keeps."""
        wanted = deletion.requested(which)
        return await self.store.read(
            lambda session: (
                deletion.deletable(session, wanted),
                deletion.held_back(session, wanted),
            )
        )

    async def delete_content(
        self, caller: Caller, which: Wanted, reason: str
    ) -> tuple[list[Statement], int]:
        """Delete what was written, of the records that are wanted; they themselves stay until
        their time is up. Returns the certificates, and how many a hold kept."""
        wanted = deletion.requested(which)
        kept = await self.store.read(lambda s: deletion.held_back(s, wanted))
        made = await self._delete(caller, "content", wanted, Reason("request", reason))
        return made, kept

    async def sweep(self, caller: Caller = SERVER) -> list[Statement]:
        """Delete what is older than it may be; returns the certificates."""
        days = await self.retention()
        made: list[Statement] = []
        for kind in rules.KINDS:
            if number := getattr(days, kind):
                old = deletion.expired(kind, time.time() - number * DAY)
                made += await self._delete(caller, kind, old, Reason("retention"))
        return made

    async def certificates(
        self, *, limit: int, after: str | None = None
    ) -> tuple[list[Statement], bool]:
        """The newest first, and whether there are more. Raises `audit_certificate_not_found`."""
        return await self.store.read(partial(_certificates, limit=limit, after=after))

    async def _delete(
        self, caller: Caller, kind: Kind, wanted: Sequence[Any], why: Reason
    ) -> list[Statement]:
        made: list[Statement] = []
        while True:
            certificate = await self.store.write(
                lambda s: deletion.delete_some(s, caller, kind, wanted, why, self.signer)
            )
            if certificate is None:
                break
            made.append(certificate)
        if made:
            await self.store.erase(deletion.forget_words)
        return made

    # --- in the background --------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await self._try(self._look())
            await asyncio.sleep(WATCH_SECONDS)

    async def _look(self) -> None:
        """Sign and sweep, each if it is time to."""
        now = time.monotonic()
        if self._swept_at is None or now - self._swept_at >= DAY:
            self._swept_at = now
            await self.sweep()
        head = await self.store.read(reading.head_of)
        latest = await self.latest()
        waiting = head.seq - (latest["seq"] if latest else 0)
        minutes = (now - self._signed_at) / 60
        due = minutes >= self._settings.checkpoint_minutes
        if waiting >= self._settings.checkpoint_records or (due and waiting):
            self._signed_at = now
            await self.checkpoint()

    async def _try(self, work: Any) -> None:
        try:
            await work
        except (JimaeError, OSError) as error:
            log.error("audit log: %s", error)


def _certificates(
    session: Session, *, limit: int, after: str | None
) -> tuple[list[Statement], bool]:
    wanted = select(AuditCertificate).order_by(
        AuditCertificate.created_at.desc(), AuditCertificate.id.desc()
    )
    if after is not None:
        last = session.get(AuditCertificate, after)
        if last is None:
            raise JimaeError("audit_certificate_not_found", param="after", id=after[:64])
        place = (AuditCertificate.created_at, AuditCertificate.id)
        wanted = wanted.where(tuple_(*place) < tuple_(last.created_at, last.id))
    found = session.scalars(wanted.limit(limit + 1)).all()
    return [msgspec.json.decode(row.body) for row in found[:limit]], len(found) > limit


def _said(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}
