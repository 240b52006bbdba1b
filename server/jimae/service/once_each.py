"""Changes to what there is one row of, when two come at the same moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from jimae.errors import JimaeError
from jimae.store.store import Transaction

T = TypeVar("T")

# Of twenty that come together, each round lets at least one through; who is still not through
# after some is told so.
ROUNDS: Final = 8


async def once_each(
    write: Callable[[Transaction[T]], Awaitable[T]], transaction: Transaction[T]
) -> T:
    """Write a row that `transaction` finds and changes, or adds. Of two that both find none, the
    one that came second finds it then. Raises `changed_at_once` where that does not end."""
    for _ in range(ROUNDS - 1):
        try:
            return await write(transaction)
        except JimaeError as error:
            if error.code != "changed_at_once":
                raise
    return await write(transaction)
