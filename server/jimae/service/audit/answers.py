"""The two records of an answer: that it begins, and how it ended."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from jimae.service.audit.canonical import canonical
from jimae.service.audit.finding import pieces_of, texts_in
from jimae.service.audit.record import Draft, body_of, collect, fresh
from jimae.service.audit.sealing import SALT, Vault, commitment_of
from jimae.service.caller import Caller
from jimae.store.audit_tables import AuditOpen, AuditRecord
from jimae.types import Prompt, ToolCall, Usage

BEGIN: Final = "answer.begin"
END: Final = "answer.end"


class Attachment(msgspec.Struct, frozen=True):
    """A file that a prompt holds: its text in UTF-8, `size` bytes of it."""

    name: str
    sha256: str
    size: int


class Finding(msgspec.Struct, frozen=True):
    """What was found in a prompt, how often, and what was done about it; never the value."""

    kind: str
    count: int
    action: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be given to a model: `prompts` are as it will see them, masked if they
    were. The hashes of model and template are None where they are not known."""

    model: str
    prompts: Sequence[Prompt]
    gguf_sha256: str | None = None
    template_sha256: str | None = None
    parameters: Mapping[str, Any] = {}
    attachments: Sequence[Attachment] = ()
    findings: Sequence[Finding] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One sequence, as far as it was written. `finish_reason` is None if it was not ended by
    the model or a limit."""

    text: str = ""
    reasoning: str = ""
    tool_calls: Sequence[ToolCall] = ()
    finish_reason: str | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How it went: `error` is the code of what stopped it, if something did. `waited` and
    `total` are seconds from the request until the model began on it, and until the end."""

    answers: Sequence[Answer] = ()
    error: str | None = None
    usage: Usage | None = None
    waited: float | None = None
    total: float | None = None


def begin(session: Session, caller: Caller, asked: Asked, vault: Vault) -> str:
    """Record that a prompt is about to reach a model: commit it before it does.

    Returns the id that `end` takes.
    """
    attached = [_salted(file) for file in asked.attachments]
    details = msgspec.to_builtins(
        {
            "parameters": dict(asked.parameters),
            "attachments": [_committed(file) for file in attached],
            "findings": tuple(asked.findings),
        }
    )
    body = body_of(caller, BEGIN, target=asked.model, outcome="begun", details=details)
    body["model"] = {
        "id": asked.model,
        "gguf_sha256": asked.gguf_sha256,
        "template_sha256": asked.template_sha256,
    }
    content: dict[str, Any] = {"prompts": tuple(asked.prompts)}
    if attached:
        content["attachments"] = attached
    collect(session, _sealed(body, content, vault))
    session.add(AuditOpen(id=body["id"], owner=caller.id, created_at=time.time()))
    begun: str = body["id"]
    return begun


def _salted(file: Attachment) -> dict[str, Any]:
    """What the content tells of a file. The salt goes with the content when that is deleted."""
    return {**msgspec.to_builtins(file), "salt": secrets.token_hex(SALT)}


def _committed(salted: Mapping[str, Any]) -> dict[str, Any]:
    """What the record tells of a file for ever: nobody can guess its name or its text from it,
    and who has the content can prove which file it was."""
    told = {name: value for name, value in salted.items() if name != "salt"}
    commitment = commitment_of(bytes.fromhex(salted["salt"]), canonical(told))
    return {"size": salted["size"], "commitment": commitment}


def end(session: Session, begin_id: str, ended: Ended, vault: Vault) -> None:
    """Record how an answer ended. Raises LookupError if it has not begun, or has ended."""
    body = _close(session, begin_id)
    body["outcome"] = "done" if ended.error is None else "failed"
    body["details"] = {
        "finish_reasons": [answer.finish_reason for answer in ended.answers],
        "error": ended.error,
        "usage": None if ended.usage is None else msgspec.to_builtins(ended.usage),
        "waited": _rounded(ended.waited),
        "total": _rounded(ended.total),
    }
    collect(session, _sealed(body, {"answers": tuple(ended.answers)}, vault))


def close_orphans(session: Session) -> int:
    """End what a server left open that was killed. Returns how many answers those were."""
    orphans = session.scalars(select(AuditOpen.id).order_by(AuditOpen.created_at)).all()
    for begin_id in orphans:
        body = _close(session, begin_id)
        body["outcome"] = "interrupted"
        collect(session, Draft(body))
    return len(orphans)


def _close(session: Session, begin_id: str) -> dict[str, Any]:
    """The body of an end, with who asked and what from its beginning."""
    closed = session.execute(
        delete(AuditOpen).where(AuditOpen.id == begin_id).returning(AuditOpen.id)
    ).one_or_none()
    written = session.scalar(select(AuditRecord.body).where(AuditRecord.id == begin_id))
    if closed is None or written is None:
        raise LookupError(f"no answer is open under {begin_id}")
    begun = msgspec.json.decode(written, type=dict[str, Any])
    return {**begun, **fresh(), "act": END, "begin": begin_id, "commitment": None, "details": {}}


def _sealed(body: dict[str, Any], content: Mapping[str, Any], vault: Vault) -> Draft:
    told = msgspec.to_builtins(content)
    sealed = vault.seal(body["id"], canonical(told))
    body["commitment"] = sealed.commitment
    # An index over what is encrypted would tell what it is.
    words = () if vault.encrypts else pieces_of(texts_in(told), body["account"]["id"])
    return Draft(body, sealed, words)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)
