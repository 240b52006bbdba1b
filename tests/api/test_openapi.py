"""The OpenAPI document holds: what it allows and what it does not is asked of a real server, and
every answer is one that it describes. scripts/proofs/openapi.py asks more."""

from __future__ import annotations

import json
import re
import struct
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, checks

from fakes import tiny_embedding as tiny
from fakes.backend import Backends, FakeBackend, Step, done, saying
from fakes.files import write_gguf
from fakes.served_apart import served_apart
from jimae.api.app import create_app
from jimae.service.service import Service
from jimae.settings import Settings, load
from jimae.types import Embedded, GenerateRequest

EXAMPLES = 4
RULE = {"kind": "phone", "action": "warn"}

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
# Which are refused whatever their bodies are, or have none.
REFUSED = {"/api/create", "/api/copy", "/api/push", "/api/delete"}
BODILESS = {
    *REFUSED,
    "/v1/responses/{response_id}/cancel",
    "/v1/batches/{batch_id}/cancel",
    "/jimae/chats/{chat_id}/restore",
    "/jimae/chats/{chat_id}/turns/{turn_id}/continue",
    "/jimae/chats/{chat_id}/runs/{run_id}/stop",
    "/jimae/admin/users/{user_id}/password",
    "/jimae/admin/audit/check",
    "/jimae/admin/audit/checkpoint",
    "/jimae/admin/models/{model_id}/load",
    "/jimae/admin/models/{model_id}/unload",
}
# Nothing more to say, and: go there.
EMPTY = ("204", "303")
# What is told as long as somebody listens.
ENDLESS = {"/jimae/chats/events"}


class Anything(FakeBackend):
    """Answers whatever it is asked for: a text, a vector, a score."""

    def choose(self, request: GenerateRequest) -> Sequence[Step]:
        if request.outputs.embedding:
            return [Embedded(struct.pack("<2f", 0.6, 0.8)), done(0)]
        if request.outputs.score:
            return [Embedded(struct.pack("<f", 0.5)), done(0)]
        return saying("東京です。")

    async def detokenize(self, ids: tuple[int, ...]) -> bytes:
        return b"a" * len(ids)


def made(model: str, *_: object) -> FakeBackend:
    return Anything(model)


def settings_in(data_dir: Path) -> Settings:
    return load(environ={}, overrides={"data_dir": data_dir, "models.default": "fake"})


@cache
def document() -> dict[str, Any]:
    chosen = settings_in(Path(tempfile.gettempdir()) / "nowhere")
    return create_app(chosen, Service(chosen, Backends().make)).openapi()


def operations() -> list[APIOperation[Any, Any, Any, Any]]:
    schema = schemathesis.openapi.from_dict(document())
    return [result.ok() for result in schema.get_all_operations()]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("data")
    write_gguf(data_dir / "models" / "fake.gguf")
    tiny.encoder(data_dir / "models" / "vectors.gguf", "mean")
    tiny.encoder(data_dir / "models" / "ranker.gguf", "rank")
    with served_apart(settings_in(data_dir), made) as url:
        yield url


def known(url: str) -> dict[str, str]:
    """Ids of new things that are there, by the name that paths have for them."""
    with httpx.Client(base_url=url, trust_env=False) as client:

        def create(path: str, method: str = "POST", **body: Any) -> dict[str, Any]:
            response = client.request(method, path, **body)
            assert response.status_code == 200, response.text
            return response.json()

        # What was set for everybody would hold here, too.
        client.delete("/jimae/admin/limits/everybody")
        # Some case may have published a text of use, which has to be accepted first.
        in_force = client.get("/jimae/policy").json()
        if in_force["version"] and not in_force["accepted"]:
            create("/jimae/me/policy", json={"version": in_force["version"]})
        asked = {"model": "fake", "input": "首都は?"}
        conversation = create("/v1/conversations", json={})["id"]
        item = {"type": "message", "role": "user", "content": "a"}
        items = create(f"/v1/conversations/{conversation}/items", json={"items": [item]})
        upload = {"files": {"file": ("a.jsonl", b"{}\n")}, "data": {"purpose": "batch"}}
        file = create("/v1/files", **upload)["id"]
        batch = {
            "input_file_id": file,
            "endpoint": "/v1/completions",
            "completion_window": "24h",
        }
        chat = create("/jimae/chats", json={})["id"]
        said = create(f"/jimae/chats/{chat}/ask", json={"content": "首都は?"})
        return {
            "chat_id": chat,
            "turn_id": said["question"]["id"],
            "run_id": said["answer"]["run"]["id"],
            "folder_id": create("/jimae/folders", json={"name": "総務"})["id"],
            "model_id": "fake",
            "response_id": create("/v1/responses", json=asked)["id"],
            "conversation_id": conversation,
            "item_id": items["data"][0]["id"],
            "file_id": file,
            "batch_id": create("/v1/batches", json=batch)["id"],
            "subject": "everybody",
            # Nobody has any while there are no accounts.
            "key_id": "key_0",
            "user_id": "user_0",
            "session_id": "session_0",
            "group_id": create("/jimae/admin/groups", json={"name": uuid.uuid4().hex})["id"],
            # Directories are in the settings, and there are none.
            "directory_id": "directory_0",
            "provider_id": "directory_0",
            "template_id": create("/jimae/templates", json={"title": "a", "body": "a"})["id"],
            "rule_id": create("/jimae/admin/policy/rules", "PUT", json=RULE)["id"],
            "word_id": create("/jimae/admin/policy/words", json={"word": uuid.uuid4().hex})["id"],
            "hold_id": create("/jimae/admin/audit/holds", json={"reason": "調査"})["id"],
            "seq": "1",
            "schema_id": "urn:ietf:params:scim:schemas:core:2.0:User",
            "type_id": "User",
        }


def made_real(case: Case, ids: dict[str, str]) -> None:
    """Ask for what is there: a made-up name is nothing but not found."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = ids[name]
    if isinstance(case.body, dict):
        case.body = plain(case.body)
        if "model" in case.body:
            path = case.operation.path
            wanted = "ranker" if "rerank" in path else "vectors" if "embed" in path else "fake"
            case.body["model"] = wanted


def plain(value: Any) -> Any:
    """A body without what the document cannot forbid: the server takes no 1.0 for an integer, and
    no NUL for text."""
    match value:
        case dict():
            return {plain(name): plain(one) for name, one in value.items()}
        case list():
            return [plain(one) for one in value]
        case str():
            return value.replace("\0", "")
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_every_answer_is_described(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    url: str,
) -> None:
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
        return  # there is nothing that could be wrong
    if operation.path in ENDLESS:
        return
    ids = known(url) if "{" in operation.path else {}
    session = requests.Session()
    session.trust_env = False

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def ask(case: Case, real: bool) -> None:
        if real:
            made_real(case, ids)
        response = case.call(base_url=url, session=session, timeout=20)
        case.validate_response(response, checks=CHECKS)

    with session:
        ask()


def test_every_route_is_described(url: str) -> None:
    """With the body it reads, how it fails, and what it answers."""
    chosen = settings_in(Path(tempfile.gettempdir()) / "nowhere")
    app = create_app(chosen, Service(chosen, Backends().make))
    routes = {(route.path_format, method) for route in routes_of(app) for method in route.methods}
    described = {
        (path, method.upper())
        for path, methods in document()["paths"].items()
        for method in methods
    }
    assert routes == described
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            reads = method in ("post", "put", "patch") and path not in BODILESS
            assert ("requestBody" in operation) == reads, path
            busy = "529" if path.startswith("/v1/messages") else "503"
            assert {"403", "500", busy} <= set(answers), path
            assert not reads or {"400", "413", "415"} <= set(answers), path
            assert "{" not in path or "404" in answers, path
            for status, answer in answers.items():
                kinds = answer.get("content", {})
                assert kinds or status in EMPTY, (path, status)
                assert kinds.get("application/json", {"schema": True})["schema"], (path, status)
            assert path in REFUSED or {"200", "201", *EMPTY} & set(answers), path


def test_there_is_one_of_whatever_a_path_names(url: str) -> None:
    named = {name for path in document()["paths"] for name in re.findall(r"{(\w+)}", path)}
    assert known(url).keys() == named


def test_everything_that_is_referred_to_is_there() -> None:
    wanted = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document())))
    assert wanted
    assert wanted <= document()["components"]["schemas"].keys()


def routes_of(app: FastAPI) -> list[APIRoute]:
    return [route for route in app.routes if isinstance(route, APIRoute)]


def test_what_is_sent_too_large_or_as_something_else_is_described(url: str) -> None:
    for operation in operations():
        if operation.method != "post" or operation.path in BODILESS:
            continue
        path = operation.path.replace("{", "").replace("}", "")
        response = httpx.post(url + path, content=b"a", headers={"Content-Type": "text/plain"})
        status = str(response.status_code)
        assert status in {"400", "415"}, path
        schema = operation.definition.raw["responses"][status]["content"]
        assert list(schema) == [response.headers["content-type"]], path
