"""Errors: both languages, every code, and the way across a process boundary."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import msgspec
import pytest

from jimae.error_texts import PARTS, TEXTS
from jimae.error_texts.text import (
    BUSY,
    FORBIDDEN,
    INVALID,
    NOT_FOUND,
    SERVER,
    SETUP,
    UNKNOWN,
    Inside,
    Text,
)
from jimae.error_texts.words import JA, in_japanese
from jimae.errors import JimaeError, WireError

SERVER_CODE = Path(__file__).parent.parent / "server" / "jimae"
JAPANESE = re.compile(r"[\u3041-\u30ff]")


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


SAID: dict[str, Text | Inside] = dict(TEXTS) | {
    f"{code}, inside": text.inside for code, text in TEXTS.items() if text.inside is not None
}
INNER = frozenset(("path", "place", "host", "before", "now"))


@pytest.mark.parametrize("text", SAID.values(), ids=SAID)
def test_both_languages_say_the_same_values(text: Text | Inside) -> None:
    assert placeholders(text.en) == placeholders(text.ja)


@pytest.mark.parametrize("text", SAID.values(), ids=SAID)
def test_a_sentence_is_in_its_language_and_ends(text: Text | Inside) -> None:
    assert JAPANESE.search(text.ja), "the Japanese sentence has no kana"
    assert not JAPANESE.search(text.en)
    # A sentence ends with a full stop, a value, or a command after a colon.
    assert re.search(r"(\.|\}|: .+)$", text.en)
    assert "  " not in text.en


def test_what_is_inside_is_told_to_who_runs_the_server_alone() -> None:
    error = JimaeError("storage_unavailable", reason="port 5432 of db.example refused 'jimae'")
    for language in ("en", "ja"):
        assert "5432" not in error.message(language)  # type: ignore[arg-type]
        assert "5432" in error.whole(language)  # type: ignore[arg-type]
    assert "5432" in str(error)
    assert str(error.to_wire().to_error()) == str(error)
    for code, text in TEXTS.items():
        assert text.inside is None or not placeholders(text.en) & INNER, code


# Placeholders that hold a word of ours, and where they do not.
WORDS = frozenset(("kind", "needed", "role", "what", "whose", "hours"))
AS_THEY_ARE = {
    ("invalid_grammar", "kind"): "what a request calls it",
    ("invalid_text", "what"): "a character",
    ("key_not_for_this", "needed"): "an area, as keys list them",
    ("peer_tools", "tool"): "programs",
    ("source_missing", "what"): "a file",
    ("wrong_role", "role"): "what a request calls it",
}


def test_words_of_ours_are_said_in_japanese() -> None:
    """A sentence that names a kind or a role has a table for it, or a reason to have none."""
    found = {(code, name) for code in TEXTS for name in placeholders(TEXTS[code].ja) & WORDS}
    told = {(code, name) for code, tables in JA.items() for name in tables}
    assert found - told - AS_THEY_ARE.keys() == set()
    assert {
        key for key in told | AS_THEY_ARE.keys() if key[1] not in placeholders(TEXTS[key[0]].ja)
    } == set()


def raised() -> list[tuple[str, str, str]]:
    """Every word that the server's code gives an error: code, placeholder, word."""
    found = []
    for path in SERVER_CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "JimaeError":
                continue
            code = node.args[0] if node.args else None
            if not isinstance(code, ast.Constant) or not isinstance(code.value, str):
                continue
            for keyword in node.keywords:
                value = keyword.value
                if keyword.arg and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.append((code.value, keyword.arg, value.value))
    return found


def test_no_sentence_has_english_in_its_japanese() -> None:
    """Values that the code writes out itself are words of ours, but for names of fields, values
    of requests, and the causes that llama.cpp, a parser or a network gives."""
    as_they_are = {
        *("name", "param", "other", "instead", "calls", "result", "key", "opens", "header"),
        *("value", "role", "limit", "source", "reason"),
    }
    english = [
        (code, name, value)
        for code, name, value in raised()
        if name not in as_they_are
        and (code, name) not in AS_THEY_ARE
        and name in placeholders(TEXTS[code].ja)
        and re.search(r"[A-Za-z]{3}", value)
        and re.search(r"[A-Za-z]{3}", str(in_japanese(code, {name: value})[name]))
    ]
    assert english == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (JimaeError("subject_unknown", kind="account", id="taro"), "アカウント「taro」"),
        (JimaeError("not_permitted", needed="admin"), "必要な権限: 管理者"),
        (
            JimaeError(
                "hours_never", whose="everybody, 営業", hours="mon-fri 08:00-09:00 / sun 1:00-2:00"
            ),
            "全員, 営業",
        ),
        (
            JimaeError(
                "hours_never", whose="everybody", hours="mon-fri 08:00-09:00 / sat,sun 1:00-2:00"
            ),
            "月-金 08:00-09:00 / 土,日 1:00-2:00",
        ),
    ],
)
def test_values_are_said_in_japanese(error: JimaeError, said: str) -> None:
    assert said in error.message("ja")
    assert said not in error.message("en")


@pytest.mark.parametrize(("code", "text"), TEXTS.items(), ids=TEXTS)
def test_status_and_type_belong_together(code: str, text: Text) -> None:
    expected = {
        INVALID: range(400, 500),
        NOT_FOUND: [404],
        SERVER: range(500, 600),
        UNKNOWN: [401],
        FORBIDDEN: [403],
        BUSY: [409, 429],
        SETUP: range(400, 600),
    }
    assert text.type in expected
    assert text.status in expected[text.type]


def test_no_code_is_given_twice() -> None:
    assert sum(len(part.TEXTS) for part in PARTS) == len(TEXTS)


def test_message_fills_in_the_values_in_both_languages() -> None:
    error = JimaeError("model_not_found", param="model", model="gpt-4", available="a, b")

    assert str(error) == "The model 'gpt-4' is not on this server. Available: a, b."
    assert error.message("ja") == ("モデル「gpt-4」はこのサーバーにありません。使えるモデル: a, b")
    assert (error.status, error.type, error.param) == (404, NOT_FOUND, "model")


def test_an_error_without_its_values_cannot_be_made() -> None:
    with pytest.raises(KeyError, match="available"):
        JimaeError("model_not_found", model="gpt-4")


def test_an_unknown_code_cannot_be_made() -> None:
    with pytest.raises(KeyError, match="no_such_code"):
        JimaeError("no_such_code")


def test_braces_in_a_value_stay_as_they_are() -> None:
    error = JimaeError("template_failed", model="{model}", reason="{reason!r} {0}")

    assert "'{model}'" in str(error)
    assert str(error).endswith("{reason!r} {0}")


def test_an_error_crosses_to_another_process_unchanged() -> None:
    error = JimaeError("queue_full", retry_after=2.5, waiting=7, seconds=3)

    wire = msgspec.msgpack.decode(msgspec.msgpack.encode(error.to_wire()), type=WireError)
    there = wire.to_error()

    assert there.to_wire() == error.to_wire()
    assert str(there) == str(error)
    assert there.retry_after == 2.5


def test_every_code_that_the_server_raises_has_its_sentences() -> None:
    raised = re.compile(r'JimaeError\(\s*"([a-z_]+)"')
    files = sorted(SERVER_CODE.rglob("*.py"))
    used = {code for file in files for code in raised.findall(file.read_text(encoding="utf-8"))}

    assert used, "no raise was found: the pattern is out of date"
    assert used <= TEXTS.keys()


def test_no_sentence_is_left_over() -> None:
    """A code that no line of the package names is dead."""
    code_files = [f for f in SERVER_CODE.rglob("*.py") if f.parent.name != "error_texts"]
    written = "\n".join(file.read_text(encoding="utf-8") for file in code_files)

    assert [code for code in TEXTS if f'"{code}"' not in written] == []
