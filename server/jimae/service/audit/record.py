"""Writing records: always in the transaction of what they record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy.orm import Session

from jimae.service.caller import Caller

Outcome = Literal["done", "refused", "failed"]


def note(
    session: Session,
    caller: Caller,
    act: str,
    *,
    target: str | None = None,
    outcome: Outcome = "done",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Record one act, such as `user.disable`, `key.create`, `sign_in` or `chat.read`.

    `target` is the id of what was acted on; `details` are its facts as JSON, never a secret
    and never what somebody wrote.
    """
