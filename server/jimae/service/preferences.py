"""How each person wants to be answered, kept for all of their chats."""

from __future__ import annotations

import time

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.instructions import NOTHING, Preferred
from jimae.service.items import new_id
from jimae.service.once_each import once_each
from jimae.store.page_tables import Comparison, Judgement, Preference
from jimae.store.store import Store


class Preferences:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, owner: str) -> Preferred:
        return await self._store.read(lambda session: preferred(session, owner))

    async def set(self, caller: Caller, wanted: Preferred) -> Preferred:
        """Keep it. Who takes their consent back takes back what was kept with it."""

        def transaction(session: Session) -> Preferred:
            row = _row(session, caller.id)
            if row is None:
                row = Preference(id=new_id("pref"), owner=caller.id, created_at=time.time())
                row.consented_at = None
                session.add(row)
            if wanted.consent != (row.consented_at is not None):
                act = "feedback.consent" if wanted.consent else "feedback.withdraw"
                note(session, caller, act)
                if not wanted.consent:
                    forget_texts(session, caller.id)
                row.consented_at = time.time() if wanted.consent else None
            row.data = {"style": wanted.style, "instructions": wanted.instructions}
            return wanted

        # Only taking back deletes, but which it is shows inside of the transaction.
        return await once_each(self._store.erase, transaction)


def preferred(session: Session, owner: str) -> Preferred:
    row = _row(session, owner)
    if row is None:
        return NOTHING
    return msgspec.convert({**row.data, "consent": row.consented_at is not None}, Preferred)


def consents(session: Session, owner: str) -> bool:
    row = _row(session, owner)
    return row is not None and row.consented_at is not None


def forget_texts(session: Session, owner: str) -> None:
    """What somebody judged stays a number; what they and the model wrote goes."""
    for table in (Judgement, Comparison):
        session.execute(update(table).where(table.owner == owner).values(texts=None))


def _row(session: Session, owner: str) -> Preference | None:
    return session.scalar(select(Preference).where(Preference.owner == owner))
