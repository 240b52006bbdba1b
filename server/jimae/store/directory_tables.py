"""Tables of directories elsewhere, and of what they keep here.

directories      one row for each that was used: whose it is, and how it went last
spent_attempts   attempts to sign in that succeeded, so that none does twice
scim_resources   accounts and groups that a directory keeps by SCIM
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from jimae.store.tables import Fate, Owned


class Directory(Owned):
    """A directory of the settings; `id` is its name there, `owner` is the server.

    `identity` is what its ids are unique in (an issuer, a place in a tree of LDAP): under the
    same name, another one must not sign in to the accounts of the first. `failure` is the code
    of why it could not be asked last, None if it could, at `checked_at`.
    """

    __tablename__ = "directories"

    fate: ClassVar[Fate] = "stays"

    kind: Mapped[str] = mapped_column(String(8))
    identity: Mapped[str] = mapped_column(String(1024))
    checked_at: Mapped[float | None] = mapped_column(Double)
    failure: Mapped[str | None] = mapped_column(String(64))


class SpentAttempt(Owned):
    """`id` is the SHA-256 of a state; `owner` who signed in with it."""

    __tablename__ = "spent_attempts"

    fate: ClassVar[Fate] = "goes"

    __table_args__ = (Index(None, "created_at"),)


class ScimResource(Owned):
    """That an account or a group is seen by SCIM; `id` and `owner` are its own.

    `kind` is `User` or `Group`; `name` as the directory writes it, `external_id` what it calls
    it.
    """

    __tablename__ = "scim_resources"

    fate: ClassVar[Fate] = "goes"

    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(512))
    external_id: Mapped[str | None] = mapped_column(String(256))
    changed_at: Mapped[float] = mapped_column(Double)

    __table_args__ = (Index(None, "kind", "external_id", unique=True),)
