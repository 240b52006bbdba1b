"""The report's headlines as a small SVG: a panel per scenario, a bar per server."""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

from jimae.bench.report import Report, ScenarioReport
from jimae.bench.scenarios import Metric
from jimae.bench.table import number

WIDTH = 760
_LABELS = 190
_VALUES = 190
_BAR = 18
_ROW = 24
_HEAD = 30
_TOP = 56
# Told apart also without colour vision, and on white as on black.
_COLOURS = ("#3b82c4", "#d9822b", "#3fa070", "#a06bc0", "#c0567a", "#8a8f98")

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .head { font-weight: 600; }
  .quiet { fill: #59636e; font-size: 12px; }
  .track { fill: #59636e; fill-opacity: 0.12; }
  .paper { fill: #ffffff; }
  .range { stroke: #1f2328; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9aa4af; }
    .track { fill: #9aa4af; fill-opacity: 0.18; }
    .paper { fill: #0d1117; }
    .range { stroke: #e6edf3; }
  }
"""


def plot(report: Report) -> str:
    """A whole SVG document. Bars start at zero; each panel has its own scale."""
    body: list[str] = []
    y = _TOP
    for scenario in report.scenarios:
        for metric in headlines(scenario):
            panel, height = _panel(report, scenario, metric, y)
            body += panel
            y += height
    machine = f"{report.machine.cpu}, {report.machine.cores} cores · {report.started[:10]}"
    subtitle = (
        f"{machine} · median of runs, line from least to greatest · × is to {report.baseline}"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 8}" '
            f'width="{WIDTH}" height="{y + 8}" role="img">',
            f"<title>{escape(', '.join(report.labels))}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{y + 8}"/>',
            _text(16, 24, " · ".join(report.labels), "title"),
            _text(16, 43, subtitle, "quiet"),
            *body,
            "</svg>",
            "",
        ]
    )


def headlines(scenario: ScenarioReport) -> tuple[Metric, ...]:
    """What a panel is drawn for: the first figure, and the long prompt's own wait."""
    return tuple(
        metric
        for index, metric in enumerate(scenario.metrics)
        if index == 0 or metric.name == "long prompt's ttft"
    )


def _panel(
    report: Report, scenario: ScenarioReport, metric: Metric, y: int
) -> tuple[list[str], int]:
    spreads = {label: scenario.spread(label, metric.name) for label in report.labels}
    known = [spread.high for spread in spreads.values() if not math.isnan(spread.high)]
    top = max(known, default=0.0)
    track = WIDTH - _LABELS - _VALUES
    better = f"{metric.name}, {metric.better} is better"
    lines = [
        _text(16, y + 19, scenario.name, "head"),
        _text(WIDTH - 16, y + 19, better, "quiet", anchor="end"),
    ]
    for index, (label, spread) in enumerate(spreads.items()):
        row = y + _HEAD + index * _ROW
        lines.append(_text(28, row + 14, label))
        lines.append(_rect(_LABELS, row, track, "track"))
        if math.isnan(spread.median):
            lines.append(_text(_LABELS + track + 10, row + 14, "–"))
            continue
        colour = _COLOURS[index % len(_COLOURS)]
        lines.append(_rect(_LABELS, row, max(1.0, _share(spread.median, top) * track), fill=colour))
        if spread.low != spread.high:
            low, high = (_LABELS + _share(end, top) * track for end in (spread.low, spread.high))
            middle = row + _BAR / 2
            lines.append(
                f'<line class="range" x1="{low:.1f}" y1="{middle:g}" '
                f'x2="{high:.1f}" y2="{middle:g}"/>'
            )
        value = f"{number(spread.median)} {metric.unit}".strip()
        ratio = scenario.ratio(label, report.baseline, metric.name).median
        if label != report.baseline and not math.isnan(ratio):
            value += f"  ×{number(ratio)}"
        lines.append(_text(_LABELS + track + 10, row + 14, value))
    return lines, _HEAD + len(spreads) * _ROW + 10


def _share(value: float, top: float) -> float:
    return value / top if top > 0 else 0.0


def _rect(x: float, y: float, width: float, class_: str = "", fill: str = "") -> str:
    look = f'class="{class_}"' if class_ else f'fill="{fill}"'
    return f'<rect x="{x:g}" y="{y:g}" width="{width:.1f}" height="{_BAR}" rx="3" {look}/>'


def _text(x: float, y: float, text: str, class_: str = "", anchor: str = "start") -> str:
    look = f' class="{class_}"' if class_ else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{look}>{escape(text)}</text>'
