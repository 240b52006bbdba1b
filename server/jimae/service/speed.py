"""How fast each model answers on this machine, from the answers it has given."""

from __future__ import annotations

import statistics
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.store.usage_tables import LedgerEntry

# Shorter answers tell more of the prompt than of the speed.
LEAST_TOKENS: Final = 32
# So many of the newest, for a speed that follows what is on the machine.
NEWEST: Final = 50


def measured(session: Session, models: list[str]) -> dict[str, float]:
    """Tokens per second, the median over the newest whole answers; reading the prompt is part
    of it, waiting in the queue is not. A model without such an answer is left out."""
    found = {model: _rates(session, model) for model in models}
    return {model: round(statistics.median(rates), 1) for model, rates in found.items() if rates}


def _rates(session: Session, model: str) -> list[float]:
    newest = (
        select(LedgerEntry.completion_tokens, LedgerEntry.seconds, LedgerEntry.waited)
        .where(LedgerEntry.model == model, LedgerEntry.outcome == "done")
        .where(LedgerEntry.completion_tokens >= LEAST_TOKENS)
        .where(LedgerEntry.seconds > LedgerEntry.waited)
        .order_by(LedgerEntry.created_at.desc())
        .limit(NEWEST)
    )
    return [tokens / (seconds - waited) for tokens, seconds, waited in session.execute(newest)]
