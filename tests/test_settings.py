"""Settings: where they come from, which wins, and what a mistake is answered with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from jimae import settings
from jimae.errors import JimaeError
from jimae.settings import (
    FILE_NAME,
    EngineSettings,
    ModelSettings,
    Settings,
    described,
    env_name,
    japanese,
    load,
    names,
    tables,
)


def test_the_defaults_hold_without_file_and_environment(tmp_path: Path) -> None:
    found = load(environ={}, overrides={"data_dir": tmp_path})

    assert found.model_dump() == Settings(data_dir=tmp_path.resolve()).model_dump()
    assert found.server.host == "127.0.0.1"
    assert found.models_dir == tmp_path.resolve() / "models"


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("[server]\nport = 1\n[engine]\nparallel = 2\nthreads = 3\n")
    environ = {"JIMAE_SERVER__PORT": "11", "JIMAE_ENGINE__PARALLEL": "12"}

    found = load(environ=environ, overrides={"data_dir": tmp_path, "server.port": 111})

    assert (found.server.port, found.engine.parallel, found.engine.threads) == (111, 12, 3)


def test_the_directory_of_scim_can_stand_in_the_environment(tmp_path: Path) -> None:
    provider = '[oidc.entra]\nissuer = "https://login.example.jp"\nclient_id = "jimae"\n'
    (tmp_path / FILE_NAME).write_text(provider)
    environ = {"JIMAE_DATA_DIR": str(tmp_path), "JIMAE_SCIM__DIRECTORY": "entra"}

    assert load(environ=environ).scim.directory == "entra"


def test_an_override_of_none_leaves_the_setting_alone(tmp_path: Path) -> None:
    environ = {"JIMAE_DATA_DIR": str(tmp_path), "JIMAE_SERVER__PORT": "11"}

    assert load(environ=environ, overrides={"server.port": None}).server.port == 11


def test_the_file_of_the_data_directory_in_the_environment_is_read(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('[log]\nlevel = "debug"\n')

    assert load(environ={"JIMAE_DATA_DIR": str(tmp_path)}).log.level == "debug"


def test_a_home_in_the_data_directory_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/people")

    assert load(environ={"JIMAE_DATA_DIR": "~/chat"}).data_dir == Path("/srv/people/chat")


def test_the_data_directory_follows_the_xdg_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")

    assert settings.default_data_dir() == Path("/srv/data/jimae")


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        ("JIMAE_SERVER__PROT", "JIMAE_SERVER__PORT"),
        ("JIMAE_PORT", "JIMAE_SERVER__PORT"),
        ("JIMAE_ENGINE_KV_TOKENS", "JIMAE_ENGINE__KV_TOKENS"),
    ],
)
def test_a_mistyped_variable_stops_the_start_and_names_the_right_one(
    variable: str, near: str
) -> None:
    with pytest.raises(JimaeError) as caught:
        load(environ={variable: "1"})

    assert caught.value.code == "setting_unknown"
    assert caught.value.values["name"] == variable
    assert near in str(caught.value)


def test_a_mistyped_name_in_the_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("[server]\nprot = 1\n")

    with pytest.raises(JimaeError, match=r"server\.prot.*server\.port"):
        load(environ={}, overrides={"data_dir": tmp_path})


@pytest.mark.parametrize(
    ("variable", "value", "code", "name"),
    [
        ("JIMAE_SERVER__PORT", "65536", "setting_range", "server.port"),
        ("JIMAE_SERVER__PORT", "http", "setting_kind", "server.port"),
        ("JIMAE_ENGINE__KV_TYPE", "f32", "setting_choice", "engine.kv_type"),
        ("JIMAE_ENGINE__TARGET_ITL", "0", "setting_range", "engine.target_itl"),
        ("JIMAE_ENGINE__SHARING", "everybody", "setting_choice", "engine.sharing"),
        ("JIMAE_LOG__LEVEL", "loud", "setting_choice", "log.level"),
        (
            "JIMAE_AUDIT__ADMINS_READ_CONTENT",
            "perhaps",
            "setting_kind",
            "audit.admins_read_content",
        ),
        ("JIMAE_SERVER__TIME_ZONE", "Tokyo", "setting_invalid", "server.time_zone"),
        ("JIMAE_SCIM__DIRECTORY", "nowhere", "setting_invalid", "scim.directory"),
        ("JIMAE_DATA_DIR", "~nobody-here/jimae", "setting_invalid", "data_dir"),
    ],
)
def test_a_bad_value_is_named_with_its_setting(
    variable: str, value: str, code: str, name: str
) -> None:
    with pytest.raises(JimaeError) as caught:
        load(environ={"JIMAE_DATA_DIR": "/nowhere", variable: value})

    assert caught.value.code == code
    assert caught.value.values["name"] == name
    assert value in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("JIMAE_SERVER__PORT", "80８O", "整数を書いてください"),
        ("JIMAE_SERVER__PORT", "65536", "≤ 65535 の数値"),
        ("JIMAE_ENGINE__KV_TYPE", "f32", "次のいずれかです: 'f16', 'q8_0'"),
        ("JIMAE_SERVER__TIME_ZONE", "Tokyo", "その名前のタイムゾーンはありません"),
        ("JIMAE_SERVER__PUBLIC_URL", "ai", "https://ai.example.jp のようなアドレス"),
    ],
)
def test_what_would_be_right_is_said_in_japanese(variable: str, value: str, said: str) -> None:
    with pytest.raises(JimaeError) as caught:
        load(environ={"JIMAE_DATA_DIR": "/nowhere", variable: value})

    assert said in caught.value.message("ja")
    assert "Value error" not in caught.value.message("en")


@pytest.mark.parametrize("content", [b"[server\n", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)

    with pytest.raises(JimaeError) as caught:
        load(file=path, environ={})

    assert caught.value.code == "settings_file"
    assert str(path) in str(caught.value)


def test_a_file_that_was_asked_for_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(JimaeError, match=r"absent\.toml"):
        load(file=tmp_path / "absent.toml", environ={})


def test_every_setting_is_described_and_has_its_own_variable() -> None:
    for section in Settings.model_fields.values():
        inner = getattr(section.annotation, "model_fields", {})
        for name, field in inner.items() or {"": section}.items():
            assert field.description, f"{name} has no description"
    variables = [env_name(name) for name in names()]
    assert len(variables) == len(set(variables))


OF_TABLES = [f"{table}.{name}" for table, kind in tables().items() for name in kind.model_fields]
DECLARED = [*names(), *OF_TABLES]


def test_every_setting_and_every_table_is_described_in_japanese_too() -> None:
    sections = {name.partition(".")[0] for name in names() if "." in name}
    assert set(japanese.SETTINGS) == set(DECLARED)
    assert set(japanese.TABLES) == {"", *sections, *tables()}


@pytest.mark.parametrize("name", DECLARED)
def test_both_languages_name_the_same_things(name: str) -> None:
    english, told = described(name, "en"), described(name, "ja")
    assert set(re.findall("`[^`]+`", told)) == set(re.findall("`[^`]+`", english))
    assert re.search("[\u3041-\u30ff\u4e00-\u9fff]", told), told


UNFIT = frozenset(("setting_choice", "setting_invalid", "setting_kind", "setting_range"))


@given(st.sampled_from(names()), st.text(max_size=20).filter(lambda text: "\0" not in text))
def test_no_value_ends_in_anything_but_settings_or_our_error(name: str, value: str) -> None:
    environ = {"JIMAE_DATA_DIR": "/nowhere", env_name(name): value}
    try:
        load(environ=environ)
    except JimaeError as error:
        found = (error.code in UNFIT, error.values["name"])
        assert found == (True, name)  # either way out is right


def test_a_model_has_settings_of_its_own(tmp_path: Path) -> None:
    table = '[engine]\nthreads = 3\n[model."qwen2.5-coder-1.5b"]\nkv_type = "q8_0"\nparallel = 2\n'
    (tmp_path / FILE_NAME).write_text(table)
    found = load(environ={}, overrides={"data_dir": tmp_path})

    engine = found.for_model("qwen2.5-coder-1.5b").engine
    assert (engine.kv_type, engine.parallel, engine.threads) == ("q8_0", 2, 3)
    assert found.for_model("another") == found
    assert engine.kv_tokens == found.engine.kv_tokens


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("kv_token = 512", r"model\.a\.b\.kv_token.*model\.a\.b\.kv_tokens"),
        ("target_itl = 0.5", r"model\.a\.b\.target_itl"),
        ("kv_tokens = 12", r"model\.a\.b\.kv_tokens.*256"),
    ],
)
def test_a_mistake_in_the_table_of_a_model_stops_the_start(
    tmp_path: Path, line: str, words: str
) -> None:
    (tmp_path / FILE_NAME).write_text(f'[model."a.b"]\n{line}\n')

    with pytest.raises(JimaeError, match=words):
        load(environ={}, overrides={"data_dir": tmp_path})


def test_the_tables_of_models_are_in_the_file_only() -> None:
    with pytest.raises(JimaeError, match="JIMAE_MODEL"):
        load(environ={"JIMAE_MODEL": "{}"})


def test_a_model_has_a_draft_model_of_its_own(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('[model.large]\ndraft = "small"\n')
    found = load(environ={}, overrides={"data_dir": tmp_path})
    assert [found.draft_of(name) for name in ("large", "small")] == ["small", None]
    assert found.for_model("large").engine == found.engine


def test_every_other_setting_of_a_model_is_one_of_the_engine() -> None:
    engine = EngineSettings.model_fields
    assert set(ModelSettings.model_fields) - {"draft"} <= set(engine)
    values = {"context": -1, "kv_tokens": 255, "parallel": 129, "threads": -1, "gpu_layers": -2}
    for name, value in values.items():
        for section in (EngineSettings, ModelSettings):
            with pytest.raises(ValidationError):
                section.model_validate({name: value})
