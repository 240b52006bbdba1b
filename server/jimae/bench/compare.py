"""Runs scenarios over servers, in turns, and gathers the report.

Servers alternate within every run and their order turns round in every other
one (A B, B A, A B, …), so that a machine that gets slower or faster meanwhile
treats them alike; nothing else may be working while one is measured.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jimae.bench import prompts
from jimae.bench.client import Server
from jimae.bench.machine import QUIET_PERCENT, resident_mib, settle, this_machine
from jimae.bench.prompts import Calibration, calibrate
from jimae.bench.report import (
    Report,
    Run,
    ScenarioReport,
    ServerFacts,
    run_of,
    scenario_report,
    unequal_lengths,
)
from jimae.bench.scenarios import Scenario, Scene
from jimae.errors import JimaeError

PROBE_WORDS = 64

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    scenarios: Sequence[Scenario]
    runs: int
    users: int
    minutes: float
    seed: int
    baseline: str


def order(count: int, run: int) -> list[int]:
    """Which server comes when in run number `run`, counted from 0."""
    forward = list(range(count))
    return forward if run % 2 == 0 else forward[::-1]


async def compare(servers: Sequence[Server], plan: Plan, progress: Progress) -> Report:
    """Measure every scenario on every server.

    Raises JimaeError when a server cannot be reached or does not speak the API;
    failures of single requests are part of the report.
    """
    rng = random.Random(plan.seed)  # noqa: S311
    calibrations: list[Calibration] = []
    facts: list[ServerFacts] = []
    for server in servers:
        progress(f"{server.label}: warm-up and token counts")
        await server.warm_up([prompts.question(prompts.salt(rng))])
        calibrations.append(await measure_tokens(server, rng))
        facts.append(await ask_facts(server))
    report = Report(
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=this_machine(),
        seed=plan.seed,
        baseline=plan.baseline,
        servers=facts,
    )
    if len(set(calibrations)) > 1:
        report.notes.append(
            "servers count the same text differently; prompts have the sizes that "
            f"{servers[0].label} counts"
        )
    for scenario in plan.scenarios:
        report.scenarios.append(
            await _measure(scenario, servers, calibrations[0], plan, report, progress)
        )
    for server, fact in zip(servers, facts, strict=True):
        fact.resident_mib = resident_mib(server.base_url)
    return report


async def measure_tokens(server: Server, rng: random.Random) -> Calibration:
    """Three probes: one salted text, two of them, and one with more words."""

    async def size(text: str) -> int:
        return await server.prompt_tokens([prompts.user(text)])

    one = await size(prompts.document(prompts.salt(rng), 0))
    pair = (prompts.document(prompts.salt(rng), 0) for _ in range(2))
    two = await size(" ".join(pair))
    long = await size(prompts.document(prompts.salt(rng), PROBE_WORDS))
    try:
        return calibrate(one, two, long, PROBE_WORDS)
    except ValueError as error:
        raise JimaeError("bench_refused", url=server.base_url, reason=str(error)) from None


async def ask_facts(server: Server) -> ServerFacts:
    """Version and model as the server tells them, where it does."""
    facts = ServerFacts(server.label, server.base_url, server.model, extras=server.extras)
    trace = await server.ask([prompts.user("Hello")], 1)
    if trace.completion_tokens is None:
        facts.tokens_counted_by = "pieces of text"
    props = await server.get_json("/props")
    server.tells_slots = await server.get_json("/slots") is not None
    build = props.get("build_info") if isinstance(props, dict) else None
    facts.version = build or trace.fingerprint
    models = await server.get_json("/v1/models")
    facts.model_facts = _entry(models, server.model)
    return facts


def _entry(models: Any, model: str) -> dict[str, Any]:
    listed = models.get("data") if isinstance(models, dict) else None
    entries = [entry for entry in listed or () if isinstance(entry, dict)]
    named = [entry for entry in entries if entry.get("id") == model]
    return (named or entries or [{}])[0]


async def _measure(
    scenario: Scenario,
    servers: Sequence[Server],
    calibration: Calibration,
    plan: Plan,
    report: Report,
    progress: Progress,
) -> ScenarioReport:
    settings: dict[str, float] = {"users": plan.users}
    if scenario.name == "soak":
        settings["minutes"] = plan.minutes
    result = scenario_report(scenario, **settings)
    runs = plan.runs if scenario.repeat else 1
    for number in range(runs):
        for index in order(len(servers), number):
            server = servers[index]
            progress(f"{scenario.name} {number + 1}/{runs} · {server.label} …")
            busy = await settle(list(servers))
            if busy > QUIET_PERCENT:
                progress(f"  the machine is not idle: {busy:.0f}% of its CPU is in use")
            salts = random.Random(f"{plan.seed} {scenario.name} {number}")  # noqa: S311
            scene = Scene(server, calibration, salts, plan.users, plan.minutes)
            outcome = await scenario.run(scene)
            run = run_of(number, server.label, outcome, busy)
            result.runs.append(run)
            progress(_line(result, run))
    report.notes += unequal_lengths(result, [server.label for server in servers])
    return result


def _line(result: ScenarioReport, run: Run) -> str:
    head = result.metrics[0]
    value = f"{run.values[head.name]:.3g} {head.unit}".strip()
    failed = sum(request.complaint is not None for request in run.requests)
    return f"  {head.name} {value}" + (f", {failed} requests failed" if failed else "")
