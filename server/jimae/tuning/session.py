"""One run of `jimae tune`: every format of a model measured, and what follows from it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from jimae.process import physical_cores
from jimae.settings import EngineSettings
from jimae.tuning.choice import CHUNKS, SEQUENCES, best_chunk, pick, thread_counts
from jimae.tuning.client import run
from jimae.tuning.formats import Family
from jimae.tuning.messages import Measure, Measured

TEXT: Final = Path(__file__).with_name("office.ja.txt")
MANY: Final = 8

Tell = Callable[[str, float], None]


class Line(msgspec.Struct, frozen=True):
    """One format of the model. `size` in bytes."""

    id: str
    format: str
    size: int
    measured: Measured


class Report(msgspec.Struct, frozen=True):
    """What was measured; `one` and `many` are the ids that are best for one user and for
    `users` at once, `batch` the tokens of a step for each id."""

    model: str
    cores: int
    threads: int
    users: int
    lines: tuple[Line, ...]
    one: str
    many: str
    batch: dict[str, int]


async def tune(
    family: Family,
    engine: EngineSettings,
    tell: Tell,
    *,
    threads: Sequence[int] | None = None,
    chunks: Sequence[int] = CHUNKS,
    with_quality: bool = True,
    text: str | None = None,
) -> Report:
    """Measure every format, one after the other; `tell` gets the id and 0 to 1.

    The number of threads is found with the first and kept for the others. Raises
    what `client.run` raises.
    """
    available = physical_cores()
    counts = tuple(threads or thread_counts(available))
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="jimae-tune-") as folder:
        for file in family.files:
            task = Measure(
                path=str(file.path),
                kv_type=engine.kv_type,
                gpu_layers=engine.gpu_layers,
                threads=counts,
                chunks=tuple(chunks),
                sequences=SEQUENCES,
                text=TEXT.read_text(encoding="utf-8") if text is None else text,
                reference=str(Path(folder) / "reference") if with_quality else "",
                compare=bool(lines),
            )

            def progress(done: float, id: str = file.id) -> None:
                tell(id, done)

            measured = await run(task, Measured, progress)
            counts = (measured.speed.threads,)
            lines.append(Line(file.id, file.format, file.size, measured))
    picks = pick([line.measured for line in lines], MANY)
    return Report(
        model=family.base.id,
        cores=available,
        threads=counts[0],
        users=MANY,
        lines=tuple(lines),
        one=lines[picks.one].id,
        many=lines[picks.many].id,
        batch={line.id: best_chunk(line.measured.speed.prompt) for line in lines},
    )
