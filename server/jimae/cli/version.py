"""`jimae version`."""

from __future__ import annotations

import platform

import jimae
from jimae.cli.console import stdout, words

HELP = words(
    """Print the version of jimae and of Python.

    Example: jimae version
    """,
    """jimae と Python のバージョンを表示します。

    例: jimae version
    """,
)


def version() -> None:
    stdout.print(f"jimae {jimae.__version__} (Python {platform.python_version()})")


version.__doc__ = HELP
