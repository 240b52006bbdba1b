"""Formats of weights: what a file is in, what one can be made into, which files belong together."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from jimae.catalogue.gguf_header import read_header
from jimae.errors import JimaeError


class Format(NamedTuple):
    """What llama.cpp's quantiser is asked for.

    `file_type` is its number (`enum llama_ftype`, the key general.file_type of a file), `bits`
    of a weight are about those of the whole file, to ask the disk for room beforehand. A
    `pure` file has every matrix in the one type: the mixtures keep the output and some others
    in Q6_K, for which llama.cpp has no kernel that takes several tokens at once on x86.
    """

    file_type: int
    bits: float
    pure: bool = False


# Those that need an importance matrix are not here: without one llama.cpp refuses them.
FORMATS: Final[dict[str, Format]] = {
    "f16": Format(1, 16),
    "q4_0": Format(2, 4.8),
    "q4_0_pure": Format(2, 4.5, pure=True),
    "q4_1": Format(3, 5.2),
    "q8_0": Format(7, 8.5),
    "q5_0": Format(8, 5.7),
    "q5_1": Format(9, 6.1),
    "q3_k_s": Format(11, 3.8),
    "q3_k_m": Format(12, 4.2),
    "q3_k_l": Format(13, 4.5),
    "q4_k_s": Format(14, 4.8),
    "q4_k_m": Format(15, 5.0),
    "q4_k_pure": Format(14, 4.5, pure=True),
    "q5_k_s": Format(16, 5.6),
    "q5_k_m": Format(17, 5.8),
    "q6_k": Format(18, 6.6),
    "iq4_nl": Format(25, 4.8),
    "iq4_nl_pure": Format(25, 4.5, pure=True),
    "iq4_xs": Format(30, 4.6),
    "bf16": Format(32, 16),
}
_NAMES: Final = {form.file_type: name for name, form in FORMATS.items() if not form.pure}


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
    # A file does not say whether it is pure; what was made here does, by its name.
    pure = id.removeprefix(f"{base_of(models_dir, id)}-")
    if pure in FORMATS and FORMATS[pure].pure and FORMATS[pure].file_type == number:
        name = pure
    return ModelFile(id, path, name, path.stat().st_size)
