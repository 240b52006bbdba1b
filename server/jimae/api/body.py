"""Reading a request's JSON: bounded while it arrives, and strict about what is JSON."""

from __future__ import annotations

from fastapi import Request
from pydantic_core import from_json

from jimae.errors import JimaeError

MIB = 1024 * 1024


async def read_object(
    request: Request, limit_mib: float, *, untyped: bool = False
) -> dict[str, object]:
    """The body as a JSON object. `untyped`: also of programs that say nothing of its type.

    Raises `media_type`, `body_too_large` (counted in bytes as they come, so a
    false Content-Length helps nobody), `invalid_json`, `body_not_object`.
    """
    kind = request.headers.get("content-type")
    # A page can leave it out, too, but a browser says where that page is from.
    if not untyped or kind is not None or "origin" in request.headers:
        check_media_type(kind)
    return parse_object(await _read(request, limit_mib))


def parse_object(body: bytes) -> dict[str, object]:
    """Raises `invalid_json`, `body_not_object`."""
    parsed = _parse(body)
    if not isinstance(parsed, dict):
        raise JimaeError("body_not_object", got=_json_type(parsed))
    return parsed


def check_media_type(value: str | None) -> None:
    """Raises `media_type` for what is no JSON."""
    # Anything a form on a foreign page can send without a preflight is refused.
    kind = (value or "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        raise JimaeError("media_type", value=(value or "")[:100])


async def _read(request: Request, limit_mib: float) -> bytes:
    limit = int(limit_mib * MIB)
    too_large = JimaeError("body_too_large", limit=f"{limit_mib:g}")
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)


def _parse(body: bytes) -> object:
    # pydantic's reader refuses NaN, invalid UTF-8, lone surrogates and deep nesting.
    try:
        parsed: object = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise JimaeError("invalid_json", reason=str(error)) from None
    return parsed


def _json_type(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case _:
            return "array"
