"""A real provider of OpenID Connect (npm's oidc-provider), and a browser that signs in there."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import httpx

from lib.tools import node_path

HERE: Final = Path(__file__).parents[1] / "node"
CLIENT: Final = "jimae"
SECRET: Final = "-".join(("secret", "of", "the", "client"))
FORM: Final = re.compile(r'<form[^>]* action="([^"]+)"')
PROMPT: Final = re.compile(r'name="prompt" value="([^"]+)"')

Claims = dict[str, object]

PEOPLE: Final[dict[str, Claims]] = {
    "sakura": {
        "sub": "sakura",
        "name": "山田さくら",
        "preferred_username": "yamada.sakura",
        "email": "sakura@example.jp",
        "groups": ["総務部", "ai-users"],
    },
    "taro": {
        "sub": "taro",
        "name": "鈴木太郎",
        "preferred_username": "suzuki.taro",
        "email": "taro@example.jp",
        "groups": ["ai-users", "ai-admins"],
    },
    "visitor": {"sub": "visitor", "preferred_username": "visitor", "groups": ["guests"]},
}


class Provider:
    """A running provider. `rotate` gives it another key to sign with."""

    def __init__(self, issuer: str, process: asyncio.subprocess.Process) -> None:
        self.issuer = issuer
        self._process = process

    async def rotate(self, algorithm: str = "RS256") -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"{self.issuer}/test/rotate/{algorithm}")

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def provider(redirect: str, *, in_id_token: bool = True) -> AsyncIterator[Provider]:
    """A provider until the end of the block, with one client that comes back to `redirect`.

    With `in_id_token` false, the names and groups of people are told by userinfo only.
    """
    assert (HERE / "node_modules" / "oidc-provider").is_dir(), "scripts/setup --test installs it"
    told = {
        "clientId": CLIENT,
        "secret": SECRET,
        "redirect": redirect,
        "people": PEOPLE,
        "inIdToken": in_id_token,
    }
    process = await asyncio.create_subprocess_exec(
        "node",
        "oidc_provider.js",
        cwd=HERE,
        env={
            "PATH": node_path(),
            "HOME": os.environ.get("HOME", "/"),
            "PROVIDER": json.dumps(told),
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
    while not line.startswith("http://"):
        assert line, "the provider did not start"
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
    running = Provider(line, process)
    try:
        yield running
    finally:
        await running.stop()
        process._transport.close()  # type: ignore[attr-defined]  # its pipes


async def signed_in(browser: httpx.AsyncClient, url: str, who: str, stop: str) -> httpx.Response:
    """Go to a provider as a browser does, sign in and consent there; returns the redirect that
    leads to `stop`, not followed."""
    response = await browser.get(url)
    for _ in range(20):
        if response.is_redirect:
            to = urljoin(str(response.url), response.headers["location"])
            if to.startswith(stop):
                return response
            response = await browser.get(to)
            continue
        assert response.status_code == 200, response.text
        form, prompt = FORM.search(response.text), PROMPT.search(response.text)
        assert form is not None, response.text
        assert prompt is not None, response.text
        data = {"prompt": prompt[1], "login": who, "password": "any"}
        response = await browser.post(urljoin(str(response.url), unescape(form[1])), data=data)
    raise AssertionError("the provider leads in a circle")
