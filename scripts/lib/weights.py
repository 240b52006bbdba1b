"""Models that tests run on, fetched once for every checkout of this user."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lib.places import JIMAE, test_models
from lib.shell import SetupError, attached
from lib.steps import Progress, Step

# Id and megabytes, the smallest first.
TEST_MODELS = (
    ("smollm2-135m", 98),
    ("gemma3-270m", 253),
    ("qwen2.5-coder-0.5b", 491),
    ("qwen2.5-coder-1.5b", 1117),
)
MEGABYTES_PER_SECOND = 25


def step(model: str, megabytes: int) -> Step:
    """Fetch one model into the folder for tests."""
    file = test_models() / f"{model}.gguf"

    def run(progress: Progress) -> None:
        pull: list[str | Path] = [JIMAE, "pull", model, "--data-dir", str(test_models().parent)]
        if attached(pull, stdout=subprocess.DEVNULL) != 0 or not file.is_file():
            raise SetupError(
                f"the test model {model} could not be fetched.",
                f"put its file at {file}, or run: {' '.join(map(str, pull))}",
            )

    return Step(
        f"Model {model}", 2 + megabytes / MEGABYTES_PER_SECOND, file.is_file, run, talks=True
    )


def steps() -> list[Step]:
    return [step(model, megabytes) for model, megabytes in TEST_MODELS]
