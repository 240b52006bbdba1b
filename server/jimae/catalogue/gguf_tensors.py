"""Where the tensors of a GGUF file are, each checked against the file's real size."""

from __future__ import annotations

from typing import Final, NamedTuple

from jimae.catalogue import gguf_types as t
from jimae.catalogue.gguf_reader import Reader, RefusedError, short

_MAX_ELEMENTS: Final = 1 << 63


class Span(NamedTuple):
    """A tensor's place: its offset in the data and its length, in bytes."""

    offset: int
    length: int
    name: str


def read_tensors(reader: Reader, count: int, alignment: int) -> list[Span]:
    """Where every tensor is."""
    spans: list[Span] = []
    names: set[str] = set()
    for _ in range(count):
        name = reader.text("a tensor's name", t.MAX_TENSOR_NAME)
        if not name or "\0" in name:
            raise RefusedError("a tensor's name is empty or holds a NUL")
        if name in names:
            raise RefusedError(f"the tensor '{short(name)}' comes twice")
        names.add(name)
        name = short(name)
        length = _bytes_of(reader, name)
        offset = reader.u64()
        if offset % alignment:
            raise RefusedError(f"the tensor '{name}' starts at {offset}, not at an aligned place")
        spans.append(Span(offset, length, name))
    return spans


def _bytes_of(reader: Reader, name: str) -> int:
    dims = reader.u32()
    if not 1 <= dims <= t.MAX_DIMS:
        raise RefusedError(f"the tensor '{name}' has {dims} dimensions; 1 to {t.MAX_DIMS} are read")
    shape = [reader.u64() for _ in range(dims)]
    elements = 1
    for extent in shape:
        elements *= extent
    if not 0 < elements < _MAX_ELEMENTS:
        raise RefusedError(f"the tensor '{name}' has the impossible shape {shape}")
    kind = reader.u32()
    if kind not in t.TENSOR_TYPES:
        raise RefusedError(f"the tensor '{name}' has the unknown type {kind}")
    label, block, width = t.TENSOR_TYPES[kind]
    if shape[0] % block:
        raise RefusedError(f"rows of '{name}' have {shape[0]} elements; {label} needs n x {block}")
    return elements // block * width


def check_spans(spans: list[Span], data_offset: int, size: int) -> None:
    """Every tensor ends within a file of `size` bytes, and none overlaps another."""
    room = size - data_offset
    reached = 0
    for offset, length, name in sorted(spans):
        if offset + length > room:
            raise RefusedError(
                f"the tensor '{name}' ends at byte {data_offset + offset + length}, "
                f"but the file has {size}"
            )
        if offset < reached:
            raise RefusedError(f"the tensor '{name}' overlaps another one")
        reached = offset + length
