from __future__ import annotations

from pathlib import Path

import llama_cpp
import pytest

from fakes.files import write_gguf
from jimae.errors import JimaeError
from jimae.tuning.formats import FORMATS, base_of, family, made_id, model_file


def put(folder: Path, *ids: str) -> None:
    for id in ids:
        write_gguf(folder / f"{id}.gguf")


def test_the_numbers_are_llama_cpps() -> None:
    for name, form in FORMATS.items():
        # K-quants are mixtures in llama.cpp's list; a pure one is asked for as the smallest.
        mixture = name.replace("q4_k_pure", "q4_k_s").removesuffix("_pure")
        assert getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{mixture.upper()}") == form.file_type


def test_what_was_made_pure_is_called_so(tmp_path: Path) -> None:
    put(tmp_path, "m", "m-q8_0", "alone-q4_0_pure")
    write_gguf(tmp_path / "m-q4_0_pure.gguf", file_type=2)
    write_gguf(tmp_path / "m-q4_k_pure.gguf", file_type=2)

    assert model_file(tmp_path, "m-q4_0_pure").format == "q4_0_pure"
    # By its name alone nothing is: this one holds something else.
    assert model_file(tmp_path, "m-q4_k_pure").format == "q4_0"


def test_a_family_is_the_model_and_what_was_made_from_it(tmp_path: Path) -> None:
    put(tmp_path, "m", "m-q4_0", "m-q8_0", "m-instruct", "other-q4_0")

    found = family(tmp_path, "m")

    assert [file.id for file in found.files] == ["m", "m-q4_0", "m-q8_0"]
    assert found == family(tmp_path, "m-q8_0")
    assert found.base.size == (tmp_path / "m.gguf").stat().st_size


def test_a_format_without_its_origin_stands_for_itself(tmp_path: Path) -> None:
    put(tmp_path, "m-q4_0")

    assert base_of(tmp_path, "m-q4_0") == "m-q4_0"
    assert [file.id for file in family(tmp_path, "m-q4_0").files] == ["m-q4_0"]


@pytest.mark.parametrize("format", FORMATS)
def test_names_lead_back(tmp_path: Path, format: str) -> None:
    put(tmp_path, "qwen2.5-coder-1.5b", made_id("qwen2.5-coder-1.5b", format))

    assert base_of(tmp_path, made_id("qwen2.5-coder-1.5b", format)) == "qwen2.5-coder-1.5b"


@pytest.mark.parametrize("id", ["absent", "../m", "", "m.gguf"])
def test_only_models_that_are_here_can_be_tuned(tmp_path: Path, id: str) -> None:
    put(tmp_path / "models", "m")
    put(tmp_path, "m")

    with pytest.raises(JimaeError) as failed:
        family(tmp_path / "models", id)

    assert failed.value.code == "tune_model_missing"
    assert failed.value.values["here"] == "m"


def test_a_damaged_file_goes_no_further(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"not a model")

    with pytest.raises(JimaeError) as failed:
        family(tmp_path, "m")

    assert failed.value.code == "gguf_invalid"
