"""Whoever waits gets the lock before whoever had it."""

from __future__ import annotations

import threading
import time

from jimae.llama.turn import Turn


def test_two_who_take_it_again_and_again_alternate() -> None:
    turn = Turn()
    order: list[str] = []

    def work(name: str) -> None:
        for _ in range(20):
            with turn:
                order.append(name)
                while not turn._waiting and len(order) < 39:  # until the other has asked again
                    time.sleep(0.001)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    with turn:
        for thread in threads:
            thread.start()
        while len(turn._waiting) < 2:
            time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert order in (["a", "b"] * 20, ["b", "a"] * 20)


def test_only_one_has_it() -> None:
    turn = Turn()
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            with turn:
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (most, inside) == (1, 0)
    with turn:
        pass
