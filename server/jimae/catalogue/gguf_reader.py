"""Reading a GGUF file's header byte by byte, where nothing that it says is believed."""

from __future__ import annotations

import struct
from typing import Final

from jimae.catalogue import gguf_types as t

MAX_HEADER: Final = 96 << 20  # bytes; the largest vocabularies need about 20 MiB
MAX_STRINGS: Final = 2_000_000  # elements of all string arrays together
MAX_TEXT: Final = 4 << 20  # bytes of one string value

_U32 = struct.Struct("<I")
U64 = struct.Struct("<Q")

Scalar = int | float | bool | str


class RefusedError(Exception):
    """The file breaks a rule; the text says which."""


class TooLongError(RefusedError):
    """The header goes on behind what was read."""

    def __init__(self) -> None:
        super().__init__(f"its header is longer than {MAX_HEADER >> 20} MiB")


class Reader:
    """A place in the first bytes (`data`) of a file of `size` bytes.

    Every length is compared with what is there before it is used. Raises RefusedError.
    """

    def __init__(self, data: bytes, size: int) -> None:
        self.data = data
        self.size = size
        self.pos = 0
        self._end = len(data)
        self._strings_left = MAX_STRINGS

    def need(self, count: int, what: str) -> None:
        """See that `count` more bytes are there."""
        if count > self._end - self.pos:
            if self.pos + count <= self.size:
                raise TooLongError
            raise RefusedError(f"it ends inside {what} at byte {self.pos}")

    def u32(self) -> int:
        self.need(4, "a number")
        value: int = _U32.unpack_from(self.data, self.pos)[0]
        self.pos += 4
        return value

    def u64(self) -> int:
        self.need(8, "a number")
        value: int = U64.unpack_from(self.data, self.pos)[0]
        self.pos += 8
        return value

    def count(self, what: str, most: int) -> int:
        count = self.u64()
        if count > most:
            raise RefusedError(f"it claims {count} {what}; at most {most} are read")
        return count

    def text(self, what: str, most: int) -> str:
        length = self.u64()
        if length > most:
            raise RefusedError(f"{what} has {length} bytes; at most {most} are allowed")
        self.need(length, what)
        raw = self.data[self.pos : self.pos + length]
        self.pos += length
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise RefusedError(f"{what} is not UTF-8") from None

    def scalar(self, kind: int, key: str) -> Scalar:
        if kind == t.STRING:
            return self.text(f"the value of '{key}'", MAX_TEXT)
        form = t.SCALAR_FORMATS[kind]
        width = struct.calcsize(form)
        self.need(width, f"the value of '{key}'")
        if kind == t.BOOL and self.data[self.pos] > 1:
            raise RefusedError(f"'{key}' is a bool of {self.data[self.pos]}")
        value: Scalar = struct.unpack_from(form, self.data, self.pos)[0]
        self.pos += width
        return value

    def skip_strings(self, key: str, length: int) -> None:
        if length > self._strings_left:
            raise RefusedError(
                f"'{short(key)}' has {length} strings; at most {MAX_STRINGS} are read"
            )
        self._strings_left -= length
        self.need(length * 8, f"the array '{short(key)}'")
        data, pos, end, unpack = self.data, self.pos, self._end, U64.unpack_from
        for _ in range(length):
            if end - pos < 8:
                break
            pos += 8 + unpack(data, pos)[0]
            if pos > end:
                break
        else:
            self.pos = pos
            return
        if pos <= self.size and end < self.size:
            raise TooLongError
        raise RefusedError(f"the array '{short(key)}' goes past the end of the file")


def short(key: str) -> str:
    """For a message: not too long, and nothing in it that a terminal would obey."""
    shown = key if len(key) <= 80 else key[:77] + "..."
    return "".join(c if c.isprintable() else "?" for c in shown)
