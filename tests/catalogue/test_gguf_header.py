"""The header check: real files, files of the reference writer, and damaged ones."""

from __future__ import annotations

import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.made import gguf_bytes
from catalogue.mutate import outcomes
from fakes.weights import MODELS
from jimae.catalogue import gguf_types
from jimae.catalogue.gguf_header import parse_header, read_header
from jimae.catalogue.gguf_reader import MAX_STRINGS
from jimae.errors import JimaeError

Writer = Callable[[gguf.GGUFWriter], None]


def written(path: Path, add: Writer | None = None, tokens: int = 8) -> bytes:
    """A small file of the reference writer, with a vocabulary and three tensors."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Small")
    writer.add_context_length(512)
    writer.add_block_count(1)
    writer.add_embedding_length(256)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_file_type(7)
    writer.add_chat_template("{{ messages }}")
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([f"t{n}" for n in range(tokens)])
    writer.add_token_types([1] * tokens)
    writer.add_token_merges(["t 0", "t 1"])
    writer.add_bos_token_id(1)
    if add:
        add(writer)
    writer.add_tensor("token_embd.weight", np.ones((8, 256), np.float32))
    quantized = gguf.quantize(np.ones((4, 256), np.float32), gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("blk.0.attn_q.weight", quantized, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("output_norm.weight", np.ones(256, np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


@pytest.fixture
def small(tmp_path: Path) -> bytes:
    return written(tmp_path / "small.gguf")


def refused(data: bytes, size: int | None = None) -> str:
    with pytest.raises(JimaeError) as failed:
        parse_header(data, size, path="x.gguf")
    assert failed.value.code == "gguf_invalid"
    assert "x.gguf" in failed.value.message()
    return str(failed.value.values["reason"])


def test_reads_what_the_reference_writer_wrote(small: bytes) -> None:
    header = parse_header(small)
    assert header.version == 3
    assert header.architecture == "llama"
    assert header.name == "Small"
    assert header.file_type == 7
    assert header.context_length == 512
    assert (header.block_count, header.embedding_length) == (1, 256)
    assert (header.head_count, header.head_count_kv) == (4, 2)
    assert header.vocab_size == 8
    assert header.chat_template == "{{ messages }}"
    assert header.tensor_count == 3
    assert header.tensor_bytes == 8 * 256 * 4 + 4 * 256 // 32 * 34 + 256 * 2


def test_knows_every_tensor_type_of_the_reference() -> None:
    ours = {number: (block, size) for number, (_, block, size) in gguf_types.TENSOR_TYPES.items()}
    theirs = {int(kind): sizes for kind, sizes in gguf.GGML_QUANT_SIZES.items()}
    # The package still has two float32 in Q8_1; ggml has had two float16 since 2024.
    assert theirs.pop(9) == (32, 40)
    assert ours.pop(9) == (32, 36)
    assert theirs.items() <= ours.items()
    # In the engine's own library, newer than the reference package.
    assert ours.keys() - theirs.keys() == {42}
    assert [kind.name.lower() for kind in gguf.GGUFValueType] == list(gguf_types.VALUE_NAMES)


@pytest.mark.weights
@pytest.mark.parametrize("name", ["smollm2-135m", "qwen2.5-coder-0.5b"])
def test_reads_real_files(name: str) -> None:
    header = read_header(MODELS / f"{name}.gguf")
    shapes = {"smollm2-135m": ("llama", 30, 3, 8192), "qwen2.5-coder-0.5b": ("qwen2", 24, 2, 32768)}
    found = (header.architecture, header.block_count, header.head_count_kv, header.context_length)
    assert found == shapes[name]
    assert header.chat_template
    assert "<|im_start|>" in header.chat_template


@pytest.mark.weights
def test_damaged_real_headers() -> None:
    path = MODELS / "smollm2-135m.gguf"
    header = read_header(path)
    with path.open("rb") as file:
        data = file.read(header.data_offset)
    # Without its tensors' bytes it is refused at the end; what matters is nothing else happens.
    assert outcomes(data, header.data_offset, 20).total() == 20


def test_damaged_files_are_refused_with_a_reason(small: bytes) -> None:
    header = parse_header(small)
    said = outcomes(small, header.data_offset, 500)
    assert said.total() == 500
    # Most damage is found; a changed name or number that is still plausible is not.
    assert said["accepted"] < 200
    assert len(said) > 15


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(noise: bytes) -> None:
    for data in (noise, b"GGUF" + noise, b"GGUF" + struct.pack("<IQQ", 3, 2, 3) + noise):
        assert refused(data)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 4000))
def test_a_file_that_was_cut_off(length: int) -> None:
    data = gguf_bytes(1000)
    assert refused(data[: min(length, len(data) - 1)])


def test_a_file_that_is_shorter_than_its_tensors(small: bytes) -> None:
    assert "but the file has" in refused(small, len(small) - 1024)
    # Only the header was read, but the file is long enough.
    header = parse_header(small)
    assert parse_header(small[: header.data_offset], len(small)) == header


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (0, b"GGML", "does not begin with 'GGUF'"),
        (4, struct.pack("<I", 1), "version 1 is not 2 or 3"),
        (4, struct.pack(">I", 3), "big-endian"),
        (8, struct.pack("<Q", 1 << 40), "tensors; at most"),
        (16, struct.pack("<Q", 1 << 62), "metadata keys; at most"),
        (24, struct.pack("<Q", 1 << 63), "a metadata key has 9223372036854775808 bytes"),
        (24, struct.pack("<Q", 60_000), "it ends inside a metadata key"),
        (24, struct.pack("<Q", 0), "a metadata key is empty"),
    ],
)
def test_wrong_fields(offset: int, value: bytes, reason: str) -> None:
    data = bytearray(gguf_bytes(1000))
    data[offset : offset + len(value)] = value
    assert reason in refused(bytes(data))


def test_both_versions(small: bytes) -> None:
    assert parse_header(small[:4] + struct.pack("<I", 2) + small[8:]).version == 2


def tensor(name: bytes, shape: tuple[int, ...], kind: int, offset: int) -> bytes:
    dims = struct.pack(f"<{len(shape)}Q", *shape)
    head = struct.pack("<Q", len(name)) + name + struct.pack("<I", len(shape))
    return head + dims + struct.pack("<IQ", kind, offset)


def with_tensors(*tensors: bytes, metadata: tuple[bytes, ...] = (), room: int = 4096) -> bytes:
    key, value = b"general.architecture", b"fake"
    first = struct.pack(f"<Q{len(key)}sIQ{len(value)}s", len(key), key, 8, len(value), value)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), 1 + len(metadata))
    return head + first + b"".join(metadata) + b"".join(tensors) + b"\0" * room


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ([(b"a", (32,), 0, 0), (b"a", (32,), 0, 128)], "comes twice"),
        ([(b"a", (32,), 0, 16)], "not at an aligned place"),
        ([(b"a", (32,), 0, 1 << 62)], "but the file has"),
        ([(b"a", (32,), 0, 0), (b"b", (32,), 0, 64)], "overlaps another"),
        ([(b"a", (1 << 32, 1 << 32), 0, 0)], "impossible shape"),
        ([(b"a", (1 << 63,), 0, 0)], "impossible shape"),
        ([(b"a", (0,), 0, 0)], "impossible shape"),
        ([(b"a", (1,) * 5, 0, 0)], "has 5 dimensions"),
        ([(b"a", (), 0, 0)], "has 0 dimensions"),
        ([(b"a", (33,), 2, 0)], "needs n x 32"),
        ([(b"a", (32,), 4, 0)], "unknown type 4"),
        ([(b"a", (32,), 36, 0)], "unknown type 36"),
        ([(b"a", (32,), 2**31, 0)], "unknown type"),
        ([(b"a" * 64, (32,), 0, 0)], "name has 64 bytes"),
        ([(b"", (32,), 0, 0)], "name is empty"),
        ([(b"\xff", (32,), 0, 0)], "not UTF-8"),
    ],
)
def test_wrong_tensors(tensors: list[tuple[bytes, tuple[int, ...], int, int]], reason: str) -> None:
    assert reason in refused(with_tensors(*(tensor(*t) for t in tensors)))


def pair(key: bytes, kind: int, value: bytes) -> bytes:
    return struct.pack("<Q", len(key)) + key + struct.pack("<I", kind) + value


def array(element: int, length: int, values: bytes) -> bytes:
    return struct.pack("<IQ", element, length) + values


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (pair(b"a.b", 13, b""), "unknown value type 13"),
        (pair(b"a.b", 7, b"\x02"), "a bool of 2"),
        (pair(b"general.architecture", 8, struct.pack("<Q", 0)), "comes twice"),
        (pair(b"general.alignment", 4, struct.pack("<I", 24)), "not a power of two"),
        (pair(b"general.alignment", 4, struct.pack("<I", 0)), "not a power of two"),
        (pair(b"general.alignment", 10, struct.pack("<Q", 32)), "wrong type (uint64)"),
        (pair(b"split.count", 2, struct.pack("<H", 4)), "one of 4 parts"),
        (pair(b"x", 9, array(9, 1, array(4, 1, b"\0" * 4))), "array of arrays"),
        (pair(b"x", 9, array(12, 1 << 61, b"")), "it ends inside the array 'x'"),
        (pair(b"x", 9, array(8, MAX_STRINGS + 1, b"")), "strings; at most"),
        (pair(b"x", 9, array(8, 2, struct.pack("<QQ", 1 << 63, 0))), "past the end"),
        (pair(b"x", 8, struct.pack("<Q", 1 << 40)), "at most 4194304 are allowed"),
        (pair(b"tokenizer.ggml.tokens", 9, array(4, 1, b"\0" * 4)), "wrong type (array of uint32)"),
        (
            pair(b"tokenizer.ggml.tokens", 9, array(8, 10**6 + 1, b"\0" * 8_000_008)),
            "tokens; at most",
        ),
        (pair(b"tokenizer.chat_template", 4, b"\0" * 4), "wrong type (uint32)"),
    ],
)
def test_wrong_metadata(metadata: bytes, reason: str) -> None:
    assert reason in refused(with_tensors(metadata=(metadata,)))


def test_the_vocabulary_agrees_with_itself(tmp_path: Path) -> None:
    """llama.cpp reads these arrays side by side without comparing their lengths."""
    longer = written(tmp_path / "a.gguf", lambda w: w.add_token_scores([0.0] * 9))
    assert "has 9 entries for 8 tokens" in refused(longer)
    same = written(tmp_path / "c.gguf").replace(b"\2\0\0\0\0\0\0\0t3", b"\2\0\0\0\0\0\0\0t2", 1)
    assert "token 3 is the same as an earlier one" in refused(same)
    outside = written(tmp_path / "b.gguf", lambda w: w.add_eos_token_id(8))
    assert "'tokenizer.ggml.eos_token_id' is 8, outside 8 tokens" in refused(outside)


def test_a_name_cannot_write_to_the_terminal() -> None:
    key = b"\x1b[2J\xe2\x80\xaeevil"
    assert "'?[2J?evil'" in refused(with_tensors(metadata=(pair(key, 13, b""),)))
    assert "'?[2J?evil'" in refused(with_tensors(tensor(key, (), 0, 0)))


@pytest.mark.parametrize("most", [0, 1 << 20])
def test_a_header_longer_than_the_first_read(
    tmp_path: Path, small: bytes, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """It is read on, up to a limit."""
    offset = parse_header(small).data_offset
    path = tmp_path / "x.gguf"
    path.write_bytes(small)
    for first in (30, 200, offset - 40):
        monkeypatch.setattr("jimae.catalogue.gguf_header.FIRST_READ", first)
        monkeypatch.setattr("jimae.catalogue.gguf_header.MAX_HEADER", most or first)
        if most:
            assert read_header(path) == parse_header(small)
        else:
            with pytest.raises(JimaeError, match="header is longer than"):
                read_header(path)


def test_without_an_architecture() -> None:
    assert "no 'general.architecture'" in refused(b"GGUF" + struct.pack("<IQQ", 3, 0, 0))


def strings(count: int) -> bytes:
    return with_tensors(metadata=(pair(b"x", 9, array(8, count, b"\0" * (8 * count))),))


def test_a_hostile_array_takes_no_time() -> None:
    """As many strings as are read, all empty."""
    data = strings(MAX_STRINGS)
    start = time.process_time()
    parse_header(data)
    assert time.process_time() - start < 1


def test_a_hostile_array_takes_no_memory() -> None:
    data = strings(50_000)
    tracemalloc.start()
    try:
        parse_header(data)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["missing", "empty", "folder"])
def test_not_a_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.gguf"
    if kind == "empty":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(JimaeError, match=r"x\.gguf is not a usable GGUF file"):
        read_header(path)
