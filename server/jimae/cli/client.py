"""Talking to a running server from the terminal."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec

from jimae.errors import JimaeError, Language

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
# An answer may take as long as it takes; only the connection has a deadline.
TIMEOUT: Final = httpx.Timeout(None, connect=5.0)


class News(NamedTuple):
    """What the server says while one waits, such as `queued position=2`."""

    text: str


class Words(NamedTuple):
    """More of the answer."""

    text: str


class Memory(msgspec.Struct, frozen=True):
    """Bytes of memory of a loaded model."""

    estimated: int
    measured: int | None


class Use(msgspec.Struct, frozen=True):
    """Requests that hold a model, seconds since the last, and until it leaves, if it does."""

    requests: int
    idle: float
    expires: float | None


class Load(msgspec.Struct, frozen=True):
    """Seconds that a load has lasted, and the part of the file that has been read."""

    elapsed: float
    progress: float


class ServedModel(msgspec.Struct, frozen=True):
    """A model as the server's status tells it."""

    id: str
    state: str
    default: bool
    memory: Memory | None = None
    use: Use | None = None
    load: Load | None = None


class _Status(msgspec.Struct, frozen=True):
    models: list[ServedModel]


class Client:
    """One server. Raises `server_unreachable`, `server_answered`."""

    def __init__(
        self,
        url: str,
        language: Language,
        timeout: httpx.Timeout = TIMEOUT,
        key: str | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=self._url,
            timeout=timeout,
            headers={
                "Accept-Language": language,
                **({} if key is None else {"Authorization": f"Bearer {key}"}),
            },
            # A proxy from the environment would not reach this machine, and the server
            # refuses what comes through one.
            trust_env=urlsplit(self._url).hostname not in LOOPBACK,
        )

    def close(self) -> None:
        self._http.close()

    def default_model(self) -> str:
        """The id of the model that serves when nobody chooses."""
        return next(model.id for model in self.models() if model.default)

    def models(self) -> list[ServedModel]:
        """The models of the server and what they are doing."""
        with self._explained():
            response = self._http.get("/api/status")
            self._check(response)
            return msgspec.json.decode(response.content, type=_Status).models

    def answer(
        self, model: str, messages: list[dict[str, str]]
    ) -> Generator[Words | News, None, None]:
        """The answer to a conversation as it comes. Closing the iterator stops it."""
        body = {"model": model, "messages": messages, "stream": True}
        with (
            self._explained(),
            self._http.stream("POST", "/v1/chat/completions", json=body) as response,
        ):
            if response.is_error:
                response.read()
            self._check(response)
            for line in response.iter_lines():
                if line.startswith(":"):
                    yield News(line[1:].strip())
                elif line.startswith("data:") and (data := line[5:].strip()) != "[DONE]":
                    yield from self._words(json.loads(data))

    def _words(self, chunk: dict[str, Any]) -> Iterator[Words]:
        if "error" in chunk:
            raise JimaeError(
                "server_answered", url=self._url, message=str(chunk["error"]["message"])
            )
        for choice in chunk["choices"]:
            text = choice["delta"].get("content")
            if text:
                yield Words(text)

    def _check(self, response: httpx.Response) -> None:
        if not response.is_error:
            return
        try:
            message = str(response.json()["error"]["message"])
        except (ValueError, KeyError, TypeError):
            message = f"HTTP {response.status_code}"
        raise JimaeError("server_answered", url=self._url, message=message)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (httpx.TransportError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise JimaeError("server_unreachable", url=self._url, reason=reason) from None
        except (ValueError, KeyError, TypeError):
            raise JimaeError("server_unreachable", url=self._url, reason="not jimae") from None
