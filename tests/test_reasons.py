"""Reasons of readers, in Japanese: what the real readers say of files that people write or copy."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from catalogue.made import gguf_bytes, model, to_toml
from jimae.catalogue import registry
from jimae.catalogue.gguf_header import parse_header, read_header
from jimae.error_texts import TEXTS
from jimae.error_texts.reasons import FORMS
from jimae.errors import JimaeError
from jimae.settings import load

# Words of these files that stay in a Japanese sentence.
KEPT = re.compile(
    r"GGUF|general\.architecture|UTF-8|jimae pull ID|ID|MiB|verified = true|sha256|architecture"
    r"|files|role|weights|note|parts|int|str|toml|chat|base|embedding|colour|family|rank|port|server"
)


def english(error: JimaeError, path: str) -> str:
    """What is English in its Japanese sentence, but for names."""
    said = error.whole("ja").replace(path, "")
    return " ".join(re.findall(r"[A-Za-z]{2,}", KEPT.sub("", said)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[server]\nport 8080\n", "キーの後に = がありません（2 行目 6 文字目）"),
        ("[server]\nport = 八〇\n", '文字列は " で囲んでください（2 行目 8 文字目）'),
        ("[server]\nport = 80 80\n", "余分な文字があります（2 行目 11 文字目）"),
        ("[server\nport = 80\n", "見出しの ] がありません（1 行目"),
        ("[server]\nport = 80\n[server]\n", "が 2 回あります（3 行目"),
        ("[server]\nport = 80\nport = 81\n", "同じキーが 2 回あります"),
        ('[server]\nhost = "a\nport = 80\n', "使えない文字"),
        ("[server]\nhost = 'a", "文字列の終わりの引用符がありません（ファイルの末尾）"),
        ("[server]\nhosts = ['a'\nport = 80\n", "リストの ] がありません"),
        ("= 80\n", "「キー = 値」の形ではありません"),
        ('[server]\nhost = "\\q"\n', "文字列の中の \\ は \\\\ と書いてください"),
    ],
)
def test_settings_that_cannot_be_read(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "jimae.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(JimaeError) as failed:
        load(file=file, environ={})
    assert failed.value.code == "settings_file"
    assert told in failed.value.whole("ja")
    assert "line" in failed.value.whole("en") or "end of document" in failed.value.whole("en")


def test_settings_in_another_encoding_and_none(tmp_path: Path) -> None:
    file = tmp_path / "jimae.toml"
    file.write_bytes("# 設定\n".encode("cp932"))
    with pytest.raises(JimaeError) as failed:
        load(file=file, environ={})
    assert "UTF-8 で保存し直してください" in failed.value.whole("ja")
    assert english(failed.value, str(file)) == ""
    for path, told in (
        (tmp_path / "none.toml", "ファイルまたはディレクトリーがありません"),
        (tmp_path, "ディレクトリーです"),
    ):
        with pytest.raises(JimaeError) as failed:
            load(file=path, environ={})
        assert failed.value.whole("ja").endswith(told)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "先頭に 'GGUF' がありません"),
        (b"PK\x03\x04", "先頭に 'GGUF' がありません"),
        (b"GGUF" + struct.pack("<I", 1), "GGUF のバージョンが 1 です（対応は 2 と 3 です）"),
        (b"GGUF" + struct.pack(">I", 3), "ビッグエンディアン"),
        (gguf_bytes()[:30], "ファイルが 24 バイト目で途切れています"),
        (gguf_bytes()[:-7], "ファイルが途中で途切れています（"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 0), "モデルの種類（general.architecture）"),
    ],
)
def test_weights_that_somebody_copied(data: bytes, told: str) -> None:
    with pytest.raises(JimaeError) as failed:
        parse_header(data)
    assert told in failed.value.whole("ja")
    assert english(failed.value, "-") == ""


def test_weights_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(JimaeError) as failed:
        read_header(tmp_path / "none.gguf")
    assert "ファイルまたはディレクトリーがありません" in failed.value.whole("ja")


def test_a_rule_of_the_format_is_named_as_it_is() -> None:
    data = b"GGUF" + struct.pack("<IQQ", 3, 1 << 40, 0)
    with pytest.raises(JimaeError) as failed:
        parse_header(data)
    reason = failed.value.values["reason"]
    assert f"GGUF の規則に反しています（{reason}）" in failed.value.whole("ja")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("rank = 0", 'rank = "0"'), "int の値が必要ですが、str です"),
        (('kind = "chat"', 'kind = "talk"'), "「talk」は選べません"),
        (("rank = 0", 'rank = 0\ncolour = "red"'), "「colour」という項目はありません"),
        (('family = "tiny"', ""), "「family」がありません"),
        (('id = "tiny"', 'id = "other"'), "「other」と書かれていますが、ファイル名は「tiny.toml」"),
        (('id = "tiny"', 'id = "Ti ny"'), "形が違います"),
        (('name = "Tiny"', 'name = ""'), "1 文字以上にしてください"),
        (("rank = 0", "rank 0"), "キーの後に = がありません"),
        (("context = 128", "context = 0"), "数にしてください"),
    ],
)
def test_entries_of_ones_own(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    text = to_toml(model(b"x", {"from": "file", "path": "/x"})).decode()
    assert change[0] in text
    file = tmp_path / "tiny.toml"
    file.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(JimaeError) as failed:
        registry.read_entry(file)
    assert told in failed.value.whole("ja")


def test_every_error_with_forms_has_a_reason() -> None:
    for code in FORMS:
        text = TEXTS[code]
        assert "{reason}" in (text.inside or text).ja
