"""The pages in docs/ about settings, in both languages, written from the declarations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from jimae.errors import Language
from jimae.settings import NAMED, Settings, described, env_name, tables
from jimae.settings.japanese import TABLES

EXAMPLE: Final = """
```toml
# ~/.local/share/jimae/jimae.toml
[server]
port = 8080

[engine]
kv_tokens = 32768

[model."qwen2.5-coder-1.5b"]
kv_type = "q8_0"
```

"""

HEADS: Final[dict[Language, str]] = {
    "en": """\
# Settings

Settings are read from `jimae.toml` in the data directory (or the file given with
`--config`), then from environment variables, then from the command line; the later wins.
The data directory is `~/.local/share/jimae` unless `--data-dir` or `JIMAE_DATA_DIR` says
otherwise. An unknown name or a bad value stops the start and says what would be right.
""",
    "ja": """\
# 設定

設定は、データディレクトリーの `jimae.toml`（または `--config` で指定したファイル）、環境変数、
コマンドラインの順に読み、後のものが優先されます。データディレクトリーは、`--data-dir` か
`JIMAE_DATA_DIR` で変えなければ `~/.local/share/jimae` です。知らない名前や正しくない値があると
起動せず、どうすればよいかを示します。
""",
}


class _Words(NamedTuple):
    """What the tables of a page say besides the descriptions."""

    general: str
    columns: tuple[str, str, str, str]
    needed: str
    unset: str
    brackets: str
    join: str
    between: str
    at_least: str
    more_than: str
    more_than_between: str


WORDS: Final[dict[Language, _Words]] = {
    "en": _Words(
        "General",
        ("name", "default", "variable", "what it does"),
        "needed",
        "unset",
        " ({})",
        ", ",
        "{low} to {high}",
        "{} or more",
        "more than {}",
        "more than {low} to {high}",
    ),
    "ja": _Words(
        "全般",
        ("名前", "初期値", "環境変数", "説明"),
        "必須",
        "なし",
        "（{}）",
        "、",
        "{low} から {high} まで",
        "{} 以上",
        "{} より大きい値",
        "{low} より大きく {high} まで",
    ),
}


def page(language: Language) -> str:
    return HEADS[language] + EXAMPLE + "\n".join(_sections(language))


def _sections(language: Language) -> Iterator[str]:
    top: dict[str, FieldInfo] = {}
    sections: dict[str, type[BaseModel]] = {}
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            sections[name] = kind
        elif name not in NAMED:
            top[name] = field
    words = TABLES[""] if language == "ja" else "Above all tables of the file."
    yield _table(WORDS[language].general, words, "", top, language)
    for name, section in sections.items():
        words = TABLES[name] if language == "ja" else section.__doc__ or ""
        yield _table(f"[{name}]", words, name, section.model_fields, language)
    for name, table in tables().items():
        title = '[model."ID"]' if name == "model" else f"[{name}.NAME]"
        words = TABLES[name] if language == "ja" else table.__doc__ or ""
        yield _table(title, words, name, table.model_fields, language)


def _table(
    title: str, words: str, table: str, fields: Mapping[str, FieldInfo], language: Language
) -> str:
    """Those of a named table are in the file only, and have no variables."""
    here = WORDS[language]
    heads = [head for head in here.columns if table not in NAMED or head != here.columns[2]]
    lines = [f"## {title}", "", words, ""]
    lines += [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for name, field in fields.items():
        dotted = f"{table}.{name}" if table else name
        does = described(dotted, language)
        cells = [f"`{name}`", _default(field, here)]
        if table not in NAMED:
            cells.append(f"`{env_name(dotted)}`")
            does += _limits(field, here)
        lines.append(f"| {' | '.join([*cells, does])} |")
    return "\n".join([*lines, ""])


def _default(field: FieldInfo, words: _Words) -> str:
    if field.is_required():
        return words.needed
    if field.default_factory is not None:
        return "`~/.local/share/jimae`"
    if field.default in (None, ""):
        return words.unset
    if isinstance(field.default, tuple):
        return f"`{list(field.default)}`"
    return f"`{field.default}`"


def _limits(field: FieldInfo, words: _Words) -> str:
    """` (0 to 65535)`, or the values that a choice has."""
    choices = getattr(field.annotation, "__args__", ())
    if choices and all(isinstance(choice, str) for choice in choices):
        return words.brackets.format(words.join.join(f"`{choice}`" for choice in choices))
    low = high = said = ""
    between = words.between
    for limit in field.metadata:
        if isinstance(limit, annotated_types.Ge):
            low, said = f"{limit.ge}", words.at_least.format(limit.ge)
        elif isinstance(limit, annotated_types.Gt):
            low, said = f"{limit.gt}", words.more_than.format(limit.gt)
            between = words.more_than_between
        elif isinstance(limit, annotated_types.Le):
            high = f"{limit.le}"
    if low and high:
        said = between.format(low=low, high=high)
    return words.brackets.format(said) if said else ""
