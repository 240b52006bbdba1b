"""The report as a table in the terminal, in English or Japanese."""

from __future__ import annotations

import math

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from jimae.bench.report import Report, ScenarioReport
from jimae.bench.scenarios import MANY_USERS, ONE_USER, TWO_USERS, Metric
from jimae.bench.stats import Spread
from jimae.errors import Language

_JA = {
    "scenario": "場面",
    "measure": "測定値",
    "median (low to high)": "中央値（最小〜最大）",
    "Failed requests": "失敗した要求",
    "Notes": "注意",
    "Resident memory": "常駐メモリー",
    "Sharing scope": "共有の範囲",
    "Started with": "起動コマンド",
    "tokens per second": "毎秒トークン数",
    "decode only": "生成のみの速度",
    "ttft": "最初の文字まで",
    "ttft p50": "最初の文字まで p50",
    "ttft p95": "最初の文字まで p95",
    "gap p50": "文字の間隔 p50",
    "gap p95": "文字の間隔 p95",
    "gap p99": "文字の間隔 p99",
    "longest gap": "最長の間隔",
    "long prompt's ttft": "長い入力の最初の文字まで",
    "the flood's tokens per second": "連投側の毎秒トークン数",
    "ttft of later turns": "2 回目以降の最初の文字まで",
    "ttft of the first turn": "1 回目の最初の文字まで",
    "ttft of the last turn": "最終回の最初の文字まで",
    "failures": "失敗",
    "requests": "要求数",
    "ttft drift": "最初の文字までの変化（後/前）",
    "gap drift": "間隔の変化（後/前）",
    ONE_USER: "鍵 1 つ、user 欄なし（利用者 1 人）",
    TWO_USERS: "鍵 1 つ、user 欄で分けた利用者 2 人",
    MANY_USERS: "鍵 1 つ、利用者ごとに user 欄",
}


def word(english: str, language: Language) -> str:
    return _JA.get(english, english) if language == "ja" else english


def number(value: float) -> str:
    """Three significant digits, without an exponent; a dash where there is none."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    digits = min(6, max(0, 2 - math.floor(math.log10(abs(value)))))
    return f"{value:,.{digits}f}"


def figure(spread: Spread, unit: str) -> str:
    text = f"{number(spread.median)} {unit}".strip()
    if math.isnan(spread.median) or spread.low == spread.high:
        return text
    return f"{text} ({number(spread.low)}–{number(spread.high)})"


def render(report: Report, language: Language) -> RenderableType:
    return Group(_heading(report), _figures(report, language), _below(report, language))


def _heading(report: Report) -> Text:
    machine = report.machine
    lines = [
        f"{machine.cpu} · {machine.cores} cores · {machine.memory_gib:g} GiB · {machine.system} · "
        f"{' '.join(machine.cpu_features)}"
    ]
    for server in report.servers:
        known = " · ".join(part for part in (server.url, server.model, server.version) if part)
        lines.append(f"{server.label}: {known}")
    lines.append(f"seed {report.seed} · {report.started}")
    return Text("\n".join(lines), style="dim")


def _figures(report: Report, language: Language) -> Table:
    table = Table(caption=word("median (low to high)", language), show_lines=False)
    table.add_column(word("scenario", language))
    table.add_column(word("measure", language))
    others = [label for label in report.labels if label != report.baseline]
    for label in report.labels:
        table.add_column(label, justify="right")
    for label in others:
        table.add_column(f"{label} ÷ {report.baseline}", justify="right")
    for scenario in report.scenarios:
        for index, metric in enumerate(scenario.metrics):
            table.add_row(
                scenario.name if index == 0 else "",
                word(metric.name, language),
                *(
                    figure(scenario.spread(label, metric.name), metric.unit)
                    for label in report.labels
                ),
                *(_ratio(scenario, label, report.baseline, metric) for label in others),
                style="bold" if index == 0 else None,
                end_section=index == len(scenario.metrics) - 1,
            )
    return table


def _ratio(scenario: ScenarioReport, label: str, baseline: str, metric: Metric) -> Text:
    ratio = scenario.ratio(label, baseline, metric.name)
    if math.isnan(ratio.median):
        return Text("–")
    better = ratio.median < 1 if metric.better == "lower" else ratio.median > 1
    style = "green" if better else "red" if ratio.median != 1 else ""
    return Text(f"×{figure(ratio, '')}", style=style)


def _below(report: Report, language: Language) -> Text:
    lines: list[str] = []
    for scenario in report.scenarios:
        settings = ", ".join(f"{key} {value:g}" for key, value in scenario.settings.items())
        scope = f"{word('Sharing scope', language)}: {word(scenario.scope, language)}"
        lines.append(f"{scenario.name}: {settings}. {scope}")
        for label in report.labels:
            for complaint, count in scenario.complaints(label).items():
                lines.append(
                    f"  {word('Failed requests', language)}, {label}: {count} × {complaint}"
                )
        lines += [f"  {run.label}: {note}" for run in scenario.runs for note in run.notes]
    for server in report.servers:
        if server.resident_mib is not None:
            memory = f"{server.resident_mib:,.0f} MiB"
            lines.append(f"{word('Resident memory', language)}, {server.label}: {memory}")
        if server.command is not None:
            lines.append(
                f"{word('Started with', language)}, {server.label}: {' '.join(server.command)}"
            )
        lines += [f"{server.label}: {note}" for note in server.notes]
    lines += [f"{word('Notes', language)}: {note}" for note in report.notes]
    return Text("\n".join(lines))
