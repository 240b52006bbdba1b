"""Tables of what may be used, and of what was.

limits   one row for everybody, a group, an account or a key
ledger   one row for each request that was let in or refused
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from jimae.store.tables import Fate, Json, Owned


class Limit(Owned):
    """What a subject may use. `owner` is the id of the subject, `everybody` for all.

    `rules` is a `limits.rules.Rules` as JSON. A limit that was taken away stays as an empty row:
    `changed_at` of the newest one tells whether anything changed.
    """

    __tablename__ = "limits"
    fate: ClassVar[Fate] = "goes"

    kind: Mapped[str] = mapped_column(String(16))
    rules: Mapped[dict[str, Any]] = mapped_column(Json)
    changed_at: Mapped[float] = mapped_column(Double, index=True)

    __table_args__ = (Index(None, "kind", "owner", unique=True),)


class LedgerEntry(Owned):
    """What one request used. `owner` is the account.

    It points at nothing: what was used stays known when people, groups and keys are gone. `day`
    is that on which it ended, where the server is; `waited` and `seconds` (waiting included)
    are seconds. `outcome` is a `limits.ledger.Outcome`; `code` says of a refusal which it was.
    """

    __tablename__ = "ledger"
    fate: ClassVar[Fate] = "stays"

    group_id: Mapped[str | None] = mapped_column(String(64))
    key_id: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(256))
    day: Mapped[str] = mapped_column(String(10), index=True)
    prompt_tokens: Mapped[int] = mapped_column(BigInteger)
    completion_tokens: Mapped[int] = mapped_column(BigInteger)
    cached_tokens: Mapped[int] = mapped_column(BigInteger)
    waited: Mapped[float] = mapped_column(Double)
    seconds: Mapped[float] = mapped_column(Double)
    outcome: Mapped[str] = mapped_column(String(16))
    code: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index(None, "owner", "day"), Index(None, "group_id", "day"))
