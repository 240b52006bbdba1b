"""`jimae version`."""

from __future__ import annotations

import platform

import jimae
from jimae.cli.console import stdout


def version() -> None:
    """Print the version of jimae and of Python.

    Example: jimae version
    """
    stdout.print(f"jimae {jimae.__version__} (Python {platform.python_version()})")
