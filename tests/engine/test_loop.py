"""The engine's thread: commands between steps, and a crash that is not a silence."""

from __future__ import annotations

import threading

import pytest

from fakes.engine_harness import Harness
from jimae.engine.loop import EngineLoop

SECONDS = 5.0


def test_a_call_is_answered_while_nothing_runs() -> None:
    h = Harness()
    loop = EngineLoop(h.engine, lambda *_: None, lambda: None)
    loop.start()
    assert loop.call(lambda engine: engine.status().steps).result(SECONDS) == 0
    with pytest.raises(ZeroDivisionError):
        loop.call(lambda _: 1 // 0).result(SECONDS)
    loop.stop()


def test_a_mistake_in_a_step_is_told() -> None:
    h = Harness()
    crashed = threading.Event()
    loop = EngineLoop(h.engine, lambda *_: None, crashed.set)

    def broken() -> bool:
        raise AssertionError("a mistake")

    h.engine.step = broken  # type: ignore[method-assign]
    h.submit("question")
    loop.start()
    loop.call(lambda engine: None)
    assert crashed.wait(SECONDS)
