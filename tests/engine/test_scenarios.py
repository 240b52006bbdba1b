"""The bench's scenarios in miniature: steps and tokens are counted, no second is."""

from __future__ import annotations

from collections.abc import Sequence

from fakes.engine_harness import Harness
from jimae.llama.fake import FakeModel
from jimae.types import Started

USERS = 8
SYSTEM = [5] * 274  # a fifth of the bench's 1,370 tokens
BUDGET = 64 + 1  # tokens of a step while somebody reads, about


def reading_pace(h: Harness) -> None:
    """Steps cost what their tokens do, and may take as long as 65 tokens take."""
    h.engine.cost.predict = lambda tokens, pairs, rows: float(tokens)  # type: ignore[method-assign]
    h.engine.options = h.engine.options._replace(target_itl=float(BUDGET))


def question(i: int) -> list[int]:
    return [*SYSTEM, *[10 + i] * 6]


def computed(h: Harness) -> int:
    """Prompt and answer tokens that went through the model."""
    return sum(n for step in h.model.decodes for _, n in step)  # type: ignore[attr-defined]


def steps_to_first_token(h: Harness, names: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    steps = 0
    while len(found) < len(names):
        h.step()
        steps += 1
        for name in names:
            if name not in found and h.tokens(name):
                found[name] = steps
    return found


def test_shared_prefix_read_before() -> None:
    """Eight questions on a prompt that was read once cost their own tokens only."""
    h = Harness(n_cells=4096)
    reading_pace(h)
    h.submit([*SYSTEM, 9], max_tokens=1)
    h.run()
    before = computed(h)
    names = [h.submit(question(i), max_tokens=4) for i in range(USERS)]
    first = steps_to_first_token(h, names)
    h.run()
    assert computed(h) - before == USERS * (6 + 3)
    assert max(first.values()) <= 2


def test_a_public_prompt_read_before_by_somebody_else() -> None:
    """The same where everybody is a scope of their own, and nobody wrote the prompt."""
    h = Harness(n_cells=4096)
    reading_pace(h)
    h.submit([*SYSTEM, 9], max_tokens=1, user="first", public=len(SYSTEM))
    h.run()
    before = computed(h)
    asked = [(question(i), f"u{i}") for i in range(USERS)]
    names = [h.submit(q, max_tokens=4, user=u, public=len(SYSTEM)) for q, u in asked]
    first = steps_to_first_token(h, names)
    h.run()
    assert computed(h) - before == USERS * (6 + 3)
    assert max(first.values()) <= 2


def test_shared_prefix_all_at_once() -> None:
    """The prompt is read once, by whoever came first; the others wait for it."""
    h = Harness(n_cells=4096)
    reading_pace(h)
    names = [h.submit(question(i), max_tokens=4) for i in range(USERS)]
    first = steps_to_first_token(h, names)
    h.run()
    assert computed(h) == len(SYSTEM) + USERS * (6 + 3)
    assert max(first.values()) <= len(SYSTEM) // BUDGET + 4


def test_a_long_prompt_arrives() -> None:
    """Four readers get a token in every step, and the prompt loses only what they need."""
    h = Harness(n_cells=4096)
    reading_pace(h)
    readers = [h.submit([20 + i] * 5, user=f"u{i}", max_tokens=200) for i in range(4)]
    while any(not h.tokens(r) for r in readers):
        h.step()
    late = h.submit([7] * 1000, user="late", max_tokens=1)
    steps = 0
    while not h.tokens(late):
        had = [len(h.tokens(r)) for r in readers]
        h.step()
        steps += 1
        assert [len(h.tokens(r)) for r in readers] == [n + 1 for n in had]
        assert sum(n for _, n in h.model.decodes[-1]) <= BUDGET  # type: ignore[attr-defined]
    assert steps <= 1000 // (BUDGET - 4 - 1) + 1


def test_a_short_question_behind_sixteen_requests() -> None:
    h = Harness(n_cells=8192, parallel=8)
    reading_pace(h)
    crowd = [h.submit([30 + i] * 60, user="crowd", max_tokens=30) for i in range(16)]
    for _ in range(25):
        h.step()
    late = h.submit([99] * 20, user="late", max_tokens=1)
    assert steps_to_first_token(h, [late])[late] <= 2
    h.run()
    assert all(len(h.tokens(name)) == 30 for name in crowd)
    assert all(sum(isinstance(event, Started) for event in h.events[name]) == 1 for name in crowd)


def test_several_long_prompts_progress_together() -> None:
    h = Harness(n_cells=8192)
    reading_pace(h)
    names = [h.submit([40 + i] * 600, user=f"u{i}", max_tokens=1) for i in range(3)]
    first = steps_to_first_token(h, names)
    assert max(first.values()) - min(first.values()) <= 3


class Kana(FakeModel):
    """Writes あ for ever, a byte at a time: each character is three tokens."""

    def next_token(self, tokens: Sequence[int]) -> int:
        return {0xE3: 0x81, 0x81: 0x82}.get(tokens[-1], 0xE3)


def test_a_character_takes_one_long_step_however_many_tokens_it_has() -> None:
    """While a long prompt is read, every reader sees a whole character after each long step."""
    h = Harness(model=Kana(n_cells=4096))
    reading_pace(h)
    readers = [h.submit([20 + i] * 5, user=f"u{i}", max_tokens=300) for i in range(4)]
    while any(not h.tokens(r) for r in readers):
        h.step()
    late = h.submit([7] * 1000, user="late", max_tokens=1)
    long_steps = 0
    before = [h.text(r) for r in readers]
    while not h.tokens(late):
        h.step()
        if sum(n for _, n in h.model.decodes[-1]) > len(readers):  # type: ignore[attr-defined]
            if long_steps:
                now = [h.text(r) for r in readers]
                assert all(len(a) > len(b) for a, b in zip(now, before, strict=True))
                before = now
            long_steps += 1
    assert long_steps <= 1000 // (BUDGET - 4 - 1) + 1


def test_what_is_left_of_the_prompts_is_read_with_the_rest() -> None:
    """A step is stretched a little where that saves one for a remainder."""
    h = Harness(n_cells=4096, n_batch=512)
    reading_pace(h)
    h.submit([7] * (3 * BUDGET + 40), max_tokens=1)
    assert h.run() == 1
