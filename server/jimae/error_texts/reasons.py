"""Reasons that readers of files and the system give in English, in Japanese where a person can do
something about them. A reason is known by its form; any other stays as it is, for a search."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

Forms = Sequence[tuple[str, str]]
"""Regular expressions of whole sentences, and what to say instead, with their groups."""

# strerror(3), by itself or as Python writes an OSError.
_SYSTEM: Final[Forms] = tuple(
    (rf"(?:\[Errno \d+\] )?{english}(?:: '.*')?", japanese)
    for english, japanese in (
        ("No such file or directory", "ファイルまたはディレクトリーがありません"),
        ("Permission denied", "権限がありません"),
        ("Is a directory", "ディレクトリーです"),
        ("Not a directory", "途中のパスがディレクトリーではありません"),
        ("File exists", "既にあります"),
        ("No space left on device", "ディスクに空きがありません"),
        ("Read-only file system", "書き込めないディスクです"),
        ("Input/output error", "ディスクの読み書きに失敗しました"),
        ("File name too long", "ファイル名が長すぎます"),
        ("Cannot assign requested address", "このマシンのアドレスではありません"),
    )
)
# catalogue/gguf_header.py and what it reads with. What no copy or other file mends is only told
# to be against the rules.
_GGUF: Final[Forms] = (
    *_SYSTEM,
    (r"it does not begin with 'GGUF'", "GGUF 形式ではありません（先頭に 'GGUF' がありません）"),
    (
        r"version (\d+) is not 2 or 3 \(it is big-endian\)",
        "ビッグエンディアンの GGUF です（対応はリトルエンディアンだけです）",
    ),
    (r"version (\d+) is not 2 or 3", r"GGUF のバージョンが \1 です（対応は 2 と 3 です）"),
    (
        r"it is one of (\d+) parts; merge them into one file first",
        r"\1 個に分けたファイルの 1 つです。先に 1 つのファイルにまとめてください",
    ),
    (r"it ends inside .+ at byte (\d+)", r"ファイルが \1 バイト目で途切れています"),
    (r"the array '.*' goes past the end of the file", "ファイルが途中で途切れています"),
    (
        r"the tensor '.*' ends at byte (\d+), but the file has (\d+)",
        r"ファイルが途中で途切れています（\1 バイトのはずが \2 バイトです）",
    ),
    (
        r"it has no 'general\.architecture'",
        "モデルの種類（general.architecture）が書かれていません",
    ),
    (r".+", r"GGUF の規則に反しています（\g<0>）"),
)
_PLACES: Final[Forms] = (
    (r" \(at line (\d+), column (\d+)\)", r"（\1 行目 \2 文字目）"),
    (r" \(at end of document\)", "（ファイルの末尾）"),
)
_AT: Final = r"( \(at .+\))"
# tomllib, and UTF-8 before it.
_TOML: Final[Forms] = (
    *_SYSTEM,
    (
        r"'utf-8' codec can't decode byte .+ in position (\d+): .+",
        r"UTF-8 のテキストではありません（先頭から \1 バイトの所）。UTF-8 で保存し直してください",
    ),
    (rf"Expected '=' after a key in a key/value pair{_AT}", r"キーの後に = がありません\1"),
    (
        rf"Expected newline or end of document after a statement{_AT}",
        r"値の後に余分な文字があります\1",
    ),
    (rf"Expected '\]+' at the end of an? \w+ declaration{_AT}", r"見出しの ] がありません\1"),
    (rf"Invalid value{_AT}", r'値を読めません。文字列は " で囲んでください\1'),
    (rf"Invalid statement{_AT}", r"「キー = 値」の形ではありません\1"),
    (rf"Invalid initial character for a key part{_AT}", r"キーの名前を読めません\1"),
    (rf"Invalid date or datetime{_AT}", r"日付や時刻として読めません\1"),
    (rf"Invalid hex value{_AT}", r"\\u や \\U の後が 16 進数ではありません\1"),
    (rf"Cannot overwrite a value{_AT}", r"同じキーが 2 回あります\1"),
    (rf"Cannot declare \((.+?),?\) twice{_AT}", r"見出し \1 が 2 回あります\2"),
    (rf"Duplicate inline table key (.+){_AT}", r"キー \1 が 2 回あります\2"),
    (rf"Unclosed array{_AT}", r"リストの ] がありません\1"),
    (rf"Unclosed inline table{_AT}", r"表の } がありません\1"),
    (rf"Unescaped '\\' in a string{_AT}", r"文字列の中の \\ は \\\\ と書いてください\1"),
    (rf"Illegal character (.+){_AT}", r"使えない文字 \1 があります\2"),
    (rf"Found invalid character (.+){_AT}", r"使えない文字 \1 があります\2"),
    (rf"(?:Unterminated string|Expected .+){_AT}", r"文字列の終わりの引用符がありません\1"),
)
# msgspec, and what an entry of the catalogue says of itself.
_ENTRY: Final[Forms] = (
    *_TOML,
    (r"Object contains unknown field `(.+)`", r"「\1」という項目はありません"),
    (r"Object missing required field `(.+)`", r"「\1」がありません"),
    (r"Expected `(.+)`, got `(.+)`", r"\1 の値が必要ですが、\2 です"),
    (r"Expected `str` matching regex .+", "使えない文字があるか、形が違います"),
    (r"Expected `str` of length >= (\d+)", r"\1 文字以上にしてください"),
    (r"Expected `str` of length <= (\d+)", r"\1 文字以下にしてください"),
    (r"Expected `(?:int|float)` (>=|<=|>|<) (.+)", r"\1 \2 の数にしてください"),
    (r"Invalid enum value '(.*)'; it can be (.+)", r"「\1」は選べません。選べるもの: \2"),
    (r"Invalid enum value '(.*)'", r"「\1」は選べません"),
    (
        r"it says '(.+)', but the file is called '(.+)'",
        r"「\1」と書かれていますが、ファイル名は「\2」です",
    ),
    (
        "a licence that does not allow everything needs a note",
        "条件つきのライセンスには note が必要です",
    ),
    (
        "a file that comes in packages needs its sha256",
        "パッケージのファイルには sha256 が必要です",
    ),
    (
        r"the parts have (\d+) bytes together, the file (\d+)",
        r"parts の合計は \1 バイトですが、ファイルは \2 バイトです",
    ),
    (
        "files needs exactly one file of role 'weights'",
        "files には、role が weights のファイルがちょうど 1 つ必要です",
    ),
    (
        "a verified entry needs the sha256 of every file",
        "verified = true には、すべてのファイルの sha256 が必要です",
    ),
    ("a verified entry needs its architecture", "verified = true には architecture が必要です"),
)

FORMS: Final[Mapping[str, Forms]] = {
    "gguf_invalid": _GGUF,
    "settings_file": _TOML,
    "catalogue_invalid": _ENTRY,
    "path_unusable": _SYSTEM,
    "models_dir_unusable": _SYSTEM,
    "audit_key_file": _SYSTEM,
    "audit_signing_key": _SYSTEM,
    "cannot_listen": _SYSTEM,
}
"""By the code of an error that has a `reason`."""


def reason_in_japanese(code: str, reason: str) -> str:
    """The reason of an error with this code."""
    said = by_form(reason, FORMS.get(code, ()))
    if said is None:
        return reason
    for place, there in _PLACES:
        said = re.sub(place, there, said)
    return said


def by_form(text: str, forms: Forms) -> str | None:
    """What to say instead of a sentence; None if no form is its own."""
    for form, instead in forms:
        if (match := re.fullmatch(form, text, re.DOTALL)) is not None:
            return match.expand(instead)
    return None
