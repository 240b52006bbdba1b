"""The scheduler's policy, view by view."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jimae.engine.scheduler import MENDING_STEPS, QUANTUM, Running, View, Waiting, plan
from jimae.types import Priority


def waits(
    name: str,
    *,
    user: str = "u",
    arrival: int = 0,
    needed: int = 10,
    cost: int | None = None,
    behind: bool = False,
    priority: Priority = "interactive",
) -> Waiting:
    return Waiting(name, user, priority, arrival, needed, needed if cost is None else cost, behind)


def reads(name: str, remaining: int, *, user: str = "u", arrival: int = 0) -> Running:
    return Running(name, user, "interactive", arrival, remaining, False)


def decodes(
    name: str, *, user: str = "u", arrival: int = 0, priority: Priority = "interactive"
) -> Running:
    return Running(name, user, priority, arrival, 1, True)


def view(
    waiting: list[Waiting] | None = None,
    running: list[Running] | None = None,
    *,
    counters: dict[str, float] | None = None,
    room: int = 1000,
    slots: int = 8,
    budget: int = 100,
) -> View:
    return View(waiting or [], running or [], counters or {}, room, slots, budget)


def test_nothing_to_do_is_an_empty_plan() -> None:
    assert plan(view()) == ([], [], {})


def test_decoding_goes_on_whatever_the_budget() -> None:
    made = plan(view([], [decodes("a"), decodes("b"), reads("p", 500)], budget=1))
    assert made.tokens == {"a": 1, "b": 1}


def test_prompts_get_what_decoding_leaves() -> None:
    made = plan(view([], [decodes("a"), reads("p", 500)], budget=64))
    assert made.tokens == {"a": 1, "p": 63}


def test_the_user_served_least_is_read_first() -> None:
    running = [reads("a", 500, user="alice"), reads("b", 500, user="bob", arrival=1)]
    made = plan(view([], running, counters={"alice": 100.0, "bob": 0.0}, budget=64))
    assert made.tokens == {"b": 64}


def test_two_users_long_prompts_progress_together() -> None:
    running = [reads("a", 500, user="alice"), reads("b", 500, user="bob", arrival=1)]
    made = plan(view([], running, budget=4 * QUANTUM))
    assert made.tokens == {"a": 2 * QUANTUM, "b": 2 * QUANTUM}


def test_of_one_users_prompts_the_shortest_goes_first() -> None:
    made = plan(view([], [reads("long", 500), reads("short", 20, arrival=1)], budget=64))
    assert made.tokens == {"short": 20, "long": 44}


def test_admission_reserves_the_cells_of_prompts_that_are_still_read() -> None:
    made = plan(view([waits("w", needed=60)], [reads("p", 500)], room=550))
    assert made.admit == []
    made = plan(view([waits("w", needed=60)], [reads("p", 400)], room=550))
    assert made.admit == ["w"]


def test_who_is_behind_another_prompt_waits_and_others_pass() -> None:
    made = plan(view([waits("behind", behind=True), waits("free", arrival=1)]))
    assert made.admit == ["free"]


def test_a_big_one_is_not_starved_by_small_ones() -> None:
    made = plan(view([waits("big", needed=900), waits("small")], [decodes("a")], room=500))
    assert made.admit == []


def test_a_full_cache_pauses_the_youngest() -> None:
    running = [decodes("old", arrival=0), decodes("young", arrival=9), decodes("mid", arrival=4)]
    assert plan(view([], running, room=2)) == (["young"], [], {})


def test_a_full_cache_pauses_batch_work_first() -> None:
    running = [decodes("batch", arrival=0, priority="batch"), decodes("person", arrival=9)]
    assert plan(view([], running, room=1)).pause == ["batch"]


def test_a_newcomer_takes_a_slot_of_who_has_many() -> None:
    running = [decodes(f"a{i}", user="alice", arrival=i) for i in range(8)]
    made = plan(view([waits("b", user="bob", arrival=9)], running))
    assert (made.pause, made.admit) == (["a7"], ["b"])
    assert "a7" not in made.tokens


def test_slots_are_not_passed_to_and_fro() -> None:
    running = [decodes(f"a{i}", user="alice", arrival=i) for i in range(4)]
    running += [decodes(f"b{i}", user="bob", arrival=9 + i) for i in range(4)]
    made = plan(view([waits("b9", user="bob", arrival=20)], running))
    assert (made.pause, made.admit) == ([], [])


def test_a_person_takes_the_slot_of_a_batch() -> None:
    running = [decodes("batch", user="b", priority="batch"), decodes("person")]
    assert plan(view([waits("next")], running, slots=2)).pause == ["batch"]


SEQUENCES = st.lists(
    st.tuples(
        st.booleans(), st.sampled_from("abc"), st.integers(1, 300), st.booleans(), st.booleans()
    ),
    max_size=12,
)


@given(SEQUENCES, st.integers(1, 2000), st.integers(1, 8), st.integers(1, 512))
def test_a_plan_never_promises_what_is_not_there(
    made_up: list[tuple[bool, str, int, bool, bool]], room: int, slots: int, budget: int
) -> None:
    waiting, running = [], []
    for i, (is_waiting, user, n, decoding, behind) in enumerate(made_up):
        if is_waiting:
            waiting.append(waits(f"w{i}", user=user, arrival=i, needed=n, behind=behind))
        elif len(running) < slots:
            running.append(Running(f"r{i}", user, "interactive", i, 1 if decoding else n, decoding))
    made = plan(view(waiting, running, room=room, slots=slots, budget=budget))
    alive = {r.id for r in running} - set(made.pause) | set(made.admit)
    assert set(made.tokens) <= alive
    assert all(n > 0 for n in made.tokens.values())
    assert len(alive) <= slots
    if made.tokens:
        decoding_count = sum(r.decoding and r.id in alive for r in running)
        assert sum(made.tokens.values()) <= max(room, decoding_count)
        assert sum(made.tokens.values()) <= max(budget, decoding_count)
    elif running and not made.pause:
        # Nobody runs only if nobody could.
        assert budget == 0 or room == 0 or not alive


def test_characters_that_a_long_step_left_torn_are_completed_first() -> None:
    running = [decodes("whole"), decodes("torn")._replace(torn=True), reads("p", 500)]
    mended = plan(view([waits("new", needed=5)], running)._replace(since_prompt=0))
    assert mended == ([], [], {"torn": 1})


def test_characters_are_not_completed_for_ever() -> None:
    running = [decodes("torn")._replace(torn=True), reads("p", 500)]
    made = plan(view([], running)._replace(since_prompt=MENDING_STEPS))
    assert made.tokens == {"torn": 1, "p": 99}
