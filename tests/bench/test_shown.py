"""The report as table and as plot."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from jimae.bench.machine import this_machine
from jimae.bench.plan import SCENARIOS
from jimae.bench.report import Report, RequestFacts, Run, ServerFacts, scenario_report
from jimae.bench.svg import plot
from jimae.bench.table import number, render, word
from jimae.errors import Language

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314


def report_of(values: dict[str, list[float]], name: str = "shared-prefix") -> Report:
    """One scenario whose every metric has these values, per label and run."""
    report = Report(
        started="2026-11-23T12:00:00+00:00",
        machine=this_machine(),
        seed=1,
        baseline=list(values)[-1],
        servers=[ServerFacts(label, "http://x", "m") for label in values],
    )
    scenario = scenario_report(SCENARIOS[name], users=8)
    for label, numbers in values.items():
        for index, value in enumerate(numbers):
            every = {metric.name: value for metric in scenario.metrics}
            scenario.runs.append(Run(index, label, every, [], 0.0))
    report.scenarios.append(scenario)
    return report


def printed(report: Report, language: Language) -> str:
    console = Console(width=200, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(render(report, language))
    return capture.get()


def test_the_table_has_medians_and_ratios() -> None:
    text = printed(report_of({"ours": [2.0, 1.0, 3.0], "theirs": [100.0, 100.0, 100.0]}), "en")
    assert "2.00 s (1.00–3.00)" in text
    assert "×0.0200 (0.0100–0.0300)" in text
    assert "100 s" in text
    assert "Sharing scope: one key, no user field: one user" in text


def test_failures_are_shown() -> None:
    report = report_of({"a": [1.0], "b": [1.0]})
    facts = RequestFacts(0, math.nan, math.nan, None, None, 0, math.nan, True, "HTTP 500: x")
    report.scenarios[0].runs[0].requests.extend([facts, facts])
    assert "Failed requests, a: 2 × HTTP 500: x" in printed(report, "en")


def test_the_table_in_japanese() -> None:
    text = printed(report_of({"a": [1.0], "b": [2.0]}), "ja")
    assert "最初の文字まで p95" in text
    assert "共有の範囲: 鍵 1 つ" in text


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_every_metric_and_scope_has_a_japanese_name(name: str) -> None:
    scenario = SCENARIOS[name]
    for english in (scenario.scope, *(metric.name for metric in scenario.metrics)):
        assert word(english, "ja") != english


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.0123456, "0.0123"),
        (1.2345, "1.23"),
        (45.67, "45.7"),
        (12345.6, "12,346"),
        (math.nan, "–"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8),
        st.lists(st.floats(0, 1e6) | st.just(math.nan), min_size=2, max_size=2),
        min_size=1,
        max_size=4,
    )
)
def test_the_plot_is_xml_and_its_bars_are_to_scale(values: dict[str, list[float]]) -> None:
    root = parsed(plot(report_of(values)))
    bars = [bar for bar in root.iter(f"{SVG}rect") if bar.get("fill")]
    known = [numbers for numbers in values.values() if not all(map(math.isnan, numbers))]
    assert len(bars) == len(known)
    for bar in bars:
        assert 0 < float(bar.get("width", "0")) <= 380.0


def test_bars_are_proportional() -> None:
    root = parsed(plot(report_of({"a": [1.0], "b": [4.0]})))
    first, second = (
        float(bar.get("width", "0")) for bar in root.iter(f"{SVG}rect") if bar.get("fill")
    )
    assert second == pytest.approx(4 * first, rel=0.01)


def test_the_long_prompts_own_wait_has_a_panel() -> None:
    text = plot(report_of({"a": [1.0], "b": [4.0]}, "long-prompt-arrives"))
    assert text.count("long prompt&apos;s ttft") + text.count("long prompt's ttft") == 1
