"""What an error is made of, and the types of OpenAI's envelope."""

from __future__ import annotations

from typing import NamedTuple


class Inside(NamedTuple):
    """What the log and the terminal of who runs the server say instead: an address, a path, the
    words of a driver, which are nobody else's business."""

    en: str
    ja: str


class Text(NamedTuple):
    status: int
    type: str
    en: str
    ja: str
    inside: Inside | None = None


INVALID = "invalid_request_error"
NOT_FOUND = "not_found_error"
UNKNOWN = "authentication_error"
FORBIDDEN = "permission_error"
SERVER = "server_error"
BUSY = "rate_limit_error"
SETUP = "setup_error"
