"""Tables of what the page keeps besides chats.

What somebody wrote is in JSON columns, like all text that people write: PostgreSQL refuses
some characters in others.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from jimae.store.tables import Fate, Json, Owned


class Template(Owned):
    """A prompt with blanks to fill. `group_id` is the group that shares it, if one does;
    `data` is a `service.templates.form.Form`."""

    __tablename__ = "templates"

    group_id: Mapped[str | None] = mapped_column(String(64), index=True)
    updated_at: Mapped[float] = mapped_column(Double)
    data: Mapped[dict[str, Any]] = mapped_column(Json)

    __table_args__ = (Index(None, "owner", "updated_at"),)


class Preference(Owned):
    """How somebody wants to be answered, and whether what they judge may be kept: one row of
    each owner. `consented_at` is null without consent."""

    __tablename__ = "preferences"
    fate: ClassVar[Fate] = "goes"

    consented_at: Mapped[float | None] = mapped_column(Double)
    data: Mapped[dict[str, Any]] = mapped_column(Json)

    __table_args__ = (Index(None, "owner", unique=True),)


class Judgement(Owned):
    """What somebody thinks of an answer. `texts` is null without their consent."""

    __tablename__ = "judgements"

    turn_id: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(256))
    verdict: Mapped[str] = mapped_column(String(8))
    reasons: Mapped[list[str]] = mapped_column(Json)
    texts: Mapped[dict[str, str] | None] = mapped_column(Json)

    __table_args__ = (Index(None, "owner", "turn_id", unique=True), Index(None, "created_at"))


class Comparison(Owned):
    """Which of two models answered one question better, to somebody who saw both answers.

    `vote` is `first`, `second`, `both` or `neither`; `blind`: their names were hidden.
    """

    __tablename__ = "comparisons"

    first: Mapped[str] = mapped_column(String(256))
    second: Mapped[str] = mapped_column(String(256))
    vote: Mapped[str] = mapped_column(String(8))
    blind: Mapped[bool]
    texts: Mapped[dict[str, str] | None] = mapped_column(Json)

    __table_args__ = (Index(None, "owner", "created_at"), Index(None, "created_at"))
