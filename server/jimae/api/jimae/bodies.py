"""People and groups as our own API tells them. Times are Unix seconds."""

from __future__ import annotations

from typing_extensions import TypedDict

from jimae.service.accounts.accounts import Me
from jimae.service.caller import Role, Via


class OwnGroup(TypedDict):
    id: str
    name: str
    purpose: str
    manages: bool


class MeBody(TypedDict):
    """Who is signed in. The first group is the one they work in."""

    id: str
    name: str
    display_name: str
    role: Role
    groups: list[OwnGroup]
    must_change_password: bool
    via: Via


def me_body(me: Me) -> MeBody:
    caller = me.caller
    return {
        "id": caller.id,
        "name": caller.name,
        "display_name": me.display_name,
        "role": caller.role,
        "groups": [
            {
                "id": group.id,
                "name": group.name,
                "purpose": group.purpose,
                "manages": group.id in caller.manages,
            }
            for group in me.groups
        ],
        "must_change_password": caller.must_change_password,
        "via": caller.via,
    }
