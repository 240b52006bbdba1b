"""The whole way on real weights: another format made here, measured, written down."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from gguf import GGUFReader

from fakes.weights import MODELS
from jimae.catalogue import registry
from jimae.catalogue.installed import is_checked, is_present
from jimae.errors import JimaeError
from jimae.settings import EngineSettings
from jimae.tuning import client
from jimae.tuning.formats import family, model_file
from jimae.tuning.making import make
from jimae.tuning.messages import Measure, Measured
from jimae.tuning.session import TEXT, tune

SMALL = "smollm2-135m"

pytestmark = [pytest.mark.weights, pytest.mark.timeout(300)]


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / f"{SMALL}.gguf").symlink_to((MODELS / f"{SMALL}.gguf").resolve())
    return folder


async def test_a_format_is_made_and_measured(tmp_path: Path, models_dir: Path) -> None:
    told: list[float] = []
    base = model_file(models_dir, SMALL)
    assert base.format == "q4_1"

    await make(base, registry.load().get(SMALL), "q8_0", tmp_path, models_dir, told.append)

    # It is a model of its own from now on.
    entry = registry.load(tmp_path).get(f"{SMALL}-q8_0")
    assert is_present(models_dir, entry)
    assert is_checked(models_dir, entry, entry.weights)
    assert model_file(models_dir, entry.id).format == "q8_0"
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 10

    steps: list[tuple[str, float]] = []
    # A part of the text: this vocabulary needs two tokens for each of its characters.
    report = await tune(
        family(models_dir, SMALL),
        EngineSettings(),
        lambda id, done: steps.append((id, done)),
        # Threads that wait for each other are very slow on a machine that is busy.
        threads=(1,),
        chunks=(128,),
        text=TEXT.read_text(encoding="utf-8")[:300],
    )

    first, second = (line.measured.quality for line in report.lines)
    assert first is not None
    assert second is not None
    assert first.tokens == second.tokens > 200
    assert 2 < first.perplexity < 100
    # Weights of 8 bits made from 4 bits know as much as those; the rest is rounding.
    assert abs(second.change) < 0.05
    assert 0 < second.divergence < 0.1
    assert set(report.lines[0].measured.speed.decode) == {1, 4, 8, 16}
    assert all(rate > 0 for rate in report.lines[0].measured.speed.decode.values())
    finished = [id for id, done in steps if done == 1.0]
    assert list(dict.fromkeys(finished)) == [SMALL, f"{SMALL}-q8_0"]


async def test_a_pure_format_has_every_matrix_in_it(tmp_path: Path, models_dir: Path) -> None:
    base = model_file(models_dir, SMALL)
    entry = registry.load().get(SMALL)

    await make(base, entry, "q4_0_pure", tmp_path, models_dir, lambda _: None)

    made = models_dir / f"{SMALL}-q4_0_pure.gguf"
    matrices = [tensor for tensor in GGUFReader(made).tensors if len(tensor.shape) > 1]
    # As a mixture, it keeps the embedding in Q8_0.
    assert {tensor.tensor_type.name for tensor in matrices} == {"Q4_0"}
    assert model_file(models_dir, f"{SMALL}-q4_0_pure").format == "q4_0_pure"


async def test_a_child_that_dies_is_told(models_dir: Path, tmp_path: Path) -> None:
    task = Measure(
        path=str(models_dir / f"{SMALL}.gguf"),
        kv_type="f16",
        gpu_layers=0,
        threads=(1,),
        chunks=(128,),
        sequences=(1,),
        text=TEXT.read_text(encoding="utf-8"),
        reference=str(tmp_path / "reference"),
        compare=False,
    )

    def kill(_: float) -> None:
        for line in Path("/proc/self/task").glob("*/children"):
            for child in line.read_text().split():
                if b"jimae.tuning.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(int(child), signal.SIGKILL)

    with pytest.raises(JimaeError) as failed:
        await client.run(task, Measured, kill)

    assert failed.value.code == "tuning_died"
    assert failed.value.values["reason"] == "SIGKILL"
