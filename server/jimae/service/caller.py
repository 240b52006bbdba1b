"""Who a request is from, and what that means for the queue and for memory."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from jimae.settings import Scope
from jimae.types import Principal, Priority

Role = Literal["user", "manager", "admin", "auditor"]
Via = Literal["local", "session", "key", "terminal", "server"]
"""How somebody came in: without accounts, signed in at the page, with an API key, by a
command at the terminal; or nobody did, and the server does it by itself."""


class KeyGrant(msgspec.Struct, frozen=True):
    """What an API key may be used for. Empty tuples allow everything its owner may."""

    id: str
    name: str
    areas: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has been let in, found once for each request.

    `id` owns everything that the request stores. `groups` are those they belong to, the one
    they work in first; `manages` those whose members they look after. `address` is that of
    the client, as far as a trusted proxy tells. Who must change their password may do nothing
    else before.
    """

    id: str
    name: str
    role: Role = "user"
    via: Via
    groups: tuple[str, ...] = ()
    manages: tuple[str, ...] = ()
    session_id: str | None = None
    key: KeyGrant | None = None
    address: str = ""
    must_change_password: bool = False

    @property
    def group(self) -> str | None:
        return self.groups[0] if self.groups else None


LOCAL: Final = Caller(id="local", name="local", role="admin", via="local")
"""Everybody, while there are no accounts."""
SERVER: Final = Caller(id="server", name="server", role="admin", via="server")


def principal(
    caller: Caller, user: str | None, sharing: Scope, priority: Priority = "interactive"
) -> Principal:
    """Who a request is charged to, and whose prompts it may share.

    A program's `user` names a turn in the queue within that of its account. It never
    names a scope: whose prompts may be shared is not for a client to claim.
    """
    apart = user is not None and caller.via in ("local", "key")
    return Principal(
        id=f"{caller.id}/{user}" if apart else caller.id,
        scope=_scope(caller, sharing),
        priority=priority,
    )


def group_scope(group_id: str) -> str:
    return f"group/{group_id}"


def key_scope(key_id: str) -> str:
    return f"key/{key_id}"


def _scope(caller: Caller, sharing: Scope) -> str:
    match sharing:
        case "server":
            return "server"
        case "group" if caller.group is not None:
            return group_scope(caller.group)
        case "key" if caller.key is not None:
            return key_scope(caller.key.id)
        case _:
            return caller.id
