"""The catalogue: the shipped entries, a person's own, and what is refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.made import gguf_bytes, model, to_toml, wheels
from fakes.weights import MODELS
from jimae.catalogue import registry
from jimae.catalogue.entry import PackagesSource
from jimae.catalogue.gguf_header import read_header
from jimae.catalogue.memory import kv_bytes_per_token
from jimae.errors import JimaeError

DATA = gguf_bytes(1000)
SHIPPED = registry.load()

TRAVERSAL = [
    "../smollm2-135m",
    "../../etc/passwd",
    "/etc/passwd",
    "smollm2-135m/../x",
    "smollm2-135m\0",
    "smollm2-135m\n",
    "smollm2-135m ",
    "SMOLLM2-135M",
    "..",
    ".",
    "",
    "~",
    "C:\\x",
    "..\\x",
    "%2e%2e%2f",
    "．．／ｅｔｃ",
    "smollm2‐135m",
    "smollm2-135m\u202e",
    "..\u2215etc",
    "a" * 100_000,
]


def test_the_fixed_ids_are_there() -> None:
    for id in ("qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b", "smollm2-135m"):
        entry = SHIPPED.get(id)
        assert entry.verified
        assert entry.chat
        assert any(isinstance(source, PackagesSource) for source in entry.weights.sources)
    assert not SHIPPED.get("gemma3-270m").chat
    assert SHIPPED.get("smollm2-135m").for_tests


@pytest.mark.parametrize("entry", list(SHIPPED), ids=lambda entry: entry.id)
def test_shipped_entries_speak_both_languages(entry: registry.Model) -> None:
    assert entry.description.en
    assert any("\u3040" <= letter <= "\u30ff" for letter in entry.description.ja)
    assert len(entry.good_at.en) == len(entry.good_at.ja) > 0
    assert entry.licence.url.startswith("https://")
    if entry.licence.commercial != "allowed":
        assert entry.licence.note


@pytest.mark.weights
@pytest.mark.parametrize("id", ["smollm2-135m", "qwen2.5-coder-0.5b"])
def test_entries_agree_with_their_files(id: str) -> None:
    entry, header = SHIPPED.get(id), read_header(MODELS / f"{id}.gguf")
    shape = entry.architecture
    assert shape is not None
    assert (shape.name, shape.layers, shape.kv_heads) == (
        header.architecture,
        header.block_count,
        header.head_count_kv,
    )
    assert header.embedding_length is not None
    assert header.head_count is not None
    assert shape.head_dim == header.embedding_length // header.head_count
    assert entry.context == header.context_length
    assert (MODELS / f"{id}.gguf").stat().st_size == entry.size


def test_kv_cache_of_a_known_model() -> None:
    """28 layers x 2 heads x 128 x (key, value) x 2 bytes = 28 KiB a token."""
    assert kv_bytes_per_token(SHIPPED.get("qwen2.5-coder-1.5b")) == 28 * 1024


@pytest.mark.parametrize("id", TRAVERSAL)
def test_only_ids_of_the_catalogue_pass(id: str) -> None:
    with pytest.raises(JimaeError) as failed:
        SHIPPED.get(id)
    assert failed.value.code == "model_unknown"
    assert len(failed.value.whole()) < 1000
    assert failed.value.whole().isprintable()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_other_text_is_unknown(id: str) -> None:
    if id not in SHIPPED:
        with pytest.raises(JimaeError, match="There is no model"):
            SHIPPED.get(id)


def test_an_unknown_id_names_the_nearest() -> None:
    with pytest.raises(JimaeError, match=r"Nearest: qwen2\.5-coder-1\.5b") as failed:
        SHIPPED.get("qwen-coder-1.5")
    assert "一覧は" in failed.value.whole("ja")


def test_own_entries_join_and_replace(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    own = model(DATA, {"from": "file", "path": "/media/tiny.gguf"})
    (folder / "tiny.toml").write_bytes(to_toml(own))
    replaced = msgspec.structs.replace(SHIPPED.get("smollm2-135m"), name="Ours", rank=9)
    (folder / "smollm2-135m.toml").write_bytes(to_toml(replaced))
    found = registry.load(tmp_path)
    assert found.get("tiny") == own
    assert found.get("smollm2-135m").name == "Ours"
    assert len(found) == len(SHIPPED) + 1
    assert [entry.rank for entry in found] == sorted((e.rank for e in found), reverse=True)


GOOD = to_toml(model(DATA, {"from": "hf", "repo": "a/b", "file": "c.gguf"})).decode()


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("rank =", "rnak =", "rnak", "unknown field"),
        ('spdx = "MIT"', 'spdx = "MIT", free = true', "licence.free", "unknown field"),
        ("context = 128", 'context = "128"', "context", "Expected `int`"),
        ("context = 128", "context = 0", "context", "Expected `int` >= 1"),
        ('kind = "chat"', 'kind = "talk"', "kind", "Invalid enum value"),
        ('commercial = "allowed"', 'commercial = "conditions"', "licence", "needs a note"),
        ('id = "tiny"', 'id = "../tiny"', "id", "regex"),
        ('id = "tiny"', 'id = "tiny2"', "id", "the file is called 'tiny.toml'"),
        ('name = "tiny.gguf"', 'name = "../tiny.gguf"', "files[0].name", "regex"),
        ('from = "hf"', 'from = "ftp"', "files[0].sources[0].from", "Invalid value"),
        ('repo = "a/b"', 'repo = "../../x"', "files[0].sources[0].repo", "regex"),
        ("verified = true", "verified = 1", "verified", "Expected `bool`"),
        ("sha256 =", "sha25 =", "sha25", "unknown field"),
        ("rank = 0", "rank = ", "-", "Invalid value"),
        ("rank = 0", 'parser = "hermez"', "parser", "'hermez'; it can be harmony, "),
        ("rank = 0", "parser = 1", "parser", "it can be harmony, "),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, old: str, new: str, key: str, reason: str) -> None:
    assert old in GOOD
    path = tmp_path / "tiny.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(JimaeError) as failed:
        registry.read_entry(path)
    assert failed.value.code == "catalogue_invalid"
    assert key in str(failed.value.values["key"])
    assert reason in failed.value.whole()
    assert str(path) in failed.value.whole("ja")


def test_a_verified_entry_needs_its_sum() -> None:
    unsure = model(DATA, {"from": "hf", "repo": "a/b", "file": "c"}, verified=False)
    with pytest.raises(msgspec.ValidationError, match="needs the sha256"):
        msgspec.convert(msgspec.to_builtins(unsure) | {"verified": True}, type=registry.Model)


def test_parts_add_up_to_the_file() -> None:
    _, source = wheels(DATA, 2)
    with pytest.raises(msgspec.ValidationError, match="bytes together"):
        model(DATA + b"1", source)
