"""Where a package index keeps a wheel: the simple repository API (PEP 503, PEP 691)."""

from __future__ import annotations

import json
import os
import re
import ssl
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

import certifi
import httpx

import jimae
from jimae.catalogue.sources.base import CONNECT_SECONDS, READ_SECONDS, reason_of, without_password
from jimae.errors import JimaeError

DEFAULT_INDEX: Final = "https://pypi.org/simple"
_VARIABLES: Final = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
_ACCEPT: Final = "application/vnd.pypi.simple.v1+json, text/html;q=0.2"
_MAX_PAGE: Final = 16 << 20  # bytes


def index_url(environ: Mapping[str, str] | None = None) -> str:
    """The index that this machine is set up for, as pip and uv read it."""
    environ = os.environ if environ is None else environ
    for variable in _VARIABLES:
        value = environ.get(variable, "").strip()
        if value:
            # uv allows `name=URL`.
            return re.sub(r"^[\w.-]+=(?=https?://)", "", value).rstrip("/")
    return DEFAULT_INDEX


def make_client() -> httpx.Client:
    """An HTTP client that trusts what this machine trusts: its own store, the usual
    bundle, and the certificate that pip was given."""
    trust = ssl.create_default_context(cafile=certifi.where())
    trust.load_default_certs()
    for variable in ("PIP_CERT", "SSL_CERT_FILE"):
        path = os.environ.get(variable)
        if path and os.path.isfile(path):  # noqa: PTH113 (a plain string is all there is)
            trust.load_verify_locations(cafile=path)
    return httpx.Client(
        verify=trust,
        follow_redirects=True,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        headers={"User-Agent": f"jimae/{jimae.__version__}"},
    )


def find_wheel(client: httpx.Client, index: str, package: str, version: str) -> str:
    """The URL of this version's wheel.

    Raises `source_unreachable`, `source_missing` or `source_damaged`.
    """
    normal = re.sub(r"[-_.]+", "-", package).lower()
    page = f"{index}/{normal}/"
    source = without_password(index)
    try:
        with client.stream("GET", page, headers={"Accept": _ACCEPT}) as answer:
            if answer.status_code == 404:
                raise JimaeError("source_missing", source=source, what=f"{package}=={version}")
            answer.raise_for_status()
            body = b""
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > _MAX_PAGE:
                    raise JimaeError(
                        "source_damaged", source=source, reason=f"the page of {package} is too long"
                    )
            base, kind = str(answer.url), answer.headers.get("content-type", "")
    except httpx.HTTPStatusError as error:
        reason = f"HTTP status {error.response.status_code}"
        raise JimaeError("source_unreachable", source=source, reason=reason) from None
    except httpx.HTTPError as error:
        raise JimaeError("source_unreachable", source=source, reason=reason_of(error)) from None
    for name, url in _links(body, "json" in kind, source):
        if _is_wheel_of(name, normal, version):
            return urljoin(base, url)
    raise JimaeError("source_missing", source=source, what=f"{package}=={version}")


def _is_wheel_of(name: str, normal: str, version: str) -> bool:
    if not name.endswith(".whl") or name.count("-") < 4:
        return False
    distribution, found, _ = name.split("-", 2)
    return re.sub(r"[-_.]+", "-", distribution).lower() == normal and found == version


def _links(body: bytes, is_json: bool, source: str) -> list[tuple[str, str]]:
    """(file name, URL) of every file on an index page."""
    try:
        if is_json:
            files = json.loads(body)["files"]
            return [(str(file["filename"]), str(file["url"])) for file in files]
        page = _Page()
        page.feed(body.decode())
    except (ValueError, KeyError, TypeError) as error:
        raise JimaeError("source_damaged", source=source, reason=reason_of(error)) from None
    return page.links


class _Page(HTMLParser):
    """The links of an index that speaks only HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        url = dict(attrs).get("href")
        if tag == "a" and url:
            self.links.append((unquote(urlsplit(url).path).rsplit("/", 1)[-1], url))
