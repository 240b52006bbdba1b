"""A real provider of OpenID Connect (npm's oidc-provider), and a browser that signs in there."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
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

    def __init__(self, issuer: str, process: subprocess.Popen[str]) -> None:
        self.issuer = issuer
        self._process = process

    def rotate(self, algorithm: str = "RS256") -> None:
        httpx.get(f"{self.issuer}/test/rotate/{algorithm}", trust_env=False)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def provider(redirect: str, *, in_id_token: bool = True) -> Iterator[Provider]:
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
    with subprocess.Popen(
        ["node", "oidc_provider.js"],
        cwd=HERE,
        env={
            "PATH": node_path(),
            "HOME": os.environ.get("HOME", "/"),
            "PROVIDER": json.dumps(told),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        issuer = next((line for line in process.stdout if line.startswith("http://")), None)
        assert issuer is not None, "the provider did not start"
        running = Provider(issuer.strip(), process)
        try:
            yield running
        finally:
            running.stop()


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
