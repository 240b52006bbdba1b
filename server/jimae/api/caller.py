"""Who a request is from, and so whose is what it stores."""

from __future__ import annotations

from fastapi import Request

from jimae.errors import JimaeError
from jimae.service.caller import Caller


def caller_of(request: Request) -> Caller:
    """Who was let in: see `access`."""
    caller: Caller = request.state.caller
    return caller


def with_account(request: Request) -> Caller:
    """The same where it has to be somebody with an account. Raises `no_account` in single-user
    mode: the first account takes the terminal, or the code that it tells."""
    caller = caller_of(request)
    if caller.via == "local":
        raise JimaeError("no_account")
    return caller


def owner_of(request: Request) -> str:
    """The id of the account that owns what this request stores and may find again."""
    return caller_of(request).id
