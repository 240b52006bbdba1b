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
from jimae.catalogue.gguf_reader import (
    MAX_HEADER,
    U64,
    Reader,
    RefusedError,
    Scalar,
    TooLongError,
    short,
)
from jimae.catalogue.gguf_tensors import check_spans, read_tensors
from jimae.errors import JimaeError

FIRST_READ: Final = 12 << 20
MAX_KEYS: Final = 16_384
MAX_TENSORS: Final = 65_536
MAX_KEY_BYTES: Final = 65_535  # the specification's limit
MAX_TOKENS: Final = 1_000_000  # the largest vocabularies have about 260,000
MAX_LAYERS: Final = 4096  # an array with a number for each layer is no longer than this


class Header(NamedTuple):
    """What a file says of itself. Sizes in bytes; None where it does not say.

    `kv_heads` is the sum over all layers. The texts of the tokens begin at `tokens_offset`.
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
    tokens_offset: int = 0


class _Array(NamedTuple):
    element: int
    length: int


def read_header(path: Path) -> Header:
    """Check a file and return its header. Raises JimaeError `gguf_invalid`."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(FIRST_READ)
            try:
                return _Parser(data, size).parse()
            except TooLongError:
                data += file.read(MAX_HEADER - len(data))
    except OSError as error:
        raise _invalid(str(path), error.strerror or type(error).__name__) from None
    except RefusedError as refused:
        raise _invalid(str(path), str(refused)) from None
    return parse_header(data, size, path=str(path))


def parse_header(data: bytes, size: int | None = None, *, path: str = "-") -> Header:
    """Check the beginning of a file of `size` bytes (all of it, if not given).

    Pure. Raises JimaeError `gguf_invalid` with the rule that was broken.
    """
    try:
        return _Parser(data, len(data) if size is None else size).parse()
    except RefusedError as refused:
        raise _invalid(path, str(refused)) from None


def _invalid(path: str, reason: str) -> JimaeError:
    return JimaeError("gguf_invalid", path=path, name=Path(path).name, reason=reason)


class _Parser:
    def __init__(self, data: bytes, size: int) -> None:
        self._reader = Reader(data, size)
        self._values: dict[str, Scalar] = {}
        self._arrays: dict[str, _Array] = {}
        self._first: dict[str, Scalar] = {}
        self._sums: dict[str, int] = {}
        self._tokens_at = 0

    def parse(self) -> Header:
        if self._reader.data[:4] != t.MAGIC:
            raise RefusedError("it does not begin with 'GGUF'")
        self._reader.pos = 4
        version = self._reader.u32()
        if version not in t.VERSIONS:
            swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
            hint = " (it is big-endian)" if swapped in t.VERSIONS else ""
            raise RefusedError(f"version {version} is not 2 or 3{hint}")
        tensors = self._reader.count("tensors", MAX_TENSORS)
        keys = self._reader.count("metadata keys", MAX_KEYS)
        for _ in range(keys):
            self._metadata()
        self._check_metadata()
        alignment = self._alignment()
        spans = read_tensors(self._reader, tensors, alignment)
        data_offset = -(-self._reader.pos // alignment) * alignment
        check_spans(spans, data_offset, self._reader.size)
        return self._header(version, tensors, sum(span.length for span in spans), data_offset)

    # --- metadata -----------------------------------------------------------------

    def _metadata(self) -> None:
        key = self._reader.text("a metadata key", MAX_KEY_BYTES)
        if not key or "\0" in key:
            raise RefusedError("a metadata key is empty or holds a NUL")
        if key in self._values or key in self._arrays:
            raise RefusedError(f"the key '{short(key)}' comes twice")
        kind = self._kind(key)
        found: int | tuple[int, int] = kind
        if kind == t.ARRAY:
            self._arrays[key] = array = self._array(key)
            found = (t.ARRAY, array.element)
        else:
            self._values[key] = self._reader.scalar(kind, short(key))
        allowed = t.REQUIRED_TYPES.get(key)
        if allowed is not None and found not in allowed:
            raise RefusedError(f"'{key}' has the wrong type ({_kind_name(found)})")

    def _kind(self, key: str) -> int:
        kind = self._reader.u32()
        if kind >= len(t.VALUE_NAMES):
            raise RefusedError(f"'{short(key)}' has the unknown value type {kind}")
        return kind

    def _array(self, key: str) -> _Array:
        element = self._kind(key)
        length = self._reader.u64()
        if element == t.ARRAY:
            raise RefusedError(f"'{short(key)}' is an array of arrays")
        if element == t.STRING:
            start = self._reader.pos
            self._reader.skip_strings(key, length)
            if key == t.TOKENS:
                self._check_tokens(start, length)
                self._tokens_at = start
            return _Array(element, length)
        width = struct.calcsize(t.SCALAR_FORMATS[element])
        self._reader.need(length * width, f"the array '{short(key)}'")
        if length:
            start = self._reader.pos
            self._first[key] = self._reader.scalar(element, short(key))
            if element in (t.UINT32, t.INT32) and length <= MAX_LAYERS:
                form = f"<{length}{t.SCALAR_FORMATS[element][1]}"
                self._sums[key] = sum(struct.unpack_from(form, self._reader.data, start))
            self._reader.pos = start + length * width
        return _Array(element, length)

    def _check_tokens(self, pos: int, length: int) -> None:
        """No token twice: llama.cpp ends the process on it. Empty ones it numbers itself."""
        if length > MAX_TOKENS:
            raise RefusedError(f"it has {length} tokens; at most {MAX_TOKENS} are read")
        data, unpack = self._reader.data, U64.unpack_from
        seen: set[bytes] = set()
        for number in range(length):
            end = pos + 8 + unpack(data, pos)[0]
            token = data[pos + 8 : end]
            pos = end
            if token in seen:
                raise RefusedError(f"token {number} is the same as an earlier one")
            if token:
                seen.add(token)

    def _check_metadata(self) -> None:
        if not self._values.get("general.architecture"):
            raise RefusedError("it has no 'general.architecture'")
        parts = self._values.get("split.count", 1)
        if isinstance(parts, int) and parts > 1:
            raise RefusedError(f"it is one of {parts} parts; merge them into one file first")
        vocabulary = self._arrays.get(t.TOKENS)
        for key in t.PER_TOKEN:
            array = self._arrays.get(key)
            if vocabulary and array and array.length != vocabulary.length:
                raise RefusedError(
                    f"'{key}' has {array.length} entries for {vocabulary.length} tokens"
                )
        for key in t.TOKEN_ID_KEYS:
            token = self._values.get(key)
            if token is None or token == t.NO_TOKEN or vocabulary is None:
                continue
            if not isinstance(token, int) or not 0 <= token < vocabulary.length:
                raise RefusedError(f"'{key}' is {token}, outside {vocabulary.length} tokens")

    def _alignment(self) -> int:
        alignment = self._values.get("general.alignment", t.DEFAULT_ALIGNMENT)
        assert isinstance(alignment, int)  # noqa: S101 (REQUIRED_TYPES has seen to it)
        if alignment == 0 or alignment & (alignment - 1) or alignment > 1 << 20:
            raise RefusedError(f"its alignment {alignment} is not a power of two up to 1 MiB")
        return alignment

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
            tokens_offset=self._tokens_at,
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


def _kind_name(kind: int | tuple[int, int]) -> str:
    if isinstance(kind, tuple):
        return f"array of {t.VALUE_NAMES[kind[1]]}"
    return t.VALUE_NAMES[kind]
