"""What is measured, by the batches that the fake is given; its speeds mean nothing."""

from __future__ import annotations

from jimae.llama.fake import FakeModel
from jimae.tuning import speed

TOKENS = [97 + (i * 7) % 26 for i in range(600)]


class Threads(FakeModel):
    """The fake, which remembers the threads it was set to."""

    def __init__(self) -> None:
        super().__init__(n_cells=1024, n_seq=16)
        self.threads: list[int] = []

    def set_threads(self, threads: int) -> None:
        self.threads.append(threads)


def test_a_prompt_is_read_in_steps_of_the_size_that_is_measured() -> None:
    model = FakeModel()

    assert speed.read(model, TOKENS[:512], 128) > 0

    assert model.decodes == [[(0, 128)]] * 4
    assert model.cells == []


def test_writing_gives_every_sequence_a_token_in_a_step() -> None:
    model = FakeModel()

    steps = speed.write(model, TOKENS, 4)

    prefix, *rest = model.decodes
    assert prefix == [(0, speed.PREFIX)]
    assert rest == [[(0, 1), (1, 1), (2, 1), (3, 1)]] * (speed.STEPS + 1)
    assert len(steps.seconds) == speed.STEPS
    assert model.cells == []


def test_rates() -> None:
    steps = speed.Steps(8, [0.2, 0.4, 0.1])

    assert steps.rate == 40
    assert steps.spread == (0.4 - 0.1) / 0.2


def test_progress_adds_up_to_the_announced_work() -> None:
    told: list[int] = []

    tried, found = speed.measure(Threads(), TOKENS, (1, 2), (64, 512), (1, 4), told.append)

    assert sum(told) == speed.work((1, 2), (64, 512), (1, 4))
    assert [one.threads for one in tried] == [1, 2]
    assert list(found.prompt) == [64, 512]
    assert list(found.decode) == [1, 4]


def test_everything_else_is_measured_with_the_best_threads() -> None:
    model = Threads()

    _, found = speed.measure(model, TOKENS, (1, 2), (512,), (1,), lambda _: None)

    assert model.threads == [1, 1, 2, found.threads]


def test_without_a_choice_threads_are_not_measured() -> None:
    model = Threads()

    tried, found = speed.measure(model, TOKENS, (2,), (512,), (1,), lambda _: None)

    assert tried == ()
    assert found.threads == 2
    assert speed.work((2,), (512,), (1,)) == speed.PREFIX + 512 + speed.STEPS
