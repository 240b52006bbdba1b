from __future__ import annotations

import math

import pytest

from jimae.bench.client import read_event
from jimae.bench.trace import Trace, throughput


def trace_of(sent: float, arrivals: list[float], tokens: int | None = None) -> Trace:
    return Trace(sent=sent, arrivals=arrivals, completion_tokens=tokens)


def test_times_are_read_off_the_schedule() -> None:
    trace = trace_of(10.0, [12.0, 12.5, 14.0])
    assert trace.ttft == 2.0
    assert trace.gaps == [0.5, 1.5]
    assert math.isnan(trace_of(10.0, []).ttft)


def test_a_gap_that_reaches_into_the_window_counts_whole() -> None:
    trace = trace_of(0.0, [1.0, 2.0, 6.0, 7.0, 9.0])
    assert trace.gaps_touching(3.0, 6.5) == [4.0, 1.0]


def test_throughput_is_from_the_first_sending_to_the_last_text() -> None:
    assert throughput([trace_of(0.0, [1.0, 2.0], 6), trace_of(1.0, [4.0], 2)]) == 2.0


def test_usage_counts_before_pieces() -> None:
    assert trace_of(0.0, [1.0, 2.0], 3).tokens == 3
    assert trace_of(0.0, [1.0, 2.0]).tokens == 2


@pytest.mark.parametrize(
    ("trace", "complaint"),
    [
        (Trace(4, arrivals=[1.0], completion_tokens=4), None),
        (Trace(4, arrivals=[1.0]), None),
        (Trace(None), None),
        (Trace(4), "no text"),
        (
            Trace(4, arrivals=[1.0], completion_tokens=3, finish_reason="stop"),
            "3 tokens instead of 4 (stop)",
        ),
        (Trace(None, error="HTTP 500: no"), "HTTP 500: no"),
    ],
)
def test_complaints(trace: Trace, complaint: str | None) -> None:
    assert trace.complaint() == complaint


def test_events_fill_a_trace() -> None:
    trace = Trace()
    read_event('{"choices":[{"delta":{"role":"assistant","content":null}}]}', 1.0, trace)
    read_event('{"choices":[{"delta":{"reasoning_content":"Hm"}}]}', 2.0, trace)
    read_event('{"choices":[{"delta":{"content":"日本"}}],"system_fingerprint":"b1"}', 3.0, trace)
    read_event('{"choices":[{"delta":{},"finish_reason":"stop"}]}', 4.0, trace)
    read_event(
        '{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,'
        '"prompt_tokens_details":{"cached_tokens":5}}}',
        5.0,
        trace,
    )
    read_event("[DONE]", 6.0, trace)
    assert trace.arrivals == [2.0, 3.0]
    assert trace.text == "Hm日本"
    assert (trace.prompt_tokens, trace.cached_tokens, trace.completion_tokens) == (7, 5, 2)
    assert (trace.finish_reason, trace.fingerprint, trace.error) == ("stop", "b1", None)


@pytest.mark.parametrize("data", ["{", "[1]", '{"error":{"message":"gone"}}', '{"error":"gone"}'])
def test_a_bad_event_is_an_error(data: str) -> None:
    trace = Trace()
    read_event(data, 1.0, trace)
    assert trace.error
