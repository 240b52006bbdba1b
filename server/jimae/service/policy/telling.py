"""Findings as they are told with an answer: of which kind, how many, what was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from jimae.service.policy.looking import Finding

HEADER: Final = "x-jimae-findings"

# An answer is many calls away from what was found in its question. Whoever answers a request
# listens; tasks that it starts share what they hear.
_LISTENER: ContextVar[list[Finding] | None] = ContextVar("jimae-findings", default=None)


@contextmanager
def listening() -> Iterator[list[Finding]]:
    """What is found until the end, in the order of the texts."""
    heard: list[Finding] = []
    before = _LISTENER.set(heard)
    try:
        yield heard
    finally:
        _LISTENER.reset(before)


def tell(findings: Iterable[Finding]) -> None:
    """Say it to whoever listens."""
    listener = _LISTENER.get()
    if listener is not None:
        listener.extend(findings)


def header(findings: Iterable[Finding]) -> str:
    """A structured field (RFC 9651): `phone;count=2;action=mask, mail;count=1;action=warn`."""
    return ", ".join(
        f"{finding.kind};count={finding.count};action={finding.action}" for finding in findings
    )
