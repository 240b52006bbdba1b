"""scripts/prove: the full counts of what scripts/test tries in part."""

from __future__ import annotations

from collections.abc import Sequence

from lib.places import ROOT
from lib.runs import main_for


def main(arguments: Sequence[str]) -> int:
    purpose = "Run a long proof: what scripts/test tries a few times, in full. Minutes to hours."
    return main_for("prove", ROOT / "scripts" / "proofs", purpose, arguments)
