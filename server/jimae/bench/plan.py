"""Every scenario by name, with what it measures and the scope it runs in."""

from __future__ import annotations

from typing import Final

from jimae.bench import scenarios as s
from jimae.bench.scenarios import Metric, Scenario
from jimae.bench.soak import soak

_SPEED = Metric("tokens per second", "tok/s", "higher")
_GAPS = (
    Metric("gap p50", "s", "lower"),
    Metric("gap p95", "s", "lower"),
    Metric("gap p99", "s", "lower"),
    Metric("longest gap", "s", "lower"),
)
_TTFTS = (Metric("ttft p95", "s", "lower"), Metric("ttft p50", "s", "lower"))


def _seconds(*names: str) -> tuple[Metric, ...]:
    return tuple(Metric(name, "s", "lower") for name in names)


_ALL = (
    Scenario(
        "single",
        (_SPEED, Metric("decode only", "tok/s", "higher"), *_seconds("ttft"), *_GAPS),
        s.single,
        s.ONE_USER,
        {"answer_tokens": 96},
    ),
    Scenario("many", (_SPEED, *_TTFTS, *_GAPS), s.many, s.ONE_USER, {"answer_tokens": 64}),
    Scenario(
        "shared-prefix",
        (*_TTFTS, _SPEED, *_GAPS),
        s.shared_prefix,
        s.ONE_USER,
        {"system_tokens": s.SHARED_TOKENS, "answer_tokens": 64, "read_before": 1},
    ),
    Scenario(
        "shared-prefix-cold",
        (*_TTFTS, _SPEED, *_GAPS),
        s.shared_prefix_cold,
        s.ONE_USER,
        {"system_tokens": s.SHARED_TOKENS, "answer_tokens": 64, "read_before": 0},
    ),
    Scenario(
        "long-prompt-arrives",
        _seconds("longest gap", "long prompt's ttft", "gap p50", "gap p95"),
        s.long_prompt_arrives,
        s.ONE_USER,
        {"readers": s.READERS, "prompt_tokens": s.LONG_TOKENS},
    ),
    Scenario(
        "fair",
        (
            *_seconds("ttft", "longest gap"),
            Metric("the flood's tokens per second", "tok/s", "higher"),
        ),
        s.fair,
        s.TWO_USERS,
        {"flood": s.FLOOD, "flood_answer_tokens": 64, "answer_tokens": 16},
    ),
    Scenario(
        "turns",
        (
            *_seconds("ttft of later turns", "ttft of the first turn", "ttft of the last turn"),
            _SPEED,
        ),
        s.turns,
        s.ONE_USER,
        {"turns": s.TURNS, "system_tokens": s.TURNS_SYSTEM_TOKENS, "answer_tokens": 48},
    ),
    Scenario(
        "soak",
        (
            Metric("failures", "", "lower"),
            Metric("requests", "", "higher"),
            Metric("ttft drift", "", "lower"),
            Metric("gap drift", "", "lower"),
            _SPEED,
            *_TTFTS,
            *_seconds("gap p99", "longest gap"),
        ),
        soak,
        s.MANY_USERS,
        {},
        repeat=False,
    ),
)

SCENARIOS: Final[dict[str, Scenario]] = {scenario.name: scenario for scenario in _ALL}
# Minutes of soaking are asked for by name.
DEFAULT: Final = tuple(name for name in SCENARIOS if name != "soak")
