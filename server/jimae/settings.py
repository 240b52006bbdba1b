"""Settings: declared once here, read from `jimae.toml` and `JIMAE_*`.

Environment variables win over the file, and the command line over both. An
unknown key or a bad value stops the start. `docs/settings.md` is generated from
these declarations.

pydantic-settings is not used: it passes over unknown environment variables, and
a mistyped `JIMAE_` name has to stop the start.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    model_validator,
)

from jimae.directory_settings import LdapSettings, Name, OidcSettings, ScimSettings
from jimae.errors import JimaeError

ENV_PREFIX = "JIMAE_"
ENV_DELIMITER = "__"
FILE_NAME = "jimae.toml"

# What both [engine] and a [model."ID"] table can say.
Context = Annotated[int, Field(ge=0)]
KvTokens = Annotated[int, Field(ge=256)]
Parallel = Annotated[int, Field(ge=1, le=128)]
Threads = Annotated[int, Field(ge=0)]
Batch = Annotated[int, Field(ge=128, le=4096)]
GpuLayers = Annotated[int, Field(ge=-1)]


def _listed(value: object) -> object:
    """Several values, also as one text with commas: environment variables have no lists."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _network(value: str) -> str:
    return str(ipaddress.ip_network(value))


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no time zone is called that; a name is such as Asia/Tokyo") from None
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], BeforeValidator(_listed)]
Scope = Literal["user", "key", "group", "server"]
Source = Literal["default", "file", "environment", "command line"]
KvType = Literal["f16", "q8_0"]

# Accounts that no directory named in the settings vouches for.
RESERVED: Final = frozenset(("local", "scim"))
# Tables whose own tables have names that somebody chose: in the file only.
NAMED: Final = ("model", "oidc", "ldap")


def default_data_dir() -> Path:
    """Where everything that the server writes goes unless told otherwise."""
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "jimae"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _public(url: str) -> str:
    """Without a slash at its end, so that paths can follow."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("it must be an address such as https://ai.example.jp")
    return url.rstrip("/")


class ServerSettings(_Section):
    """How the server listens."""

    host: str = Field(
        "127.0.0.1",
        description="Address to listen on. Others than loopback need an administrator's account.",
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8080, description="Port to listen on; 0 picks a free one."
    )
    max_body_mb: Annotated[float, Field(gt=0, le=1024)] = Field(
        32, description="Largest request body in MiB; a larger one is answered 413."
    )
    hosts: Names = Field(
        (),
        description="Names that this server is called by, without ports; those of its own machine "
        "always may be used. Empty takes any, once there are accounts.",
    )
    public_url: Annotated[str, AfterValidator(_public)] | None = Field(
        None,
        description="Address that people open this server at, such as `https://ai.example.jp`: "
        "where providers of OpenID Connect send them back to.",
    )
    trusted_proxies: Networks = Field(
        (),
        description="Addresses or networks of reverse proxies: only from there do X-Forwarded-For, "
        "-Proto and -Host count, once there are accounts.",
    )
    drain_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        30, description="How long a stop waits for running answers before it ends them."
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        "Asia/Tokyo",
        description="Where days, months and hours are counted, for limits and statistics.",
    )


class ModelsSettings(_Section):
    """Which models there are."""

    default: str | None = Field(
        None, description="Model id to load at start; unset takes the best one that is there."
    )
    hub: str | None = Field(
        None, description="Base URL of a model hub mirror that `jimae pull` uses."
    )
    ttl_minutes: Annotated[float, Field(ge=0)] = Field(
        0,
        description="Minutes without a request after which a model leaves memory; 0 keeps it "
        "until the memory is needed. The default model stays.",
    )
    import_dir: Path | None = Field(
        None,
        description="Folder from which administrators take models in, in the page; unset is "
        "`import` in the data directory.",
    )


class EngineSettings(_Section):
    """How a model runs."""

    context: Context = Field(
        0,
        description="Most tokens (prompt and answer) of one request; "
        "0 takes what the model and kv_tokens allow.",
    )
    kv_tokens: KvTokens = Field(
        32768,
        description="Tokens of context held in memory at once, for all requests together "
        "and for what is kept for reuse.",
    )
    parallel: Parallel = Field(16, description="Most answers that are written at the same time.")
    max_queue: Annotated[int, Field(ge=0)] = Field(
        128, description="Most requests that wait; one more is answered 429."
    )
    target_itl: Annotated[float, Field(gt=0, le=60)] = Field(
        0.8,
        description="Seconds that one step should take at most while somebody is reading "
        "an answer: long prompts are read in chunks that keep to it.",
    )
    reproducible_tokens: Annotated[int, Field(ge=0)] = Field(
        0,
        description="Tokens of context for requests that ask to be reproducible: they run one "
        "at a time in memory of their own. 0 refuses them.",
    )
    embedding_tokens: Annotated[int, Field(ge=0, le=2**20)] = Field(
        2048,
        description="Tokens of text that a model made to write reads at once to turn them into "
        "vectors, in memory that it takes at the first such request; 0 refuses them. Models "
        "made for it go by kv_tokens.",
    )
    kv_type: KvType = Field("f16", description="Number format of the KV cache.")
    threads: Threads = Field(0, description="CPU threads; 0 takes one per physical core.")
    batch: Batch = Field(
        512,
        description="Most tokens of one step: prompts are read in chunks of at most this many "
        "when nobody is reading an answer. `jimae tune` finds what is enough.",
    )
    gpu_layers: GpuLayers = Field(-1, description="Layers to put on a GPU; -1 as many as fit.")
    disk_cache_mb: Annotated[float, Field(ge=0)] = Field(
        1024,
        description="Most MiB per model of conversations' beginnings kept on disk, so that "
        "they need not be read in again after a restart; 0 keeps none, and neither does "
        "`audit.encryption_keys`: they are not encrypted.",
    )
    disk_cache_days: Annotated[float, Field(gt=0, le=36500)] = Field(
        7, description="Days after its last use that such a beginning is deleted."
    )
    sharing: Scope = Field(
        "user",
        description="Whose requests may share a prompt's beginning in memory: "
        "the same user's, key's, group's, or everybody's on this server.",
    )


class ModelSettings(_Section):
    """How one model runs, where it differs from `[engine]`. In the file only."""

    context: Context | None = Field(None, description="As engine.context.")
    kv_tokens: KvTokens | None = Field(None, description="As engine.kv_tokens.")
    parallel: Parallel | None = Field(None, description="As engine.parallel.")
    kv_type: KvType | None = Field(None, description="As engine.kv_type.")
    threads: Threads | None = Field(None, description="As engine.threads.")
    batch: Batch | None = Field(None, description="As engine.batch.")
    gpu_layers: GpuLayers | None = Field(None, description="As engine.gpu_layers.")


class AccountsSettings(_Section):
    """People who sign in."""

    password_length: Annotated[int, Field(ge=8, le=128)] = Field(
        12, description="Fewest characters of a password."
    )
    session_idle_minutes: Annotated[float, Field(gt=0, le=525_600)] = Field(
        720, description="Minutes without a request after which somebody has to sign in again."
    )
    session_hours: Annotated[float, Field(gt=0, le=87_600)] = Field(
        168, description="Hours after signing in after which one has to sign in again."
    )


class DatabaseSettings(_Section):
    """Where accounts, conversations and stored responses are kept."""

    url: SecretStr | None = Field(
        None,
        description="PostgreSQL to keep them in, as `postgresql://user:password@host:5432/name`; "
        "unset keeps them in the file `jimae.db` in the data directory.",
    )


class FilesSettings(_Section):
    """What programs may keep here."""

    max_mb: Annotated[float, Field(gt=0, le=1024 * 1024)] = Field(
        512, description="Largest file in MiB that can be uploaded; a larger one is answered 413."
    )


class ChatsSettings(_Section):
    """Chats that people keep at the page."""

    unread_seconds: Annotated[float, Field(ge=1, le=86_400)] = Field(
        30,
        description="How long an answer is written on while no page reads it, for one that is "
        "loaded again; then it ends with what there is.",
    )
    trash_days: Annotated[float, Field(ge=0, le=3650)] = Field(
        30, description="Days that a chat stays in the trash before it is deleted for good."
    )
    max_import_mb: Annotated[float, Field(gt=0, le=16 * 1024)] = Field(
        512, description="Largest file of chats in MiB that can be imported."
    )


class BatchesSettings(_Section):
    """Requests that come in a file and are answered when nobody waits."""

    max_requests: Annotated[int, Field(ge=1)] = Field(
        50_000, description="Most requests of one batch."
    )
    parallel: Annotated[int, Field(ge=1, le=128)] = Field(
        4, description="Most requests of batches that are asked of a model at the same time."
    )


class AuditSettings(_Section):
    """The audit log: how it is signed, kept and read."""

    checkpoint_records: Annotated[int, Field(ge=1)] = Field(
        1000, description="Records after which the end of the log is signed."
    )
    checkpoint_minutes: Annotated[float, Field(gt=0, le=1440)] = Field(
        10, description="Minutes after which it is signed if anything was recorded."
    )
    metadata_days: Annotated[int, Field(ge=0, le=36500)] = Field(
        1826,
        description="Days after which records are deleted, unless the database says otherwise "
        "(`jimae audit retention`); 0 keeps them.",
    )
    content_days: Annotated[int, Field(ge=0, le=36500)] = Field(
        365,
        description="The same for what was asked and answered; 0 keeps it as long as its record.",
    )
    encryption_keys: Path | None = Field(
        None,
        description="File with keys that encrypt what was asked and answered, one a line, the "
        "last one in use (`jimae audit encryption-key` adds one); unset does not encrypt it.",
    )
    admins_read_content: bool = Field(
        False,
        description="Whether administrators, too, may read in the log what was asked and "
        "answered. Auditors may; whoever does is recorded.",
    )


class LogSettings(_Section):
    """What the server writes to its log."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least important level that is written."
    )


class Settings(_Section):
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
        if self.scim.directory is not None and self.scim.directory not in self.oidc:
            raise ValueError(f"scim.directory names oidc.{self.scim.directory}, which is not there")
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
        engine = self.engine.model_copy(update=own.model_dump(exclude_none=True))
        return self.model_copy(update={"engine": engine})


def load(
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Read the settings of this run.

    `file` is an explicit path, else `jimae.toml` in the data directory if it
    exists; `overrides` come from the command line, keyed by dotted name.

    Raises JimaeError `setting_unknown`, `setting_invalid` or `settings_file`.
    """
    environ = os.environ if environ is None else environ
    from_env = _from_environ(environ)
    from_cli = _nest({k: v for k, v in (overrides or {}).items() if v is not None})
    data_dir = from_cli.get("data_dir") or from_env.get("data_dir") or default_data_dir()
    path = file if file is not None else Path(data_dir).expanduser() / FILE_NAME
    from_file = _from_file(path) if file is not None or path.is_file() else {}
    merged = _merge(_merge(from_file, from_env), from_cli)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        raise _explain(error) from None
    settings = settings.model_copy(update={"data_dir": settings.data_dir.expanduser().resolve()})
    layers: tuple[tuple[Source, Mapping[str, Any]], ...] = (
        ("file", from_file),
        ("environment", from_env),
        ("command line", from_cli),
    )
    for source, values in layers:
        settings._sources.update(dict.fromkeys(_flat(values), source))
    return settings


def names() -> list[str]:
    """Every setting's dotted name, in the order of their declaration; tables whose names are
    not known beforehand (`[model."ID"]`) left out."""
    found: list[str] = []
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, _Section):
            found += [f"{name}.{inner}" for inner in section.model_fields]
        elif name not in NAMED:
            found.append(name)
    return found


def tables() -> dict[str, type[BaseModel]]:
    """What a table of each kind in `NAMED` holds."""
    return {"model": ModelSettings, "oidc": OidcSettings, "ldap": LdapSettings}


def env_name(name: str) -> str:
    """`engine.kv_tokens` -> `JIMAE_ENGINE__KV_TOKENS`."""
    return ENV_PREFIX + name.upper().replace(".", ENV_DELIMITER)


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    known = {env_name(name): name for name in names()}
    values: dict[str, Any] = {}
    for variable in sorted(environ):
        if not variable.startswith(ENV_PREFIX):
            continue
        if variable not in known:
            raise _unknown(variable, known)
        values[known[variable]] = environ[variable]
    return _nest(values)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise JimaeError("settings_file", path=str(path), reason=str(error)) from None


def _nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        *sections, last = name.split(".")
        target = nested
        for section in sections:
            target = target.setdefault(section, {})
        target[last] = value
    return nested


def _flat(nested: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted names of what has a value."""
    for name, value in nested.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def _merge(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for name, value in high.items():
        below = merged.get(name)
        merged[name] = _merge(below, value) if isinstance(below, dict) else value
    return merged


def _unknown(name: str, known: Mapping[str, str] | list[str]) -> JimaeError:
    import difflib

    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.4)
    return JimaeError("setting_unknown", name=name, near=", ".join(near) or "-")


def _explain(error: ValidationError) -> JimaeError:
    first = error.errors()[0]
    # Of a list, the whole is a setting.
    name = ".".join(part for part in first["loc"] if isinstance(part, str))
    if first["type"] == "extra_forbidden":
        known = names()
        if (table := tables().get(str(first["loc"][0]))) is not None and len(first["loc"]) > 1:
            above = ".".join(map(str, first["loc"][:2]))
            known = [f"{above}.{inner}" for inner in table.model_fields]
        return _unknown(name, known)
    if first["type"] == "missing":
        return JimaeError("setting_missing", name=name)
    given = first.get("input")
    # A whole table may hold a password.
    if isinstance(given, dict | BaseModel) or name.endswith(("secret", "password")):
        return JimaeError("setting_wrong", name=name or FILE_NAME, reason=first["msg"])
    return JimaeError("setting_invalid", name=name, value=repr(given), reason=first["msg"])
