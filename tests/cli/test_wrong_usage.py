"""Wrong usage and help, in the language of the terminal: what the real command says."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.process import jimae
from jimae.cli.wrong_usage import in_japanese


@pytest.mark.parametrize(
    ("arguments", "said", "english"),
    [
        (("sing",), "コマンド「sing」はありません。", "No such command"),
        (("user",), "コマンド「user」はありません。近いもの: 'users'", "Did you mean"),
        (("users", "lst"), "コマンド「lst」はありません。近いもの: 'list'", "Did you mean"),
        (("--nothing",), "オプション --nothing はありません。", "No such option"),
        (
            ("users", "list", "--jsn"),
            "オプション --jsn はありません。近いもの: --json",
            "Possible options",
        ),
        (("users", "add"), "引数 name を指定してください。", "Missing argument"),
        (("policy", "publish"), "オプション --ja を指定してください。", "Missing option"),
        (("users", "list", "--group"), "オプション --group には値が必要です。", "requires an"),
        (
            ("users", "list", "--json=1"),
            "オプション --json に値は付けられません。",
            "does not take",
        ),
        (("groups", "add", "a", "b"), "余分な引数があります: b", "unexpected extra"),
        (
            ("users", "add", "a", "--role", "boss"),
            "--role の値が正しくありません: 「boss」は選べません。選べるもの: 'user', 'manager'",
            "is not one of",
        ),
        (("serve", "--port", "x"), "整数を指定してください", "valid integer"),
        (("keys", "add", "a", "b", "--days", "x"), "数値を指定してください", "valid number"),
        (("audit", "search", "--limit", "0"), "1 以上にしてください", "greater than"),
        (
            ("policy", "publish", "--ja", "/none.md", "--en", "/none.md"),
            "--ja の値が正しくありません: /none.md がありません",
            "does not exist",
        ),
        (("limits", "set"), "対象を指定してください", "say whose"),
    ],
)
def test_wrong_usage_is_told_in_japanese(
    tmp_path: Path, arguments: tuple[str, ...], said: str, english: str
) -> None:
    if arguments == ("limits", "set"):
        made = jimae("users", "setup-code", "--data-dir", str(tmp_path))
        assert made[0] == 0
        arguments = (*arguments, "--data-dir", str(tmp_path))
    code, shown = jimae(*arguments)
    assert code == 2
    flat = " ".join(shown.replace("│", " ").split())
    assert said in flat
    assert english not in flat
    assert "╭─ エラー" in shown
    if "requires" not in english and "does not take" not in english:
        assert "使い方: jimae" in shown or "使い方: python" in shown
        assert "--help で表示します" in flat
    for word in ("Usage", "Error", "Try", "Invalid"):
        assert word not in shown
    code, shown = jimae(*arguments, language="C.UTF-8")
    assert code == 2
    assert english in " ".join(shown.replace("│", " ").split())
    assert "╭─ Error" in shown


@pytest.mark.parametrize(
    "arguments", [("--help",), ("users", "--help"), ("users", "add", "--help")]
)
def test_help_has_its_headings_in_japanese(arguments: tuple[str, ...]) -> None:
    code, shown = jimae(*arguments)
    assert code == 0
    assert "使い方: " in shown
    assert "╭─ オプション" in shown
    assert "この説明を表示します。" in shown
    if arguments[-2:] == ("add", "--help"):
        assert "╭─ 引数" in shown
        assert "[必須]" in shown
        assert "[既定: user]" in shown
    else:
        assert "╭─ コマンド" in shown
    for word in (
        "Usage:",
        "Options",
        "Arguments",
        "Commands",
        "default:",
        "required",
        "Install completion",
    ):
        assert word not in shown
    assert "Usage: " in jimae(*arguments, language="C.UTF-8")[1]


def test_what_is_not_known_stays_as_it_is() -> None:
    assert in_japanese("Something new.") == "Something new."
    assert in_japanese("Invalid value for '--x': odd") == "--x の値が正しくありません: odd"
