"""All settings of one server, and what they are called."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, Field, PrivateAttr, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from jimae.errors import Language
from jimae.settings import japanese
from jimae.settings.directories import LdapSettings, Name, OidcSettings, ScimSettings
from jimae.settings.keeping import (
    AuditSettings,
    BatchesSettings,
    ChatsSettings,
    DatabaseSettings,
    FilesSettings,
)
from jimae.settings.models import EngineSettings, ModelSettings, ModelsSettings
from jimae.settings.section import Section
from jimae.settings.serving import AccountsSettings, LogSettings, ServerSettings

ENV_PREFIX: Final = "JIMAE_"
ENV_DELIMITER: Final = "__"

Source = Literal["default", "file", "environment", "command line"]

# Accounts that no directory named in the settings vouches for.
RESERVED: Final = frozenset(("local", "scim"))
# Tables whose own tables have names that somebody chose: in the file only.
NAMED: Final = ("model", "oidc", "ldap")


def default_data_dir() -> Path:
    """Where everything that the server writes goes unless told otherwise."""
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "jimae"


class Settings(Section):
    """All settings of one server."""

    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="The directory that holds everything the server writes: models, database, log.",
    )
    server: ServerSettings = ServerSettings()
    models: ModelsSettings = ModelsSettings()
    engine: EngineSettings = EngineSettings()
    accounts: AccountsSettings = AccountsSettings()
    database: DatabaseSettings = DatabaseSettings()
    files: FilesSettings = FilesSettings()
    chats: ChatsSettings = ChatsSettings()
    batches: BatchesSettings = BatchesSettings()
    audit: AuditSettings = AuditSettings()
    log: LogSettings = LogSettings()
    scim: ScimSettings = ScimSettings()
    oidc: dict[Name, OidcSettings] = Field(
        default_factory=dict, description="Providers of OpenID Connect, by their names."
    )
    ldap: dict[Name, LdapSettings] = Field(
        default_factory=dict, description="LDAP servers, by their names."
    )
    model: dict[str, ModelSettings] = Field(
        default_factory=dict, description="What differs for single models, by their ids."
    )

    @model_validator(mode="after")
    def _directories(self) -> Self:
        """An account says by one name where it comes from."""
        for name in self.oidc.keys() & (self.ldap.keys() | RESERVED):
            raise ValueError(f"oidc.{name} needs another name: {name} is taken")
        for name in self.ldap.keys() & RESERVED:
            raise ValueError(f"ldap.{name} needs another name: {name} is taken")
        directory = self.scim.directory
        if directory is not None and directory not in self.oidc:
            raise PydanticCustomError(
                "absent",
                "there is no [oidc.{value}]",
                {"name": "scim.directory", "value": directory},
            )
        return self

    _sources: dict[str, Source] = PrivateAttr(default_factory=dict)

    def source_of(self, name: str) -> Source:
        """Where the value of a setting came from; `name` is dotted."""
        return self._sources.get(name, "default")

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    def for_model(self, model_id: str) -> Settings:
        """These settings with what the model's own table says in `engine`."""
        own = self.model.get(model_id)
        if own is None:
            return self
        differing = own.model_dump(exclude_none=True, exclude={"draft"})
        engine = self.engine.model_copy(update=differing)
        return self.model_copy(update={"engine": engine})

    def draft_of(self, model_id: str) -> str | None:
        """The id of the model that guesses ahead of this one, if there is to be one."""
        own = self.model.get(model_id)
        return own.draft if own is not None else None


def names() -> list[str]:
    """Every setting's dotted name, in the order of their declaration; tables whose names are
    not known beforehand (`[model."ID"]`) left out."""
    found: list[str] = []
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            found += [f"{name}.{inner}" for inner in section.model_fields]
        elif name not in NAMED:
            found.append(name)
    return found


def tables() -> dict[str, type[BaseModel]]:
    """What a table of each kind in `NAMED` holds."""
    return {"model": ModelSettings, "oidc": OidcSettings, "ldap": LdapSettings}


def described(name: str, language: Language) -> str:
    """What a setting is; that of a named table is called `oidc.issuer`, without the name."""
    if language == "ja":
        return japanese.SETTINGS[name]
    table, _, field = name.rpartition(".")
    if not table:
        return Settings.model_fields[name].description or ""
    section = tables().get(table) or Settings.model_fields[table].annotation
    fields: dict[str, FieldInfo] = getattr(section, "model_fields", {})
    return fields[field].description or ""


def env_name(name: str) -> str:
    """`engine.kv_tokens` -> `JIMAE_ENGINE__KV_TOKENS`."""
    return ENV_PREFIX + name.upper().replace(".", ENV_DELIMITER)
