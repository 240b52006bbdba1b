"""Reading a JSON file of chats piece by piece: one chat is in memory at a time.

The chats are the elements of an array: the file itself, or the value of `chats` or `data` in
the object that it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pydantic_core import from_json

from jimae.errors import JimaeError

LARGEST_CHAT: Final = 32 * 1024 * 1024
LONGEST_HEAD: Final = 64 * 1024
BOM: Final = b"\xef\xbb\xbf"
# A whole string, the beginning of one, or one of the marks that tell how deep one is.
_MARK: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},"]', re.DOTALL)
_ARRAY: Final = re.compile(rb'"(?:chats|data)"\s*:\s*\[')


def elements(chunks: Iterable[bytes]) -> Iterator[object]:
    """Each element of the array of chats. Raises `import_unreadable`."""
    for element in _split(chunks):
        try:
            value: object = from_json(element, allow_inf_nan=False)
        except ValueError as error:
            raise unreadable(str(error)) from None
        yield value


def unreadable(reason: str) -> JimaeError:
    return JimaeError("import_unreadable", reason=reason)


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(chunks)
    buffer = bytearray(_begin(rest))
    depth = 0
    start = position = 0
    while True:
        seen = len(buffer)
        for mark in _MARK.finditer(buffer, position):
            sign = buffer[mark.start()]
            if mark.group() == b'"':
                # The rest of the string is still to come, and is looked at with it.
                seen = mark.start()
                break
            if sign in b"[{":
                depth += 1
            elif sign in b"]}" and depth:
                depth -= 1
            elif (sign in b",]") and depth == 0:
                element = bytes(buffer[start : mark.start()]).strip()
                if element:
                    yield element
                elif sign in b",":
                    raise unreadable("an element of the array is empty")
                if sign in b"]":
                    return
                start = mark.end()
        del buffer[:start]
        position = seen - start
        start = 0
        if len(buffer) > LARGEST_CHAT:
            raise unreadable(f"one chat is larger than {LARGEST_CHAT // 2**20} MiB")
        more = next(rest, None)
        if more is None:
            raise unreadable("the file ends in the middle")
        buffer += more


def _begin(chunks: Iterator[bytes]) -> bytes:
    """What follows the beginning of the array, of the first pieces."""
    head = b""
    for chunk in chunks:
        head += chunk
        plain = head.removeprefix(BOM).lstrip()
        if plain.startswith(b"["):
            return plain[1:]
        if plain.startswith(b"{"):
            found = _ARRAY.search(plain[:LONGEST_HEAD])
            if found is not None:
                return plain[found.end() :]
        elif plain:
            break
        if len(plain) > LONGEST_HEAD:
            break
    raise unreadable("there is no array of chats in it")
