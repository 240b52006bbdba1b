"""The first administrator, made in the page with a code that only the terminal tells."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts.accounts import any_account
from jimae.service.accounts.passwords import ONE_TIME_LETTERS
from jimae.service.accounts.sessions import digest
from jimae.service.audit.record import note
from jimae.service.caller import LOCAL, SERVER, Caller
from jimae.store.account_tables import SetupCode

ONLY: Final = "setup"
VALID_SECONDS: Final = 3600.0
TRIES: Final = 5
LENGTH: Final = 12


def new_code(session: Session, caller: Caller) -> str:
    """A code in the place of the one before: `abcd-efgh-jkmn` (60 bits).

    Raises `setup_done` if there is an account.
    """
    _only_before(session)
    session.execute(delete(SetupCode))
    letters = "".join(secrets.choice(ONE_TIME_LETTERS) for _ in range(LENGTH))
    code = "-".join(letters[start : start + 4] for start in range(0, LENGTH, 4))
    now = time.time()
    session.add(
        SetupCode(
            id=ONLY,
            owner=SERVER.id,
            created_at=now,
            code_sha256=digest(_plain(code)),
            expires_at=now + VALID_SECONDS,
            tries_left=TRIES,
        )
    )
    note(session, caller, "setup.code")
    return code


def use_code(session: Session, code: str) -> JimaeError | None:
    """What is wrong with a code; None if it was right, and cannot be used again.

    Returned, not raised: that it was tried has to be kept. Raises `setup_done`.
    """
    _only_before(session)
    row = session.get(SetupCode, ONLY, with_for_update=True)
    if row is None or row.expires_at <= time.time() or row.tries_left <= 0:
        return _refused(session, JimaeError("setup_no_code"))
    if not hmac.compare_digest(digest(_plain(code)), row.code_sha256):
        row.tries_left -= 1
        if row.tries_left == 0:
            return _refused(session, JimaeError("setup_no_code"))
        return _refused(session, JimaeError("setup_code_wrong", param="code", left=row.tries_left))
    session.delete(row)
    return None


def _refused(session: Session, error: JimaeError) -> JimaeError:
    note(session, LOCAL, "setup.refuse", outcome="refused", details={"why": error.code})
    return error


def _only_before(session: Session) -> None:
    if any_account(session):
        raise JimaeError("setup_done")


def _plain(code: str) -> str:
    """As it was meant: people leave out the dashes, and type capitals."""
    return "".join(letter for letter in code.lower() if letter.isalnum())
