"""What requests about the audit log may hold. Times are Unix seconds."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from jimae.api.openai.files.schema import StoredId, Texts
from jimae.api.openai.schema import Strict

FAR: Final = 253402300800.0  # the year 10000
LAST: Final = 2**63 - 1

# PostgreSQL has no U+0000, so nothing is called by one.
Label = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00]+$")]
Word = Annotated[str, StringConstraints(max_length=1000)]
Time = Annotated[float, Field(ge=0, lt=FAR, allow_inf_nan=False)]
Days = Annotated[int, Field(ge=0, le=36500)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=r"^[^\x00]+$")]


class AuditQuery(Texts):
    """An account and a group by id or name; an act that ends with a dot is a whole area."""

    account: Label | None = None
    group: Label | None = None
    act: Label | None = None
    outcome: Label | None = None
    model: Label | None = None
    target: Label | None = None
    since: Time | None = None
    until: Time | None = None
    word: Word | None = None


class AuditPage(AuditQuery):
    after: Annotated[int, Field(ge=1, le=LAST)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class AuditExportQuery(AuditQuery):
    format: Literal["jsonl", "csv"] = "jsonl"
    encoding: Literal["utf-8", "cp932"] = "utf-8"
    content: Literal["true", "false"] = "false"


class CertificatesQuery(Texts):
    after: StoredId | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class DeletableQuery(Texts):
    """Whose contents, of when: as in the body that deletes them."""

    account: Label | None = None
    group: Label | None = None
    since: Time | None = None
    until: Time | None = None


class HoldRequest(Strict):
    """Body of POST /jimae/admin/audit/holds: an account and a group by id or name; neither
    means everybody."""

    reason: Reason
    account: Label | None = None
    group: Label | None = None
    since: Time | None = None
    until: Time | None = None


class RetentionRequest(Strict):
    """Body of POST /jimae/admin/audit/retention: days, 0 for ever."""

    metadata: Days | None = None
    content: Days | None = None


class AuditDeletionRequest(Strict):
    """Body of POST /jimae/admin/audit/deletions: whose contents (an account and a group by id
    or name), of when, and why."""

    reason: Reason
    account: Label | None = None
    group: Label | None = None
    since: Time | None = None
    until: Time | None = None

    @model_validator(mode="after")
    def _not_everything(self) -> Self:
        if not self.model_fields_set - {"reason"}:
            raise ValueError("name an account, a group or a time: this would delete everything")
        return self
