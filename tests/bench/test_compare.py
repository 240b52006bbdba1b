"""Whole comparisons of two stubs: who was asked what, in which order."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fakes.openai_stub import OVERHEAD, Stub, serving
from jimae.bench import compare as module
from jimae.bench import scenarios
from jimae.bench.client import Server
from jimae.bench.compare import Plan, compare, order
from jimae.bench.plan import DEFAULT, SCENARIOS
from jimae.bench.report import Report, to_json

PLAN = Plan([], runs=2, users=3, minutes=0.01, seed=7, baseline="b")


@pytest.fixture(autouse=True)
def _no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for an idle machine has no place where other tests run beside."""

    async def idle(_: list[Server]) -> float:
        return 0.0

    monkeypatch.setattr(module, "settle", idle)


async def measure(one: Stub, two: Stub, *names: str, runs: int = 2) -> tuple[Report, list[str]]:
    lines: list[str] = []
    async with serving(one), serving(two):
        servers = [Server("a", one.url, "m"), Server("b", two.url, "m")]
        plan = replace(PLAN, runs=runs, scenarios=[SCENARIOS[name] for name in names])
        report = await compare(servers, plan, lines.append)
        for server in servers:
            await server.close()
    return report, lines


def words_of(body: dict[str, list[dict[str, str]]]) -> str:
    return " ".join(message["content"] for message in body["messages"])


def test_order_turns_round() -> None:
    assert [order(3, run) for run in range(3)] == [[0, 1, 2], [2, 1, 0], [0, 1, 2]]


async def test_every_scenario_measures_what_it_names() -> None:
    one, two = Stub(endless=True), Stub(endless=True)
    report, _ = await measure(one, two, *DEFAULT, runs=1)
    for scenario in report.scenarios:
        assert [run.label for run in scenario.runs] == ["a", "b"]
        for run in scenario.runs:
            assert set(run.values) == {metric.name for metric in scenario.metrics}
            assert all(value > 0 for value in run.values.values()), run
        assert not scenario.complaints("a")
    assert report.notes == []


async def test_servers_take_turns() -> None:
    _, lines = await measure(Stub(), Stub(), "single")
    asked = [line for line in lines if line.startswith("single")]
    assert [line.split(" · ")[1] for line in asked] == ["a …", "b …", "b …", "a …"]


async def test_both_servers_get_the_same_prompts_and_no_prompt_comes_twice() -> None:
    one, two = Stub(), Stub()
    await measure(one, two, "many")
    sent = [[words_of(body) for body in stub.bodies[-6:]] for stub in (one, two)]
    assert sorted(sent[0]) == sorted(sent[1])
    assert len(set(sent[0])) == 6


async def test_a_shared_prefix_is_shared_within_a_run_alone() -> None:
    stub = Stub()
    await measure(stub, Stub(), "shared-prefix")
    bodies = stub.bodies[-8:]
    systems = [body["messages"][0]["content"] for body in bodies]
    assert len(set(systems[:4])) == len(set(systems[4:])) == 1
    assert systems[0] != systems[4]
    # Not even the first word of the salt is promised to differ, but the salt is.
    assert systems[0].split(" : ")[0] != systems[4].split(" : ")[0]
    assert len(systems[0].split()) == scenarios.SHARED_TOKENS
    assert bodies[0]["max_tokens"] == 8
    assert len({body["messages"][1]["content"] for body in bodies}) == 8
    assert stub.most_at_once == 3


async def test_the_long_prompt_has_its_size() -> None:
    stub = Stub(endless=True)
    report, _ = await measure(stub, Stub(endless=True), "long-prompt-arrives")
    long = [body for body in stub.bodies if len(words_of(body).split()) > 1000]
    assert [len(words_of(body).split()) for body in long] == [scenarios.LONG_TOKENS] * 2
    facts = report.scenarios[0].runs[0].requests[-1]
    assert facts.prompt_tokens == scenarios.LONG_TOKENS + OVERHEAD
    assert stub.left == 2 * scenarios.READERS


async def test_the_flood_and_the_patient_are_two_users() -> None:
    stub = Stub()
    await measure(stub, Stub(), "fair")
    users = [body.get("user") for body in stub.bodies[-17:]]
    assert users == ["busy"] * 16 + ["patient"]


async def test_turns_send_what_was_said_before() -> None:
    stub = Stub()
    await measure(stub, Stub(), "turns")
    last = stub.bodies[-1]["messages"]
    assert [message["role"] for message in last] == (
        ["system"] + ["user", "assistant"] * 4 + ["user"]
    )
    assert last[2]["content"] == "w " * 48


async def test_soak_runs_once_and_counts_failures() -> None:
    report, _ = await measure(Stub(endless=True), Stub(endless=True, fails_at=2), "soak")
    soak = report.scenarios[0]
    assert [run.label for run in soak.runs] == ["a", "b"]
    good, bad = (run.values for run in soak.runs)
    assert good["failures"] == 0
    assert good["requests"] > 3
    assert 0 < bad["failures"] <= bad["requests"]


async def test_unequal_work_is_told() -> None:
    report, _ = await measure(Stub(), Stub(short_by=1), "single")
    assert report.scenarios[0].complaints("b") == {"95 tokens instead of 96 (length)": 2}
    assert "single: tokens differ (median of a run's total): a 96, b 95" in report.notes


async def test_the_json_has_every_run_and_the_ratios() -> None:
    report, _ = await measure(Stub(), Stub(), "single")
    data = json.loads(to_json(report))
    assert data["servers"][0]["model_facts"] == {"id": "m", "sha256": "abc"}
    single = data["scenarios"][0]
    assert single["scope"] == scenarios.ONE_USER
    assert single["settings"] == {"answer_tokens": 96, "users": 3}
    assert len(single["runs"]) == 4
    summary = single["summary"]["tokens per second"]
    assert summary["b"]["ratio"] == {"median": 1.0, "low": 1.0, "high": 1.0}
    assert summary["a"]["value"]["low"] <= summary["a"]["value"]["median"]
    assert data["machine"]["cores"] >= 1
