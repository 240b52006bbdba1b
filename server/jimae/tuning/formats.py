"""Formats of weights: what a file is in, what one can be made into, which files belong together."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from jimae.catalogue.gguf_header import read_header
from jimae.errors import JimaeError

# llama.cpp's numbers of file types (`enum llama_ftype`, the key general.file_type of a file).
# Those that need an importance matrix are not here: without one llama.cpp refuses them.
FORMATS: Final[dict[str, int]] = {
    "f16": 1,
    "q4_0": 2,
    "q4_1": 3,
    "q8_0": 7,
    "q5_0": 8,
    "q5_1": 9,
    "q3_k_s": 11,
    "q3_k_m": 12,
    "q3_k_l": 13,
    "q4_k_s": 14,
    "q4_k_m": 15,
    "q5_k_s": 16,
    "q5_k_m": 17,
    "q6_k": 18,
    "iq4_nl": 25,
    "iq4_xs": 30,
    "bf16": 32,
}

# Bits of a weight, about, mixtures counted as a whole: to ask the disk for room beforehand.
BITS: Final[dict[str, float]] = {
    **{"f16": 16, "bf16": 16, "q8_0": 8.5, "q6_k": 6.6, "q5_0": 5.7, "q5_1": 6.1},
    **{"q5_k_s": 5.6, "q5_k_m": 5.8, "q4_0": 4.8, "q4_1": 5.2, "q4_k_s": 4.8, "q4_k_m": 5.0},
    **{"iq4_nl": 4.8, "iq4_xs": 4.6, "q3_k_s": 3.8, "q3_k_m": 4.2, "q3_k_l": 4.5},
}
_NAMES: Final = {number: name for name, number in FORMATS.items()}


class ModelFile(NamedTuple):
    """One file of a model in one format. `size` in bytes."""

    id: str
    path: Path
    format: str
    size: int


class Family(NamedTuple):
    """The files of one model: the first is the one that the others are compared with."""

    base: ModelFile
    others: tuple[ModelFile, ...]

    @property
    def files(self) -> tuple[ModelFile, ...]:
        return (self.base, *self.others)


def made_id(base: str, format: str) -> str:
    """The id of a model that was made from another: `qwen2.5-coder-1.5b-q4_0`."""
    return f"{base}-{format}"


def base_of(models_dir: Path, id: str) -> str:
    """The model that this one was made from, if that is here; else itself."""
    for format in FORMATS:
        base = id.removesuffix(f"-{format}")
        if base != id and (models_dir / f"{base}.gguf").is_file():
            return base
    return id


def family(models_dir: Path, id: str) -> Family:
    """Every format of a model that is in the directory, its own file first.

    Raises JimaeError `tune_model_missing` or `gguf_invalid`.
    """
    here = sorted(path.stem for path in models_dir.glob("*.gguf") if path.is_file())
    if id not in here:
        raise JimaeError(
            "tune_model_missing", id=id[:128], path=str(models_dir), here=", ".join(here) or "-"
        )
    base = base_of(models_dir, id)
    others = [made_id(base, format) for format in FORMATS]
    return Family(
        model_file(models_dir, base),
        tuple(model_file(models_dir, other) for other in others if other in here),
    )


def model_file(models_dir: Path, id: str) -> ModelFile:
    """What a file is. Raises JimaeError `gguf_invalid`: it never reaches native code then."""
    path = models_dir / f"{id}.gguf"
    number = read_header(path).file_type
    name = _NAMES.get(number, f"type {number}") if number is not None else "?"
    return ModelFile(id, path, name, path.stat().st_size)
