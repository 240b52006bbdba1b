"""Settings of one model, written into a person's own file with everything else kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from jimae.errors import JimaeError


def write_model(path: Path, id: str, values: Mapping[str, int]) -> None:
    """Set keys of the table `[model."id"]` in the file, which is made if it is not there.

    Comments, order and other settings stay. Raises JimaeError `settings_file`.
    """
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        text = with_model(before, id, values)
        # A link stays a link: people keep their settings in a folder under version control.
        real = path.resolve()
        real.parent.mkdir(parents=True, exist_ok=True)
        draft = real.with_name(real.name + ".new")
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            draft.chmod(real.stat().st_mode & 0o777)
        draft.replace(real)
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise JimaeError("settings_file", path=str(path), reason=str(error)) from None


def with_model(text: str, id: str, values: Mapping[str, int]) -> str:
    """The text of a settings file with these keys of `[model."id"]` set."""
    document = tomlkit.parse(text)
    models = document.get("model")
    if models is None:
        models = document["model"] = tomlkit.table(is_super_table=True)
    one = models.get(id)
    if one is None:
        one = tomlkit.table()
        models[id] = one
    for key, value in values.items():
        one[key] = value
    return tomlkit.dumps(document)
