"""Which language to speak on a terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping

from jimae.errors import Language


def language(wanted: str | None = None, environ: Mapping[str, str] | None = None) -> Language:
    """`wanted` ("ja" or "en") if given, else what the locale variables say."""
    environ = os.environ if environ is None else environ
    if wanted is None:
        names = ("LC_ALL", "LC_MESSAGES", "LANG")
        wanted = next((environ[name] for name in names if environ.get(name)), "")
    return "ja" if wanted.lower().startswith("ja") else "en"
