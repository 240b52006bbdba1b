"""The envelope: one shape for every error, in the reader's language."""

from __future__ import annotations

import json
import re
import string

import httpx
import pytest
from pydantic import SecretStr

from fakes.backend import Backends, FakeBackend
from fakes.postgresql import Cluster
from jimae.api.app import create_app
from jimae.api.errors import envelope, error_response
from jimae.api.language import preferred
from jimae.error_texts import TEXTS
from jimae.errors import JimaeError
from jimae.service.service import Service
from jimae.settings import DatabaseSettings, Settings

URL = "/v1/chat/completions"
QUESTION = {"model": "fake", "messages": [{"role": "user", "content": "はい"}]}
ASKED = {
    URL: QUESTION,
    "/v1/responses": {"model": "fake", "input": "はい"},
    "/v1/messages": {**QUESTION, "max_tokens": 9},
    "/api/chat": {**QUESTION, "stream": False},
}


def example(code: str) -> JimaeError:
    names = {field for _, field, _, _ in string.Formatter().parse(TEXTS[code].en) if field}
    error = JimaeError.__new__(JimaeError)
    error.code, error.param, error.retry_after = code, "model", 1.5
    # `param` is filled in from the error itself.
    error.values = dict.fromkeys(names - {"param"}, "x")
    return error


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_every_error_has_the_same_shape(code: str) -> None:
    error = example(code)
    for language in ("en", "ja"):
        body = envelope(error, language)
        assert list(body) == ["error"]
        assert set(body["error"]) == {"message", "type", "param", "code"}
        assert body["error"]["code"] == code
        assert body["error"]["param"] == "model"
        # Two braces are those of a template.
        assert not re.search(r"(?<!\{)\{\w*\}(?!\})", body["error"]["message"])
    response = error_response(error, {"type": "http", "path": "/v1/models", "headers": []})
    assert 400 <= response.status_code < 600
    assert response.headers["retry-after"] == "2"
    assert json.loads(response.body)["error"]["type"] == TEXTS[code].type


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("fr,ja;q=0.5", "ja"),
        ("en;q=0.1,ja;q=0.2", "ja"),
        ("ja;q=0", "en"),
        ("ja;q=x", "en"),
        ("ja;q=nan", "en"),
        ("*", "en"),
    ],
)
def test_language_is_the_preferred_one(header: str | None, language: str) -> None:
    assert preferred(header) == language


async def test_message_is_in_japanese_if_asked(client: httpx.AsyncClient) -> None:
    asked = {**QUESTION, "model": "gpt-4"}
    japanese = await client.post(URL, json=asked, headers={"Accept-Language": "ja"})
    english = await client.post(URL, json=asked)
    assert japanese.status_code == english.status_code == 404
    assert "このサーバーにありません" in japanese.json()["error"]["message"]
    assert "Available: fake, other" in english.json()["error"]["message"]


async def test_unknown_route_and_method(client: httpx.AsyncClient) -> None:
    for method, path in (("GET", "/v1/nothing"), ("POST", "/v1/nothing"), ("GET", "/nothing")):
        response = await client.request(method, path)
        assert response.status_code == 404, (method, path)
        assert response.json()["error"]["code"] == "not_found"
    response = await client.get(URL)
    assert response.status_code == 405
    assert response.json()["error"]["code"] == "method_not_allowed"
    assert response.headers["allow"] == "POST"


async def test_the_unexpected_tells_only_a_reference(
    client: httpx.AsyncClient, backend: FakeBackend, caplog: pytest.LogCaptureFixture
) -> None:
    for stream in (False, True):
        backend.play(RuntimeError("/etc/secret at 0x7f00"))
        response = await client.post(URL, json={**QUESTION, "stream": stream})
        assert response.status_code == 500
        assert response.json()["error"]["code"] == "internal_error"
        assert "secret" not in response.text
        reference = caplog.records[-1].getMessage().split()[-1]
        assert reference in response.text
        assert "secret" in caplog.text


async def test_the_unexpected_in_a_stream(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    backend.play(*backend.default[:3], RuntimeError("/etc/secret"))
    response = await client.post(URL, json={**QUESTION, "stream": True})
    assert '"code":"internal_error"' in response.text
    assert "secret" not in response.text


async def test_a_database_that_is_away_is_named_in_the_log_alone(
    settings: Settings,
    backends: Backends,
    postgresql: Cluster,
    caplog: pytest.LogCaptureFixture,
) -> None:
    database = DatabaseSettings(url=SecretStr(postgresql.create()))
    settings = settings.model_copy(update={"database": database})
    service = Service(settings, backends.make)
    await service.start()
    transport = httpx.ASGITransport(app=create_app(settings, service))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        whole = await client.post(URL, json=QUESTION)
        assert whole.status_code == 200
        postgresql.stop()
        try:
            # A connection that broke says so in other words than one that cannot be made.
            answers = [
                await client.post(path, json=body)
                for path in (URL, "/v1/responses", "/v1/messages", "/api/chat")
                for body in [ASKED[path]] * 2
            ]
        finally:
            postgresql.start()
        assert (await client.post(URL, json=QUESTION)).status_code == 200
    await service.close()
    inner = re.compile(rf"{postgresql.port}|127\.0\.0\.1|psycopg|connect|terminat|jimae\"")
    for answer in answers:
        # Anthropic's for a server that cannot now is a status of its own.
        assert answer.status_code in (503, 529), answer.text
        assert "does not answer" in answer.text
        assert not inner.search(answer.text), answer.text
    logged = [one.getMessage() for one in caplog.records if one.name == "jimae.api.errors"]
    assert len(logged) == len(answers)
    assert all(inner.search(line) for line in logged)
    assert str(postgresql.port) in logged[-1]
