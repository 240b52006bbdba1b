"""Reading a form with a file in it, which goes to the disk as it comes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final, get_args

from fastapi import Request
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from jimae.api.document import Described
from jimae.api.openai.files.schema import Purpose
from jimae.errors import JimaeError

FORM: Final = "multipart/form-data"
FILE: Final = "file"
MAX_FIELDS: Final = 16
MAX_FIELD_BYTES: Final = 1024
MAX_NAME: Final = 255
MIB: Final = 1024 * 1024

# What surrounds the file in its form, generously.
_AROUND: Final = 64 * 1024
_INNER: Final = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

DESCRIPTION: Final[Described] = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": ["file", "purpose"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "purpose": {"enum": list(get_args(Purpose))},
                    "expires_after[anchor]": {"enum": ["created_at"]},
                    "expires_after[seconds]": {"type": "integer"},
                },
            }
        }
    },
}

Write = Callable[[bytes], Awaitable[None]]


async def read_form(request: Request, write: Write, limit_mib: float) -> dict[str, object]:
    """The fields of a form by name: `a[b]` is b inside of a, and `file` the file's name.

    The content of the file goes to `write`. Raises `invalid_multipart`, and
    `file_too_large` as soon as that is known.
    """
    _check_length(request, limit_mib)
    form = _Form(write, int(limit_mib * MIB), JimaeError("file_too_large", limit=f"{limit_mib:g}"))
    try:
        # Its end says whether the form was cut short. Not strict: that takes a line end after
        # the form for an error if it comes in a chunk of its own.
        with PushMultipartParser(_boundary(request), max_segment_count=MAX_FIELDS) as parser:
            async for chunk in request.stream():
                for event in parser.parse(chunk) if chunk else ():
                    await form.take(event)
    except MultipartError as error:
        raise JimaeError("invalid_multipart", reason=str(error)) from None
    return form.fields


class _Form:
    def __init__(self, write: Write, limit: int, too_large: JimaeError) -> None:
        self.fields: dict[str, object] = {}
        self._write = write
        self._left = limit
        self._too_large = too_large
        self._name = ""
        self._value = bytearray()

    async def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        match event:
            case MultipartSegment():
                self._begin(event)
            case None:
                self._end()
            case _ if self._name == FILE:
                self._left -= len(event)
                if self._left < 0:
                    raise self._too_large
                await self._write(bytes(event))
            case _:
                self._value += event
                if len(self._value) > MAX_FIELD_BYTES:
                    raise _invalid(f"the field '{self._name}' is too long")

    def _begin(self, segment: MultipartSegment) -> None:
        self._name, self._value = (segment.name or "")[:100], bytearray()
        if self._name == FILE:
            self._add(FILE, plain_name(segment.filename or FILE))

    def _end(self) -> None:
        if self._name == FILE:
            return
        try:
            self._add(self._name, self._value.decode())
        except UnicodeDecodeError:
            raise _invalid(f"the field '{self._name}' is not UTF-8") from None

    def _add(self, name: str, value: str) -> None:
        fields = self.fields
        if inner := _INNER.fullmatch(name):
            outer, name = inner.groups()
            within = fields.setdefault(outer, {})
            if not isinstance(within, dict):
                raise _invalid(f"the field '{outer}' is there twice")
            fields = within
        if name in fields:
            raise _invalid(f"the field '{name}' is there twice")
        fields[name] = value


def plain_name(filename: str) -> str:
    """The last part of a path, on whichever system, as text of one line."""
    name = _CONTROL.sub("", re.split(r"[/\\]", filename)[-1]).strip()
    return name[-MAX_NAME:] or FILE


def _boundary(request: Request) -> str:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get("boundary")
    if kind != FORM or not boundary:
        raise _invalid(f"its Content-Type is '{kind[:100]}', not '{FORM}' with a boundary")
    return str(boundary)


def _check_length(request: Request, limit_mib: float) -> None:
    declared = request.headers.get("content-length", "")
    known = declared.isascii() and declared.isdigit()
    if known and int(declared[:20]) > limit_mib * MIB + _AROUND:
        raise JimaeError("file_too_large", limit=f"{limit_mib:g}")


def _invalid(reason: str) -> JimaeError:
    return JimaeError("invalid_multipart", reason=reason)
