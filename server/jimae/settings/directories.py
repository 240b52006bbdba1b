"""Settings of the directories that people are known in: OpenID Connect, LDAP and SCIM."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from jimae.settings.section import Section

MappedRole = Literal["user", "manager", "auditor", "admin"]
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
LOOPBACK: Final = frozenset(("127.0.0.1", "::1", "localhost"))


def _host(text: str) -> str:
    parts = urlsplit(f"//{text}")
    _ = parts.port  # raises for what is none
    if not text or parts.netloc != text or "@" in text:
        raise ValueError("it must be a host such as login.example.jp or login.example.jp:8443")
    return text


Host = Annotated[str, AfterValidator(_host)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
"""What a directory is called in addresses, commands and records."""


class _Mapping(Section):
    """What everybody's groups and roles are made of, whatever names them."""

    title: str | None = Field(None, description="What people are shown; unset shows the name.")
    create: bool = Field(
        True, description="Whether somebody's first sign-in makes an account for them."
    )
    allow: tuple[str, ...] = Field(
        (), description="Groups of the directory whose members may come in; empty lets all in."
    )
    groups: dict[str, str] = Field(
        {},
        description="Group here for a group there. Membership of these groups follows the "
        "directory at each sign-in; other groups are left alone.",
    )
    all_groups: bool = Field(
        False, description="Make every group there a group here, under its own name."
    )
    roles: dict[str, MappedRole] = Field(
        {},
        description="Role for a group there; the most powerful wins. Empty leaves roles to the "
        "administrators here.",
    )


class OidcSettings(_Mapping):
    """Sign-in with OpenID Connect: code flow with PKCE. In the file only."""

    issuer: str = Field(description="Address of the provider, exactly as its discovery says it.")
    client_id: str = Field(description="Id that the provider knows this server by.")
    client_secret: SecretStr | None = Field(
        None, description="Secret of this client; unset for a public client."
    )
    client_secret_file: Path | None = Field(None, description="File that holds the secret.")
    hosts: tuple[Host, ...] = Field(
        (),
        description="Other hosts (`host` or `host:port`) on which the provider keeps endpoints. "
        "Nothing but these and the issuer's own is ever connected to.",
    )
    ca_file: Path | None = Field(
        None,
        description="Certificates of the authority that signs the provider's; unset takes "
        "those of the system.",
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        10, description="How long the provider may take to answer."
    )
    scopes: tuple[str, ...] = Field(
        ("openid", "profile", "email"), description="What is asked for; `openid` must be there."
    )
    algorithms: tuple[Algorithm, ...] = Field(
        ("RS256", "PS256", "ES256", "EdDSA"),
        description="Signatures that are taken. None of them works with a shared secret.",
    )
    id_claim: str = Field(
        "sub", description="Claim that says for ever who somebody is. Entra ID: `oid`."
    )
    name_claim: str = Field("preferred_username", description="Claim with the name for signing in.")
    display_name_claim: str = Field("name", description="Claim with the name that is shown.")
    mail_claim: str = Field("email", description="Claim with the mail address.")
    groups_claim: str = Field("groups", description="Claim with the groups.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        parts = urlsplit(self.issuer)
        _ = parts.port  # raises for what is none
        if parts.hostname is None or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("issuer must be an address such as https://login.example.jp")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("issuer must begin with https://")
        if "openid" not in self.scopes:
            raise ValueError("scopes must contain openid")
        if self.client_secret is not None and self.client_secret_file is not None:
            raise ValueError("give client_secret or client_secret_file, not both")
        return self


class LdapSettings(_Mapping):
    """Sign-in with LDAP or Active Directory. In the file only."""

    url: str = Field(description="`ldaps://host` or, with STARTTLS, `ldap://host`.")
    active_directory: bool = Field(
        False, description="Take the names of attributes and filters that Active Directory has."
    )
    ca_file: Path | None = Field(
        None,
        description="Certificates of the authority that signs the server's; unset takes "
        "those of the system.",
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        5, description="How long the server may take for each step."
    )
    bind_dn: str | None = Field(
        None, description="Account that looks people up; unset signs in with user_dn directly."
    )
    bind_password: SecretStr | None = Field(None, description="Its password.")
    bind_password_file: Path | None = Field(None, description="File that holds its password.")
    user_dn: str | None = Field(
        None,
        description="Without bind_dn: what somebody binds as, such as "
        "`uid={name},ou=people,dc=example,dc=jp`, or `{name}@example.jp` with Active Directory.",
    )
    base: str = Field(description="Where people are looked for.")
    user_filter: str = Field(
        "", description="Filter that finds somebody by `{name}`; unset takes the usual one."
    )
    id_attribute: str = Field(
        "", description="Attribute that never changes; unset: `entryUUID`, or `objectGUID`."
    )
    name_attribute: str = Field(
        "", description="Attribute with the name for signing in; unset: `uid`, or `sAMAccountName`."
    )
    display_name_attribute: str = Field("", description="Unset: `cn`, or `displayName`.")
    mail_attribute: str = Field("mail", description="Attribute with the mail address.")
    groups_base: str | None = Field(None, description="Where groups are; unset takes base.")
    groups_filter: str = Field(
        "",
        description="Filter that finds the groups of `{dn}` (or `{name}`); unset takes the "
        "usual one.",
    )
    group_attribute: str = Field("cn", description="Attribute with a group's name.")
    nested_groups: bool = Field(
        False, description="With Active Directory: count groups in groups, too."
    )
    recheck_minutes: Annotated[float, Field(ge=0, le=1440)] = Field(
        15,
        description="How often those who came in are looked for again: who was disabled or is "
        "gone loses access. Needs bind_dn; 0 never.",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        usual = _ACTIVE_DIRECTORY if given.get("active_directory") is True else _LDAP
        if given.get("nested_groups") is True:
            usual = usual | {"groups_filter": _NESTED}
        return usual | {name: value for name, value in given.items() if value != ""}

    @model_validator(mode="after")
    def _check(self) -> Self:
        parts = urlsplit(self.url)
        _ = parts.port  # raises for what is none
        if parts.scheme not in ("ldap", "ldaps") or parts.hostname is None or parts.path.strip("/"):
            raise ValueError("url must be ldaps://host or ldap://host")
        if (self.bind_dn is None) == (self.user_dn is None):
            raise ValueError("give either bind_dn or user_dn")
        if self.bind_dn is not None and (self.bind_password is None) == (
            self.bind_password_file is None
        ):
            raise ValueError("bind_dn needs bind_password or bind_password_file")
        for name, filled in (("user_dn", self.user_dn), ("user_filter", self.user_filter)):
            if filled is not None and "{name}" not in filled:
                raise ValueError(f"{name} must contain {{name}}")
        if self.nested_groups and not self.active_directory:
            raise ValueError("nested_groups needs active_directory")
        return self


_LDAP: Final = {
    "user_filter": "(&(objectClass=person)(uid={name}))",
    "id_attribute": "entryUUID",
    "name_attribute": "uid",
    "display_name_attribute": "cn",
    "groups_filter": "(|(member={dn})(uniqueMember={dn})(memberUid={name}))",
}
_ACTIVE_DIRECTORY: Final = {
    "user_filter": "(&(objectCategory=person)(objectClass=user)"
    "(|(sAMAccountName={name})(userPrincipalName={name})))",
    "id_attribute": "objectGUID",
    "name_attribute": "sAMAccountName",
    "display_name_attribute": "displayName",
    "groups_filter": "(&(objectClass=group)(member={dn}))",
}
# LDAP_MATCHING_RULE_IN_CHAIN: the server itself follows groups in groups.
_NESTED: Final = "(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={dn}))"


class ScimSettings(Section):
    """Accounts that a directory keeps by SCIM 2.0."""

    directory: Name | None = Field(
        None,
        description="Name of the `[oidc.NAME]` that these people sign in with: an externalId is "
        "then what its id_claim says. Unset keeps them apart.",
    )
