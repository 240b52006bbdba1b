"""Tables of people, their groups, and what they come in with.

    accounts ◄── memberships ──► groups
       ▲  ▲
       │  └── sessions      signed in at the page
       └───── api_keys      programs

A secret that lets somebody in is never here: a password as its argon2id hash, the token of a
session and an API key as their SHA-256.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from jimae.store.tables import Fate, Json, Owned

NAME_LENGTH = 128


class Account(Owned):
    """A person, or a program with an account of its own. `owner` is the account itself.

    `name` is what they sign in with, folded by `service.accounts.names`; `source` is `local`, or
    the directory that vouches for them, where `external_id` is theirs.
    """

    __tablename__ = "accounts"
    fate: ClassVar[Fate] = "goes"

    name: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    display_name: Mapped[str] = mapped_column(String(256))
    mail: Mapped[str | None] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str | None] = mapped_column(String(256))
    password_hash: Mapped[str | None] = mapped_column(String(256))
    password_changed_at: Mapped[float | None] = mapped_column(Double)
    must_change_password: Mapped[bool]
    disabled_at: Mapped[float | None] = mapped_column(Double)
    last_sign_in_at: Mapped[float | None] = mapped_column(Double)
    last_seen_at: Mapped[float | None] = mapped_column(Double)

    __table_args__ = (Index(None, "source", "external_id", unique=True),)


class Group(Owned):
    """A department, and what its members work on together: a workspace.

    `owner` is the group itself. `purpose` is what its members use the server for.
    """

    __tablename__ = "groups"

    name: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    purpose: Mapped[str] = mapped_column(String(1024))
    source: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str | None] = mapped_column(String(256))

    __table_args__ = (Index(None, "source", "external_id", unique=True),)


class Membership(Owned):
    """That an account belongs to a group. `owner` is the account. The oldest is the group that
    somebody works in unless they choose another (`chosen`)."""

    __tablename__ = "memberships"
    fate: ClassVar[Fate] = "goes"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    group_id: Mapped[str] = mapped_column(ForeignKey("groups.id"), index=True)
    manages: Mapped[bool]
    chosen: Mapped[bool]

    __table_args__ = (Index(None, "account_id", "group_id", unique=True),)


class SignIn(Owned):
    """A session of somebody at the page. `owner` is the account.

    `token_sha256` is of the cookie; `csrf` is what the page sends with what it changes.
    """

    __tablename__ = "sessions"
    fate: ClassVar[Fate] = "goes"

    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    csrf: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    seen_at: Mapped[float] = mapped_column(Double)
    expires_at: Mapped[float] = mapped_column(Double, index=True)
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(256))


class ApiKey(Owned):
    """What a program comes in with. `owner` is the account it acts for.

    `prefix` is the beginning of the key, to be recognised by. Empty lists in `areas` and
    `models` allow everything that the owner may.
    """

    __tablename__ = "api_keys"
    fate: ClassVar[Fate] = "goes"

    key_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    prefix: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    areas: Mapped[list[str]] = mapped_column(Json)
    models: Mapped[list[str]] = mapped_column(Json)
    expires_at: Mapped[float | None] = mapped_column(Double)
    used_at: Mapped[float | None] = mapped_column(Double)
    revoked_at: Mapped[float | None] = mapped_column(Double)


class Attempts(Owned):
    """Failures to sign in with a name, whether there is one or not, or from an address.

    `id` says of what; `owner` is the server. Nobody may try again before `locked_until`;
    `failed_at` is the last one.
    """

    __tablename__ = "attempts"

    failures: Mapped[int]
    failed_at: Mapped[float] = mapped_column(Double, index=True)
    locked_until: Mapped[float] = mapped_column(Double)


class SetupCode(Owned):
    """The one code with which the first administrator can be made in the page."""

    __tablename__ = "setup_codes"

    code_sha256: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[float] = mapped_column(Double)
    tries_left: Mapped[int]
