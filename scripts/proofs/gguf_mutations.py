"""The check of 22,000 damaged GGUF files ends with a header or a refusal, within a second."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from catalogue.mutate import outcomes
from catalogue.test_gguf_header import written
from jimae.catalogue.gguf_header import parse_header, read_header


def count(name: str, data: bytes, header: int, times: int) -> None:
    """Raises whatever a check raises besides a refusal."""
    said = outcomes(data, header, times, seed=1)
    refused = said.total() - said["accepted"]
    print(f"{name}: {refused} refused for {len(said) - 1} reasons, {said['accepted']} plausible")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        small = written(Path(folder) / "small.gguf")
    count("a small file", small, parse_header(small).data_offset, 20_000)
    path = Path(os.environ["TEST_MODELS_DIR"]) / "smollm2-135m.gguf"
    header = read_header(path)
    with path.open("rb") as file:
        real = file.read(header.data_offset)
    count("a real header", real, header.data_offset, 2_000)
    sys.exit(0)
