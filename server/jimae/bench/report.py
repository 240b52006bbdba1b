"""The result of a comparison as data: every run's figures, and what was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import msgspec

from jimae.bench.machine import Machine
from jimae.bench.scenarios import Metric, Outcome, Scenario
from jimae.bench.stats import Spread, paired_ratios, spread
from jimae.bench.trace import Trace


@dataclass
class ServerFacts:
    """What a server says of itself. `command` is set for one that the bench started."""

    label: str
    url: str
    model: str
    version: str | None = None
    model_facts: dict[str, Any] = field(default_factory=dict)
    extras: dict[str, Any] = field(default_factory=dict)
    tokens_counted_by: str = "usage"
    resident_mib: float | None = None
    command: list[str] | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RequestFacts:
    """One request of one run, small enough to keep."""

    sent: float
    ttft: float
    seconds: float
    prompt_tokens: int | None
    cached_tokens: int | None
    tokens: int
    longest_gap: float
    whole: bool
    complaint: str | None


@dataclass
class Run:
    """One scenario, once, on one server."""

    number: int
    label: str
    values: dict[str, float]
    requests: list[RequestFacts]
    cpu_before: float
    notes: list[str] = field(default_factory=list)


@dataclass
class ScenarioReport:
    name: str
    scope: str
    settings: dict[str, float]
    metrics: tuple[Metric, ...]
    runs: list[Run] = field(default_factory=list)

    def values(self, label: str, metric: str) -> list[float]:
        return [run.values[metric] for run in self.runs if run.label == label]

    def spread(self, label: str, metric: str) -> Spread:
        return spread(self.values(label, metric))

    def ratio(self, label: str, baseline: str, metric: str) -> Spread:
        """To the baseline, run by run, then the median and spread of that."""
        pairs = paired_ratios(self.values(label, metric), self.values(baseline, metric))
        return spread(pairs)

    def complaints(self, label: str) -> Counter[str]:
        return Counter(
            request.complaint
            for run in self.runs
            if run.label == label
            for request in run.requests
            if request.complaint is not None
        )


@dataclass
class Report:
    started: str
    machine: Machine
    seed: int
    baseline: str
    servers: list[ServerFacts]
    model_sha256: str | None = None
    scenarios: list[ScenarioReport] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        return [server.label for server in self.servers]


def scenario_report(scenario: Scenario, **settings: float) -> ScenarioReport:
    return ScenarioReport(
        scenario.name, scenario.scope, {**scenario.settings, **settings}, scenario.metrics
    )


def run_of(number: int, label: str, outcome: Outcome, cpu_before: float) -> Run:
    start = min((trace.sent for trace in outcome.traces), default=0.0)
    requests = [_facts(trace, start) for trace in outcome.traces]
    return Run(number, label, outcome.values, requests, cpu_before, outcome.notes)


def _facts(trace: Trace, start: float) -> RequestFacts:
    return RequestFacts(
        sent=trace.sent - start,
        ttft=trace.ttft,
        seconds=trace.last - trace.sent,
        prompt_tokens=trace.prompt_tokens,
        cached_tokens=trace.cached_tokens,
        tokens=trace.tokens,
        longest_gap=max(trace.gaps, default=float("nan")),
        whole=trace.expected_tokens is not None,
        complaint=trace.complaint(),
    )


def unequal_lengths(report: ScenarioReport, labels: Sequence[str]) -> list[str]:
    """Where servers did not do the same work: prompts or answers of other sizes."""
    found: list[str] = []
    for what in ("prompt_tokens", "tokens"):
        sizes = {label: _sizes(report, label, what) for label in labels}
        told = {label: size for label, size in sizes.items() if size is not None}
        if len(set(told.values())) > 1:
            listed = ", ".join(f"{label} {size:g}" for label, size in told.items())
            found.append(f"{report.name}: {what} differ (median of a run's total): {listed}")
    return found


def _sizes(report: ScenarioReport, label: str, what: str) -> float | None:
    """Median over runs of the total of all requests that were to end by themselves."""
    totals: list[int] = []
    for run in report.runs:
        if run.label == label:
            sizes = [getattr(request, what) for request in run.requests if request.whole]
            if None in sizes:
                return None
            totals.append(sum(sizes))
    return median(totals) if totals else None


def to_json(report: Report) -> bytes:
    """The report with medians, spreads and ratios worked out; NaN becomes null."""
    document: dict[str, Any] = msgspec.to_builtins(report)
    for scenario, data in zip(report.scenarios, document["scenarios"], strict=True):
        data["summary"] = {
            metric.name: {
                label: {
                    "value": scenario.spread(label, metric.name),
                    "ratio": scenario.ratio(label, report.baseline, metric.name),
                }
                for label in report.labels
            }
            for metric in scenario.metrics
        }
        data["failures"] = {label: dict(scenario.complaints(label)) for label in report.labels}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
