"""What SCIM may keep here of people and groups: no more than this server needs.

Schemas of RFC 7643 with the attributes that mean something here. A directory sends more (phone
numbers, managers, addresses): these are read over, not kept.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Filter,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

MOST_RESULTS: Final = 500


class Email(ComplexAttribute):
    """One is kept: the primary, or the first."""

    value: str | None = None
    type: str | None = None
    primary: bool | None = None


class User(Resource[Any]):
    """An account."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The name for signing in."""

    display_name: str | None = None
    """The name that is shown."""

    active: bool | None = None
    """Whether they may come in."""

    emails: list[Email] | None = None
    """The mail address."""


class Member(ComplexAttribute):
    """Somebody in a group."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The id of their account."""

    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(  # noqa: UP037
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """Where their account is."""

    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    """`User`: groups in groups are not kept."""

    display: str | None = None
    """The name for signing in. What a directory sends for it is read over."""


class Group(Resource[Any]):
    """A group, which is also what its members work on together."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """Its name."""

    members: list[Member] | None = None
    """Who is in it."""


# As Entra ID and Okta write: more attributes than are kept, members to be removed as a value,
# a part of an entry that is not there yet.
POLICY: Final = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)

CONFIG: Final = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MOST_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=False),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="API key",
            description="A key of this server whose area is `provision`, as a bearer token.",
            primary=True,
        )
    ],
)

PROVIDER: Final = ScimProvider(
    models=[User, Group],
    resource_types=[ResourceType.from_resource(User), ResourceType.from_resource(Group)],
    config=CONFIG,
    policy=POLICY,
)
