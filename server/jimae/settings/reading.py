"""Reading the settings: the file, then the environment, then the command line."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from jimae.errors import JimaeError
from jimae.settings.settings import (
    ENV_PREFIX,
    Settings,
    Source,
    default_data_dir,
    env_name,
    names,
    tables,
)

FILE_NAME: Final = "jimae.toml"

# https://docs.pydantic.dev/latest/errors/validation_errors/
_BOUNDS: Final = {
    "greater_than": ("gt", ">"),
    "greater_than_equal": ("ge", "≥"),
    "less_than": ("lt", "<"),
    "less_than_equal": ("le", "≤"),
}
_KINDS: Final = {
    "int_": "a whole number",
    "float_": "a number",
    "bool_": "true or false",
    "string_type": "a text",
    "list_": "a list",
    "tuple_": "a list",
    "dict_": "a table",
    "model_": "a table",
}
"""What was wanted, by the beginning of an error's type."""


def load(
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Read the settings of this run.

    `file` is an explicit path, else `jimae.toml` in the data directory if it
    exists; `overrides` come from the command line, keyed by dotted name.

    Raises JimaeError `settings_file` or one of `setting_…`.
    """
    environ = os.environ if environ is None else environ
    from_env = _from_environ(environ)
    from_cli = _nest({k: v for k, v in (overrides or {}).items() if v is not None})
    data_dir = from_cli.get("data_dir") or from_env.get("data_dir") or default_data_dir()
    path = file if file is not None else _expanded(data_dir) / FILE_NAME
    from_file = _from_file(path) if file is not None or path.is_file() else {}
    merged = _merge(_merge(from_file, from_env), from_cli)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        raise _explain(error) from None
    settings = settings.model_copy(update={"data_dir": _expanded(settings.data_dir).resolve()})
    layers: tuple[tuple[Source, Mapping[str, Any]], ...] = (
        ("file", from_file),
        ("environment", from_env),
        ("command line", from_cli),
    )
    for source, values in layers:
        settings._sources.update(dict.fromkeys(_flat(values), source))
    return settings


def _expanded(data_dir: str | Path) -> Path:
    """With the home directory in the place of its `~`, or of somebody's `~name`."""
    try:
        return Path(data_dir).expanduser()
    except RuntimeError as error:
        raise JimaeError(
            "setting_invalid", name="data_dir", value=repr(str(data_dir)), reason=str(error)
        ) from None


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
    # What two tables say together has no place; its error names the setting to change.
    about = first["ctx"] if first["type"] == "absent" else {}
    name = name or str(about.get("name", ""))
    given = about.get("value", first.get("input"))
    # A whole table may hold a password.
    if isinstance(given, dict | BaseModel) or name.endswith(("secret", "password")):
        return JimaeError("setting_wrong", name=name or FILE_NAME, reason=_reason(first))
    return _unfit(name, repr(given), first)


def _unfit(name: str, value: str, details: ErrorDetails) -> JimaeError:
    kind, about = details["type"], details.get("ctx", {})
    if kind == "literal_error":
        choices = about["expected"].replace(" or ", ", ")
        return JimaeError("setting_choice", name=name, value=value, choices=choices)
    if kind in _BOUNDS:
        key, sign = _BOUNDS[kind]
        limit = f"{sign} {about[key]:g}"
        return JimaeError("setting_range", name=name, value=value, limit=limit)
    for beginning, wanted in _KINDS.items():
        if kind.startswith(beginning):
            return JimaeError("setting_kind", name=name, value=value, kind=wanted)
    return JimaeError("setting_invalid", name=name, value=value, reason=_reason(details))


def _reason(details: ErrorDetails) -> str:
    """What one of our own checks says, without pydantic's word before it."""
    return details["msg"].removeprefix("Value error, ")
