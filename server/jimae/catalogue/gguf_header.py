"""A check of a GGUF file's header that runs before any native code sees the file.

llama.cpp trusts much of what a file says, and a damaged or hostile one can end
the process. Here every count, length, type, offset and size is compared with the
file's real size first. Time and memory are bounded: at most `MAX_HEADER` bytes
are read, and the work grows with the declared counts, which are capped.

The header is read into memory instead of mapped: a mapped file that somebody
shortens meanwhile would end the process with SIGBUS.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Final, NamedTuple

from jimae.catalogue import gguf_types as t
from jimae.errors import JimaeError

MAX_HEADER: Final = 96 << 20  # bytes; the largest vocabularies need about 20 MiB
FIRST_READ: Final = 12 << 20
MAX_KEYS: Final = 16_384
MAX_TENSORS: Final = 65_536
MAX_KEY_BYTES: Final = 65_535  # the specification's limit
MAX_STRINGS: Final = 2_000_000  # elements of all string arrays together
MAX_TOKENS: Final = 1_000_000  # the largest vocabularies have about 260,000
MAX_TEXT: Final = 4 << 20  # bytes of one string value
MAX_ELEMENTS: Final = 1 << 63
MAX_LAYERS: Final = 4096  # an array with a number for each layer is no longer than this

_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")

Scalar = int | float | bool | str


class Header(NamedTuple):
    """What a file says of itself. Sizes in bytes; None where it does not say.

    `kv_heads` is the sum over all layers.
    """

    version: int
    architecture: str
    name: str | None
    file_type: int | None
    context_length: int | None
    block_count: int | None
    embedding_length: int | None
    head_count: int | None
    head_count_kv: int | None
    key_length: int | None
    value_length: int | None
    feed_forward_length: int | None
    kv_heads: int | None
    pooling_type: int | None
    vocab_size: int
    chat_template: str | None
    tensor_count: int
    tensor_bytes: int
    data_offset: int


class _Array(NamedTuple):
    element: int
    length: int


class _RefusedError(Exception):
    """The file breaks a rule; the text says which."""


class _TooLongError(_RefusedError):
    """The header goes on behind what was read."""

    def __init__(self) -> None:
        super().__init__(f"its header is longer than {MAX_HEADER >> 20} MiB")


def read_header(path: Path) -> Header:
    """Check a file and return its header. Raises JimaeError `gguf_invalid`."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(FIRST_READ)
            try:
                return _Parser(data, size).parse()
            except _TooLongError:
                data += file.read(MAX_HEADER - len(data))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JimaeError("gguf_invalid", path=str(path), reason=reason) from None
    except _RefusedError as refused:
        raise JimaeError("gguf_invalid", path=str(path), reason=str(refused)) from None
    return parse_header(data, size, path=str(path))


def parse_header(data: bytes, size: int | None = None, *, path: str = "-") -> Header:
    """Check the beginning of a file of `size` bytes (all of it, if not given).

    Pure. Raises JimaeError `gguf_invalid` with the rule that was broken.
    """
    try:
        return _Parser(data, len(data) if size is None else size).parse()
    except _RefusedError as refused:
        raise JimaeError("gguf_invalid", path=path, reason=str(refused)) from None


class _Parser:
    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size
        self._end = len(data)
        self._pos = 0
        self._strings_left = MAX_STRINGS
        self._values: dict[str, Scalar] = {}
        self._arrays: dict[str, _Array] = {}
        self._first: dict[str, Scalar] = {}
        self._sums: dict[str, int] = {}

    def parse(self) -> Header:
        if self._data[:4] != t.MAGIC:
            raise _RefusedError("it does not begin with 'GGUF'")
        self._pos = 4
        version = self._u32()
        if version not in t.VERSIONS:
            swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
            hint = " (it is big-endian)" if swapped in t.VERSIONS else ""
            raise _RefusedError(f"version {version} is not 2 or 3{hint}")
        tensors = self._count("tensors", MAX_TENSORS)
        keys = self._count("metadata keys", MAX_KEYS)
        for _ in range(keys):
            self._metadata()
        self._check_metadata()
        alignment = self._alignment()
        spans = self._tensors(tensors, alignment)
        data_offset = -(-self._pos // alignment) * alignment
        self._check_spans(spans, data_offset)
        return self._header(version, tensors, sum(length for _, length, _ in spans), data_offset)

    # --- reading ------------------------------------------------------------------

    def _need(self, count: int, what: str) -> None:
        if count > self._end - self._pos:
            if self._pos + count <= self._size:
                raise _TooLongError
            raise _RefusedError(f"it ends inside {what} at byte {self._pos}")

    def _u32(self) -> int:
        self._need(4, "a number")
        value: int = _U32.unpack_from(self._data, self._pos)[0]
        self._pos += 4
        return value

    def _u64(self) -> int:
        self._need(8, "a number")
        value: int = _U64.unpack_from(self._data, self._pos)[0]
        self._pos += 8
        return value

    def _count(self, what: str, most: int) -> int:
        count = self._u64()
        if count > most:
            raise _RefusedError(f"it claims {count} {what}; at most {most} are read")
        return count

    def _text(self, what: str, most: int) -> str:
        length = self._u64()
        if length > most:
            raise _RefusedError(f"{what} has {length} bytes; at most {most} are allowed")
        self._need(length, what)
        raw = self._data[self._pos : self._pos + length]
        self._pos += length
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise _RefusedError(f"{what} is not UTF-8") from None

    def _scalar(self, kind: int, key: str) -> Scalar:
        if kind == t.STRING:
            return self._text(f"the value of '{key}'", MAX_TEXT)
        form = t.SCALAR_FORMATS[kind]
        width = struct.calcsize(form)
        self._need(width, f"the value of '{key}'")
        if kind == t.BOOL and self._data[self._pos] > 1:
            raise _RefusedError(f"'{key}' is a bool of {self._data[self._pos]}")
        value: Scalar = struct.unpack_from(form, self._data, self._pos)[0]
        self._pos += width
        return value

    # --- metadata -----------------------------------------------------------------

    def _metadata(self) -> None:
        key = self._text("a metadata key", MAX_KEY_BYTES)
        if not key or "\0" in key:
            raise _RefusedError("a metadata key is empty or holds a NUL")
        if key in self._values or key in self._arrays:
            raise _RefusedError(f"the key '{_short(key)}' comes twice")
        kind = self._kind(key)
        found: int | tuple[int, int] = kind
        if kind == t.ARRAY:
            self._arrays[key] = array = self._array(key)
            found = (t.ARRAY, array.element)
        else:
            self._values[key] = self._scalar(kind, _short(key))
        allowed = t.REQUIRED_TYPES.get(key)
        if allowed is not None and found not in allowed:
            raise _RefusedError(f"'{key}' has the wrong type ({_kind_name(found)})")

    def _kind(self, key: str) -> int:
        kind = self._u32()
        if kind >= len(t.VALUE_NAMES):
            raise _RefusedError(f"'{_short(key)}' has the unknown value type {kind}")
        return kind

    def _array(self, key: str) -> _Array:
        element = self._kind(key)
        length = self._u64()
        if element == t.ARRAY:
            raise _RefusedError(f"'{_short(key)}' is an array of arrays")
        if element == t.STRING:
            start = self._pos
            self._skip_strings(key, length)
            if key == t.TOKENS:
                self._check_tokens(start, length)
            return _Array(element, length)
        width = struct.calcsize(t.SCALAR_FORMATS[element])
        self._need(length * width, f"the array '{_short(key)}'")
        if length:
            start = self._pos
            self._first[key] = self._scalar(element, _short(key))
            if element in (t.UINT32, t.INT32) and length <= MAX_LAYERS:
                form = f"<{length}{t.SCALAR_FORMATS[element][1]}"
                self._sums[key] = sum(struct.unpack_from(form, self._data, start))
            self._pos = start + length * width
        return _Array(element, length)

    def _skip_strings(self, key: str, length: int) -> None:
        if length > self._strings_left:
            raise _RefusedError(
                f"'{_short(key)}' has {length} strings; at most {MAX_STRINGS} are read"
            )
        self._strings_left -= length
        self._need(length * 8, f"the array '{_short(key)}'")
        data, pos, end, unpack = self._data, self._pos, self._end, _U64.unpack_from
        for _ in range(length):
            if end - pos < 8:
                break
            pos += 8 + unpack(data, pos)[0]
            if pos > end:
                break
        else:
            self._pos = pos
            return
        if pos <= self._size and end < self._size:
            raise _TooLongError
        raise _RefusedError(f"the array '{_short(key)}' goes past the end of the file")

    def _check_tokens(self, pos: int, length: int) -> None:
        """No token twice: llama.cpp ends the process on it. Empty ones it numbers itself."""
        if length > MAX_TOKENS:
            raise _RefusedError(f"it has {length} tokens; at most {MAX_TOKENS} are read")
        data, unpack = self._data, _U64.unpack_from
        seen: set[bytes] = set()
        for number in range(length):
            end = pos + 8 + unpack(data, pos)[0]
            token = data[pos + 8 : end]
            pos = end
            if token in seen:
                raise _RefusedError(f"token {number} is the same as an earlier one")
            if token:
                seen.add(token)

    def _check_metadata(self) -> None:
        if not self._values.get("general.architecture"):
            raise _RefusedError("it has no 'general.architecture'")
        parts = self._values.get("split.count", 1)
        if isinstance(parts, int) and parts > 1:
            raise _RefusedError(f"it is one of {parts} parts; merge them into one file first")
        vocabulary = self._arrays.get(t.TOKENS)
        for key in t.PER_TOKEN:
            array = self._arrays.get(key)
            if vocabulary and array and array.length != vocabulary.length:
                raise _RefusedError(
                    f"'{key}' has {array.length} entries for {vocabulary.length} tokens"
                )
        for key in t.TOKEN_ID_KEYS:
            token = self._values.get(key)
            if token is None or token == t.NO_TOKEN or vocabulary is None:
                continue
            if not isinstance(token, int) or not 0 <= token < vocabulary.length:
                raise _RefusedError(f"'{key}' is {token}, outside {vocabulary.length} tokens")

    def _alignment(self) -> int:
        alignment = self._values.get("general.alignment", t.DEFAULT_ALIGNMENT)
        assert isinstance(alignment, int)  # noqa: S101 (REQUIRED_TYPES has seen to it)
        if alignment == 0 or alignment & (alignment - 1) or alignment > 1 << 20:
            raise _RefusedError(f"its alignment {alignment} is not a power of two up to 1 MiB")
        return alignment

    # --- tensors ------------------------------------------------------------------

    def _tensors(self, count: int, alignment: int) -> list[tuple[int, int, str]]:
        """(offset in the data, bytes, name) of every tensor."""
        spans: list[tuple[int, int, str]] = []
        names: set[str] = set()
        for _ in range(count):
            name = self._text("a tensor's name", t.MAX_TENSOR_NAME)
            if not name or "\0" in name:
                raise _RefusedError("a tensor's name is empty or holds a NUL")
            if name in names:
                raise _RefusedError(f"the tensor '{_short(name)}' comes twice")
            names.add(name)
            name = _short(name)
            length = self._tensor_bytes(name)
            offset = self._u64()
            if offset % alignment:
                raise _RefusedError(
                    f"the tensor '{name}' starts at {offset}, not at an aligned place"
                )
            spans.append((offset, length, name))
        return spans

    def _tensor_bytes(self, name: str) -> int:
        dims = self._u32()
        if not 1 <= dims <= t.MAX_DIMS:
            raise _RefusedError(
                f"the tensor '{name}' has {dims} dimensions; 1 to {t.MAX_DIMS} are read"
            )
        shape = [self._u64() for _ in range(dims)]
        elements = 1
        for extent in shape:
            elements *= extent
        if not 0 < elements < MAX_ELEMENTS:
            raise _RefusedError(f"the tensor '{name}' has the impossible shape {shape}")
        kind = self._u32()
        if kind not in t.TENSOR_TYPES:
            raise _RefusedError(f"the tensor '{name}' has the unknown type {kind}")
        label, block, width = t.TENSOR_TYPES[kind]
        if shape[0] % block:
            raise _RefusedError(
                f"rows of '{name}' have {shape[0]} elements; {label} needs n x {block}"
            )
        return elements // block * width

    def _check_spans(self, spans: list[tuple[int, int, str]], data_offset: int) -> None:
        room = self._size - data_offset
        reached = 0
        for offset, length, name in sorted(spans):
            if offset + length > room:
                raise _RefusedError(
                    f"the tensor '{name}' ends at byte {data_offset + offset + length}, "
                    f"but the file has {self._size}"
                )
            if offset < reached:
                raise _RefusedError(f"the tensor '{name}' overlaps another one")
            reached = offset + length

    # --- the answer -----------------------------------------------------------------

    def _header(self, version: int, tensors: int, tensor_bytes: int, offset: int) -> Header:
        architecture = str(self._values["general.architecture"])
        vocabulary = self._arrays.get(t.TOKENS)
        return Header(
            version=version,
            architecture=architecture,
            name=self._string("general.name"),
            file_type=self._number("general.file_type"),
            context_length=self._number(f"{architecture}.context_length"),
            block_count=self._number(f"{architecture}.block_count"),
            embedding_length=self._number(f"{architecture}.embedding_length"),
            head_count=self._number(f"{architecture}.attention.head_count"),
            head_count_kv=self._number(f"{architecture}.attention.head_count_kv"),
            key_length=self._number(f"{architecture}.attention.key_length"),
            value_length=self._number(f"{architecture}.attention.value_length"),
            feed_forward_length=self._number(f"{architecture}.feed_forward_length"),
            kv_heads=self._kv_heads(architecture),
            pooling_type=self._number(f"{architecture}.pooling_type"),
            vocab_size=vocabulary.length if vocabulary else 0,
            chat_template=self._string("tokenizer.chat_template"),
            tensor_count=tensors,
            tensor_bytes=tensor_bytes,
            data_offset=offset,
        )

    def _kv_heads(self, architecture: str) -> int | None:
        """Of all layers: an array has one number for each, and 0 where none is kept."""
        key = f"{architecture}.attention.head_count_kv"
        if key in self._sums:
            return self._sums[key]
        layers = self._number(f"{architecture}.block_count")
        # Without grouped queries every head has its own key and value.
        heads = self._number(key) or self._number(f"{architecture}.attention.head_count")
        return layers * heads if layers and heads else None

    def _string(self, key: str) -> str | None:
        value = self._values.get(key)
        return value if isinstance(value, str) else None

    def _number(self, key: str) -> int | None:
        """A whole number; of an array with one per layer, the first."""
        value = self._values.get(key, self._first.get(key))
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def _short(key: str) -> str:
    """For a message: not too long, and nothing in it that a terminal would obey."""
    shown = key if len(key) <= 80 else key[:77] + "..."
    return "".join(c if c.isprintable() else "?" for c in shown)


def _kind_name(kind: int | tuple[int, int]) -> str:
    if isinstance(kind, tuple):
        return f"array of {t.VALUE_NAMES[kind[1]]}"
    return t.VALUE_NAMES[kind]
