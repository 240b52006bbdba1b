"""The web page's files and their headers."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from jimae.api import app, page
from jimae.service.service import Service
from jimae.settings import Settings


@pytest.fixture
async def built(
    settings: Settings, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> httpx.AsyncClient:
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("<title>jimae</title>")
    (tmp_path / "dist" / "assets" / "main-abc123.js").write_text("1")
    (tmp_path / "secret").write_text("no")
    monkeypatch.setattr(app, "page_directory", lambda: tmp_path / "dist")
    transport = httpx.ASGITransport(app=app.create_app(settings, service))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


async def test_index_and_assets(built: httpx.AsyncClient) -> None:
    index = await built.get("/")
    assert index.text == "<title>jimae</title>"
    assert index.headers["cache-control"] == "no-cache"
    asset = await built.get("/assets/main-abc123.js")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    missing = await built.get("/assets/other.js")
    assert missing.status_code == 404
    assert "immutable" not in missing.headers.get("cache-control", "")


@pytest.mark.parametrize("path", ["/", "/assets/main-abc123.js", "/v1/models", "/nothing"])
async def test_security_headers_are_everywhere(built: httpx.AsyncClient, path: str) -> None:
    headers = (await built.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"].split("; ")
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any("unsafe" in rule for rule in policy)


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret"])
async def test_nothing_outside_is_served(built: httpx.AsyncClient, path: str) -> None:
    assert (await built.get(path)).status_code == 404


async def test_says_how_to_build_it(
    settings: Settings, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "page_directory", lambda: tmp_path / "nothing")
    transport = httpx.ASGITransport(app=app.create_app(settings, service))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        response = await client.get("/")
    assert response.status_code == 200
    assert "npm run build" in response.text
    assert 'lang="ja"' in response.text
    assert "<style" not in page.NOT_BUILT
