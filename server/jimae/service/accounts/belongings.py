"""What somebody owns: taken over, given to somebody else, or deleted with their account.

Every table says by its `fate` what becomes of its rows, so that one which is added later is not
forgotten. What is kept outside of the database registers how it is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from jimae.store.tables import Base, Fate, Owned

After = Callable[[], None]
"""What is left to do when the transaction is committed, in a thread: files to remove."""
Forget = Callable[[Session, str], After | None]
"""Called with an owner before their rows are deleted."""


def take_over(session: Session, owner: str, new_owner: str) -> None:
    """Everything of `owner` but the records of what they did is somebody else's."""
    _give(session, owner, new_owner, ("passes", "goes"))


def give(session: Session, owner: str, new_owner: str) -> None:
    """What `owner` made is somebody else's; what is about them stays with them."""
    _give(session, owner, new_owner, ("passes",))


def forget(session: Session, owner: str, parts: Sequence[Forget] = ()) -> list[After]:
    """Delete everything of `owner` but the records of what they did."""
    left = [part(session, owner) for part in parts]
    for table in _tables(("passes", "goes")):
        session.execute(
            delete(table).where(table.owner == owner).execution_options(synchronize_session=False)
        )
    return [after for after in left if after is not None]


def _give(session: Session, owner: str, new_owner: str, fates: Sequence[Fate]) -> None:
    for table in _tables(fates):
        session.execute(
            update(table)
            .where(table.owner == owner)
            .values(owner=new_owner)
            .execution_options(synchronize_session=False)
        )


def _tables(fates: Sequence[Fate]) -> Iterator[type[Owned]]:
    """Those that point at others first."""
    by_table = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    for table in reversed(Base.metadata.sorted_tables):
        kind = by_table.get(table)
        if kind is not None and issubclass(kind, Owned) and kind.fate in fates:
            yield kind
