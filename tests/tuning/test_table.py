from __future__ import annotations

import io

from rich.console import Console

from jimae.errors import Language
from jimae.tuning.messages import Measured, Quality, Speed, ThreadSpeed
from jimae.tuning.session import Line, Report
from jimae.tuning.table import render


def line(id: str, rate: float, quality: Quality | None, spread: float = 0.1) -> Line:
    decode = {1: rate, 4: rate * 1.1, 8: rate * 1.2, 16: rate * 1.5}
    speed = Speed(2, {128: 82.0, 512: 90.0}, decode, spread)
    tried = (ThreadSpeed(1, 45, 14, 16), ThreadSpeed(2, 90, 25, 26))
    return Line(id, id[-4:], 10**9, Measured(tried, speed, quality))


def report(*lines: Line) -> Report:
    best = lines[-1].id
    return Report(lines[0].id, 2, 2, 8, lines, lines[0].id, best, {one.id: 512 for one in lines})


def shown(report: Report, language: Language) -> str:
    console = Console(file=io.StringIO(), width=150)
    console.print(render(report, language))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


BASE = line("m", 20, Quality(900, 8.0))
OTHER = line("m-q4_0", 30, Quality(900, 8.4, 0.05, 0.012, 0.0312))


def test_speed_stands_beside_loss() -> None:
    text = shown(report(BASE, OTHER), "en")

    row = next(row for row in text.splitlines() if row.startswith("m-q4_0"))
    assert row.split() == [
        *("m-q4_0", "q4_0", "1", "GB", "90.0", "30.0", "33.0", "36.0", "45.0"),
        *("8.400", "+5.0%", "±1.2", "0.0312"),
    ]
    assert "Best for 1 user: m\n" in text
    assert "Best for 8 users: m-q4_0 (1.50 times as fast as m, loss +5.0%)" in text


def test_the_chosen_threads_and_step_are_marked() -> None:
    text = shown(report(BASE, OTHER), "en")

    assert "2 *" in text
    assert "1 *" not in text
    assert text.count("90.0 *") == 2


def test_in_japanese() -> None:
    text = shown(report(BASE, OTHER), "ja")

    assert "8 人に最適: m-q4_0（m の 1.50 倍、損失 +5.0%）" in text
    assert "Best" not in text


def test_a_busy_machine_is_told() -> None:
    assert "Something else worked" not in shown(report(BASE), "en")
    assert "Something else worked" in shown(report(line("m", 20, None, spread=0.8)), "en")


def test_without_quality_there_are_no_columns_for_it() -> None:
    text = shown(report(line("m", 20, None), line("m-q4_0", 30, None)), "en")

    assert "Perplexity" not in text
    assert "loss" not in text
