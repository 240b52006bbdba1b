"""The engine's thread: commands between steps, and a crash that is not a silence."""

from __future__ import annotations

import threading

import pytest

from fakes.engine_harness import Harness
from jimae.engine import loop as engine_loop
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


@pytest.mark.parametrize(("gather", "most"), [(1.0, 60.0), (60.0, 0.1)])
def test_who_comes_in_the_same_moment_is_in_the_same_step(
    monkeypatch: pytest.MonkeyPatch, gather: float, most: float
) -> None:
    """The first step waits until nobody else comes, and not for long."""
    monkeypatch.setattr(engine_loop, "GATHER_SECONDS", gather)
    monkeypatch.setattr(engine_loop, "GATHER_MOST_SECONDS", most)
    h = Harness()
    loop = EngineLoop(h.engine, lambda *_: None, lambda: None)
    stepped = threading.Event()
    there: list[int] = []

    def step() -> bool:
        there.append(h.engine.status().waiting + h.engine.status().running)
        stepped.set()
        return False

    monkeypatch.setattr(h.engine, "step", step)
    loop.start()
    loop.call(lambda _: None).result(SECONDS)
    for text in ("one", "two", "three"):
        loop.call(lambda _, text=text: h.submit(text))
    assert stepped.wait(SECONDS)
    loop.stop()
    assert there[0] == 3
