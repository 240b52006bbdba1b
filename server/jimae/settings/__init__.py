"""Settings: declared once here, read from `jimae.toml` and `JIMAE_*`.

Environment variables win over the file, and the command line over both. An
unknown key or a bad value stops the start. `docs/settings.md` is generated from
these declarations, and `docs/settings.ja.md` from `japanese/`.

pydantic-settings is not used: it passes over unknown environment variables, and
a mistyped `JIMAE_` name has to stop the start.
"""

from jimae.settings.directories import LdapSettings
from jimae.settings.keeping import AuditSettings, DatabaseSettings, FilesSettings
from jimae.settings.models import EngineSettings, KvType, ModelSettings, Scope
from jimae.settings.reading import FILE_NAME, load
from jimae.settings.serving import AccountsSettings, ServerSettings
from jimae.settings.settings import (
    NAMED,
    Settings,
    Source,
    default_data_dir,
    described,
    env_name,
    names,
    tables,
)

__all__ = [
    "FILE_NAME",
    "NAMED",
    "AccountsSettings",
    "AuditSettings",
    "DatabaseSettings",
    "EngineSettings",
    "FilesSettings",
    "KvType",
    "LdapSettings",
    "ModelSettings",
    "Scope",
    "ServerSettings",
    "Settings",
    "Source",
    "default_data_dir",
    "described",
    "env_name",
    "load",
    "names",
    "tables",
]
