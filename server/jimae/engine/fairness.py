"""How much service each user has had: virtual token counters.

Who has had least goes next. Source: "Fairness in Serving Large Language
Models" (Sheng et al., OSDI 2024).
"""

from __future__ import annotations

from collections.abc import Iterable

OUTPUT_WEIGHT = 2.0
"""Virtual tokens that a generated token is charged, against one for a prompt token."""


class ServiceCounters:
    """Virtual tokens by user, for those who have something running or waiting."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def arrive(self, user: str, active: Iterable[str]) -> None:
        """Count in a user whose request arrives; `active` are the users who are there.

        Someone who comes back does not live on credit from when they were away:
        they begin with the least of those who stayed.
        """
        present = set(active)
        if user in present:
            return
        kept = {other: self.values.get(other, 0.0) for other in present}
        floor = min(kept.values(), default=0.0)
        kept[user] = max(self.values.get(user, 0.0), floor) if present else 0.0
        self.values = kept

    def charge(self, user: str, *, prompt: int = 0, output: int = 0) -> None:
        """Charge tokens that were read in or written for a user."""
        service = prompt + OUTPUT_WEIGHT * output
        self.values[user] = self.values.get(user, 0.0) + service
