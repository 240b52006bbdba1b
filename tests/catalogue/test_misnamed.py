"""A file with the name of a model that it is not."""

from __future__ import annotations

import pytest

from catalogue.made import gguf_bytes, model
from jimae.catalogue import registry
from jimae.catalogue.gguf_header import Header, parse_header
from jimae.catalogue.misnamed import differences, warning

ENTRY = registry.load().get("qwen2.5-coder-1.5b")


def header(**facts: object) -> Header:
    own = {"architecture": "qwen2", "block_count": 28, "head_count_kv": 2}
    return parse_header(gguf_bytes())._replace(**{**own, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "size", "told"),
    [
        ({}, ENTRY.size, []),
        ({"block_count": None, "head_count_kv": None}, ENTRY.size, []),
        ({"architecture": "llama"}, ENTRY.size, ["architecture: llama ≠ qwen2"]),
        ({"block_count": 24}, ENTRY.size, ["layers: 24 ≠ 28"]),
        ({"head_count_kv": 4}, ENTRY.size, ["heads of keys and values: 4 ≠ 2"]),
        ({}, 98_362_432, ["bytes: 98,362,432 ≠ 1,117,320,768"]),
    ],
)
def test_what_a_header_and_a_length_tell(
    facts: dict[str, object], size: int, told: list[str]
) -> None:
    assert list(map(str, differences(ENTRY, header(**facts), size))) == told


def test_what_nobody_verified_is_not_compared_to_the_byte() -> None:
    entry = model(gguf_bytes(), {"from": "file", "path": "/x"}, verified=False)
    assert differences(entry, header(architecture="fake", block_count=1), 5) == []
    found = differences(entry, header(architecture="fake"), 5)
    assert [one.what for one in found] == ["layers"]


def test_it_is_told_in_both_languages() -> None:
    told = warning(ENTRY, header(architecture="llama", block_count=30), 5, "/m/x.gguf")
    assert told is not None
    assert "アーキテクチャー: llama ≠ qwen2, 層の数: 30 ≠ 28, バイト数: 5 ≠" in told.message("ja")
    assert "architecture: llama ≠ qwen2, layers: 30 ≠ 28, bytes: 5 ≠" in told.message("en")
    for language in ("ja", "en"):
        assert "/m/x.gguf" in told.message(language)
        assert "jimae pull qwen2.5-coder-1.5b" in told.message(language)
    assert warning(ENTRY, header(), ENTRY.size, "/m/x.gguf") is None
