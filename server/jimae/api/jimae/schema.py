"""What requests about people, groups and sessions may hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from jimae.api.openai.files.schema import StoredId, Texts

# No controls: nobody means them in a name, and databases do not take all of them.
LINE = r"^[^\x00-\x1f\x7f]*$"
Typed = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=LINE)]
Shown = Annotated[str, StringConstraints(max_length=256, pattern=LINE)]
Mail = Annotated[str, StringConstraints(max_length=320, pattern=LINE)]
Purpose = Annotated[str, StringConstraints(max_length=1024, pattern=LINE)]
RoleName = Literal["user", "manager", "admin", "auditor"]

MOST_GROUPS = 64


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SignInRequest(Strict):
    """Body of POST /jimae/session."""

    name: Typed
    password: Typed


class SetupRequest(Strict):
    """Body of POST /jimae/setup."""

    code: Typed
    name: Typed
    password: Typed


class MeRequest(Strict):
    """Body of POST /jimae/me. `group` is the one to work in."""

    display_name: Shown | None = None
    group: StoredId | None = None


class PasswordRequest(Strict):
    """Body of POST /jimae/me/password."""

    current: Typed
    new: Typed


class NewUserRequest(Strict):
    """Body of POST /jimae/admin/users. Without a password, one is made up and told once."""

    name: Typed
    display_name: Shown = ""
    mail: Mail | None = None
    role: RoleName = "user"
    groups: Annotated[list[StoredId], Field(max_length=MOST_GROUPS, default_factory=list)]
    password: Typed | None = None


class UserRequest(Strict):
    """Body of POST /jimae/admin/users/{user_id}: what is to be different. `locked`, which can
    only be false, lets somebody try to sign in again at once."""

    name: Typed | None = None
    display_name: Shown | None = None
    mail: Mail | None = None
    role: RoleName | None = None
    disabled: bool | None = None
    must_change_password: bool | None = None
    locked: Literal[False] | None = None


class NewGroupRequest(Strict):
    """Body of POST /jimae/admin/groups."""

    name: Typed
    purpose: Purpose = ""


class GroupRequest(Strict):
    """Body of POST /jimae/admin/groups/{group_id}: what is to be different."""

    name: Typed | None = None
    purpose: Purpose | None = None


class MemberRequest(Strict):
    """Body of POST /jimae/admin/groups/{group_id}/members."""

    user: StoredId
    manages: bool = False


class GroupsQuery(Texts):
    """`search` looks in names and purposes."""

    search: Shown | None = None
    after: StoredId | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class UsersQuery(GroupsQuery):
    """`search` looks in names and mail."""

    group: StoredId | None = None
    role: RoleName | None = None
    disabled: Literal["true", "false"] | None = None


class DeleteUserQuery(Texts):
    """`transfer_to`: the id of who gets what they made; without it, that is deleted."""

    transfer_to: StoredId | None = None
