"""The compatibility page: every row of every table is what a request meets."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai.resources.chat.completions import Completions as Chats
from openai.resources.completions import Completions

from jimae.api.app import create_app
from jimae.api.compatibility import ENDPOINTS, Family, page
from jimae.api.parameters import Endpoint, one_of, refused, select, working, works
from jimae.errors import JimaeError
from jimae.service.service import Service
from jimae.settings import Settings

BY_PATH = {endpoint.path: endpoint for endpoint in ENDPOINTS if endpoint.method == "POST"}
# What belongs to a call of the client, not to the request.
OF_THE_CLIENT = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
NOTHING_ASKS_FOR_THIS = "a value that no client sends"

CLIENTS: list[tuple[str, Callable[..., Any]]] = [
    ("/v1/chat/completions", Chats.create),
    ("/v1/chat/completions", Chats.parse),
    ("/v1/completions", Completions.create),
]


@pytest.mark.parametrize(("path", "create"), CLIENTS)
def test_every_parameter_of_the_official_client_has_a_row(
    path: str, create: Callable[..., Any]
) -> None:
    names = inspect.signature(create).parameters.keys() - OF_THE_CLIENT
    assert names - BY_PATH[path].table.keys() == set(), openai.__version__


def rows(support: str) -> list[Any]:
    return [
        pytest.param(endpoint, name, id=f"{endpoint.path} {name}")
        for endpoint in ENDPOINTS
        for name, row in endpoint.table.items()
        if row.support == support and "." not in name
    ]


@pytest.mark.parametrize(("endpoint", "name"), rows("refused"))
def test_what_is_refused_is_refused_with_the_code_of_the_page(
    endpoint: Endpoint, name: str
) -> None:
    with pytest.raises(JimaeError) as caught:
        select({name: NOTHING_ASKS_FOR_THIS}, endpoint.table)
    row = endpoint.table[name]
    assert (caught.value.code, caught.value.param) == (row.code, name)
    assert f"| `{name}` | refused" in page()
    assert f"`{row.code}` | {row.note} |" in page()
    assert select({name: None}, endpoint.table) == {}


@pytest.mark.parametrize(("endpoint", "name"), rows("harmless"))
def test_what_is_harmless_changes_nothing(endpoint: Endpoint, name: str) -> None:
    assert select({name: NOTHING_ASKS_FOR_THIS}, endpoint.table) == {}


def test_what_replaces_another_is_there() -> None:
    for endpoint in ENDPOINTS:
        for row in endpoint.table.values():
            assert row.instead is None or any(row.instead in other.table for other in ENDPOINTS)


def test_every_body_that_is_read_is_on_the_page(settings: Settings, service: Service) -> None:
    document = create_app(settings, service).openapi()
    for path, methods in document["paths"].items():
        if path.startswith("/jimae/"):
            continue  # nobody else's API
        body = methods.get("post", {}).get("requestBody", {}).get("content", {})
        reference = body.get("application/json", {}).get("schema", {}).get("$ref", "")
        if name := reference.rpartition("/")[2]:
            properties = document["components"]["schemas"][name]["properties"]
            table = BY_PATH[path].table
            harmless = {name for name, row in table.items() if row.support == "harmless"}
            assert set(properties) - harmless == working(table), path


def test_values_are_told_apart_by_their_type() -> None:
    test = one_of(False, 0.5)
    assert test(False)
    assert test(0.5)
    assert not test(0)


def test_the_page_says_what_a_row_says() -> None:
    table = {"a": works("A."), "b": refused("B.", one_of(1)), "c": refused("C.", instead="a")}
    assert table["a"].code is None
    assert table["b"].code == "unsupported_parameter"
    assert table["c"].code == "replaced_parameter"
    families = page([Family("hermes", True, True, ["qwen"]), Family("llama", False, False, ())])
    assert "| hermes | `qwen` | yes | yes |" in families
    assert "| llama | from published examples only | no | no |" in families
