"""One server under test, spoken to as any OpenAI client would."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from jimae.bench.prompts import Message
from jimae.bench.sse import SseParser
from jimae.bench.trace import Trace
from jimae.errors import JimaeError

_Object = dict[str, Any]

# What is asked beyond the standard, most wanted first; the first set that the
# server accepts is used for all its requests.
EXTRAS: tuple[_Object, ...] = (
    {"ignore_eos": True, "stream_options": {"include_usage": True}},
    {"stream_options": {"include_usage": True}},
    {"ignore_eos": True},
    {},
)


@dataclass
class Running:
    """A request under way: its trace fills while the task runs."""

    trace: Trace
    task: asyncio.Task[None]

    async def finish(self) -> Trace:
        await self.task
        return self.trace

    async def break_off(self) -> Trace:
        """Close the connection, as a reader does who leaves."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.trace.end()
        return self.trace


@dataclass
class Server:
    """A server, the model asked of it, and what it is known to accept."""

    label: str
    base_url: str
    model: str
    api_key: str | None = None
    timeout: float = 1800.0
    extras: _Object = field(default_factory=dict)
    tells_slots: bool = False
    http: httpx.AsyncClient = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.base_url = self.base_url.rstrip("/").removesuffix("/v1")
        headers = {"Accept-Encoding": "identity"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        # No proxy from the environment: it would be measured along.
        self.http = httpx.AsyncClient(
            base_url=self.base_url,
            headers=headers,
            timeout=httpx.Timeout(self.timeout, connect=10),
            limits=httpx.Limits(max_connections=None),
            trust_env=False,
        )

    async def close(self) -> None:
        await self.http.aclose()

    def start(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        user: str | None = None,
        whole: bool = True,
    ) -> Running:
        """Send a request now. `whole` False: it will be broken off, its length means nothing."""
        trace = Trace(expected_tokens=max_tokens if whole else None)
        body = self._body(messages, max_tokens, user)
        return Running(trace, asyncio.create_task(self._stream(body, trace)))

    async def ask(
        self, messages: Sequence[Message], max_tokens: int, *, user: str | None = None
    ) -> Trace:
        return await self.start(messages, max_tokens, user=user).finish()

    async def warm_up(self, messages: Sequence[Message]) -> None:
        """The first request; finds out which extras the server accepts.

        Raises JimaeError `bench_unreachable` or `bench_refused`.
        """
        for extras in EXTRAS:
            self.extras = extras
            trace = await self.ask(messages, 2)
            if trace.error is None:
                return
            if trace.error.startswith("Connect"):
                raise JimaeError("bench_unreachable", url=self.base_url, reason=trace.error)
            if not trace.error.startswith("HTTP 4"):
                break
        raise JimaeError("bench_refused", url=self.base_url, reason=str(trace.error))

    async def prompt_tokens(self, messages: Sequence[Message]) -> int:
        """How many tokens the server says these messages are.

        Raises JimaeError `bench_refused` when it does not say.
        """
        trace = await self.ask(messages, 1)
        if trace.error is None and trace.prompt_tokens is not None:
            return trace.prompt_tokens
        body = self._body(messages, 1, None) | {"stream": False}
        body.pop("stream_options", None)
        try:
            answer = (await self.http.post("/v1/chat/completions", json=body)).json()
            return int(answer["usage"]["prompt_tokens"])
        except (httpx.HTTPError, KeyError, TypeError, ValueError):
            raise JimaeError(
                "bench_refused",
                url=self.base_url,
                reason=trace.error or "no usage.prompt_tokens in its answer",
            ) from None

    async def get_json(self, path: str) -> Any:
        """A document of the server; None when it has none."""
        try:
            response = await self.http.get(path, timeout=10)
            return response.json() if response.is_success else None
        except (httpx.HTTPError, ValueError):
            return None

    def _body(self, messages: Sequence[Message], max_tokens: int, user: str | None) -> _Object:
        body: _Object = {
            "model": self.model,
            "messages": list(messages),
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            **self.extras,
        }
        return body if user is None else body | {"user": user}

    async def _stream(self, body: _Object, trace: Trace) -> None:
        content = msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"}
        trace.sent = time.perf_counter()
        try:
            async with self.http.stream(
                "POST", "/v1/chat/completions", content=content, headers=headers
            ) as response:
                if response.status_code != 200:
                    text = (await response.aread()).decode("utf-8", errors="replace")
                    trace.end(f"HTTP {response.status_code}: {_reason(text)}")
                    return
                parser = SseParser()
                async for chunk in response.aiter_raw():
                    when = time.perf_counter()
                    for data in parser.feed(chunk):
                        read_event(data, when, trace)
            trace.end()
        except httpx.HTTPError as error:
            trace.end(f"{type(error).__name__}: {error}".rstrip(": "))


def read_event(data: str, when: float, trace: Trace) -> None:
    """Note in `trace` what one event of a chat completion stream says."""
    if data.strip() == "[DONE]":
        return
    try:
        event = msgspec.json.decode(data)
    except msgspec.DecodeError:
        trace.error = trace.error or f"an event that is not JSON: {data[:80]}"
        return
    if not isinstance(event, dict):
        trace.error = trace.error or f"an event that is not an object: {data[:80]}"
        return
    if "error" in event:
        trace.error = _reason(data)
        return
    trace.fingerprint = event.get("system_fingerprint") or trace.fingerprint
    for choice in event.get("choices") or ():
        delta = choice.get("delta") or {}
        text = (delta.get("reasoning_content") or "") + (delta.get("content") or "")
        if text:
            trace.arrived(when, text)
        trace.finish_reason = choice.get("finish_reason") or trace.finish_reason
    usage = event.get("usage")
    if isinstance(usage, dict):
        trace.prompt_tokens = usage.get("prompt_tokens")
        trace.completion_tokens = usage.get("completion_tokens")
        trace.cached_tokens = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")


def _reason(text: str) -> str:
    """The message inside OpenAI's error envelope, else the beginning of the text."""
    try:
        message = msgspec.json.decode(text)["error"]
        return str(message["message"] if isinstance(message, dict) else message)[:300]
    except (msgspec.DecodeError, KeyError, TypeError):
        return text.strip()[:300]
