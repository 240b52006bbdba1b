"""What a directory says of somebody."""

from __future__ import annotations

from typing import NamedTuple


class Person(NamedTuple):
    """Somebody whom a directory vouches for.

    `external_id` never changes there and belongs to nobody else, unlike `name`, which they
    sign in with. `groups` are names of the directory's.
    """

    directory: str
    external_id: str
    name: str
    display_name: str = ""
    mail: str | None = None
    groups: tuple[str, ...] = ()
