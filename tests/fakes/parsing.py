"""What every parser is held to: where an answer is cut must not change what it says."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import NamedTuple

from jimae.chat.parsers.base import Family, Turn
from jimae.chat.parsers.registry import FAMILIES
from jimae.types import Tool, ToolChoice

WEATHER = Tool(
    "get_weather",
    "天気を調べる",
    '{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},'
    '"units":{"enum":["c","f"]},"flags":{"type":"array"},"where":{"type":"object"},'
    '"rain":{"type":"boolean"}}}',
)
CLOCK = Tool("clock", "時刻を答える")
TOOLS = (WEATHER, CLOCK)


class Call(NamedTuple):
    name: str
    arguments: str


class Whole(NamedTuple):
    """An answer with its deltas joined."""

    content: str = ""
    reasoning: str = ""
    calls: tuple[Call, ...] = ()


def parse(family: str | Family, pieces: Iterable[str], turn: Turn | None = None) -> Whole:
    """Join what a parser says of an answer that arrives in these pieces."""
    found = FAMILIES[family] if isinstance(family, str) else family
    numbers = count()
    turn = (turn or Turn(TOOLS))._replace(new_id=lambda: f"id{next(numbers)}")
    parser = found.parser(turn)
    parsed = [parser.add(piece, done=False) for piece in pieces]
    parsed.append(parser.add("", done=True))
    names: list[str] = []
    arguments: list[str] = []
    for delta in (delta for more in parsed for delta in more.calls):
        if delta.index == len(names):
            assert delta.id == f"id{delta.index}"
            assert delta.name is not None
            names.append(delta.name)
            arguments.append("")
        else:
            assert delta.index == len(names) - 1
            assert delta.id is None
            assert delta.name is None
        arguments[-1] += delta.arguments
    return Whole(
        "".join(more.content for more in parsed),
        "".join(more.reasoning for more in parsed),
        tuple(map(Call, names, arguments)),
    )


def at_every_split(family: str | Family, text: str, turn: Turn | None = None) -> Whole:
    """The whole result, which every cut in two and single characters must give too."""
    whole = parse(family, [text], turn)
    assert parse(family, text, turn) == whole
    for place in range(1, len(text)):
        assert parse(family, [text[:place], text[place:]], turn) == whole, text[:place]
    return whole


def without_tools() -> Turn:
    return Turn(())


def one_call() -> Turn:
    return Turn(TOOLS, ToolChoice(parallel=False))
