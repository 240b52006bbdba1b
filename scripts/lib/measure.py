"""scripts/measure: speeds, as ratios, on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from lib.places import ROOT
from lib.runs import main_for


def main(arguments: Sequence[str]) -> int:
    purpose = "Run a measurement. Leave the machine alone meanwhile: other work changes the result."
    return main_for("measure", ROOT / "scripts" / "measurements", purpose, arguments)
