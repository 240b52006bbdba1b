"""Whether the server lives, whether it can answer, and what it is doing."""

from __future__ import annotations

from typing import Literal

import msgspec
from fastapi import Request
from starlette.responses import Response
from typing_extensions import TypedDict

import jimae
from jimae.api import allowed
from jimae.api.caller import caller_of
from jimae.service.model_status import ModelState, ModelStatus
from jimae.service.service import Service


class Live(TypedDict):
    status: Literal["live"]


ReadyState = ModelState | Literal["stopping", "no_database"]


class Ready(TypedDict):
    """`model` is the default model, whose state this is unless no request would be answered."""

    status: ReadyState
    model: str


class LoadBody(TypedDict):
    """Seconds, and how much of the file has been read, 0 to 1."""

    elapsed: float
    expected: float | None
    progress: float


class MemoryBody(TypedDict):
    """Bytes: as estimated from the file, and as measured (null where the model is elsewhere)."""

    estimated: int
    measured: int | None


class UseBody(TypedDict):
    """Of a model in memory: the requests that hold it, the seconds since the last one, and
    until it leaves if none comes (null: it stays until its memory is needed)."""

    requests: int
    idle: float
    expires: float | None


class Description(TypedDict):
    ja: str
    en: str


class StatusModel(TypedDict):
    id: str
    name: str
    state: ModelState
    default: bool
    context: int | None
    load: LoadBody | None
    memory: MemoryBody | None
    use: UseBody | None
    description: Description | None


class QueueBody(TypedDict):
    running: int
    waiting: int


class Status(TypedDict):
    """What the web page asks for. `mode`: whether there are accounts, and people sign in."""

    version: str
    mode: Literal["single-user", "accounts"]
    models: list[StatusModel]
    queue: QueueBody


class HealthRoutes:
    def __init__(self, service: Service) -> None:
        self._service = service

    async def live(self) -> Live:
        """The process answers."""
        return {"status": "live"}

    async def ready(self) -> Response:
        """200 if the default model can answer now or will be loaded when asked, else 503, as
        where the database does not answer: nothing would be."""
        model = self._service.readiness()
        state: ReadyState = model.state
        if self._service.runs.refusing:
            state = "stopping"
        elif not await self._service.store.answers():
            state = "no_database"
        body: Ready = {"status": state, "model": model.id}
        return Response(
            msgspec.json.encode(body),
            # A default model that made room for another one comes back with the next request.
            status_code=200 if state in ("ready", "available") else 503,
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    async def status(self, request: Request) -> Status:
        """The models and the queue."""
        queue = await self._service.queue()
        return {
            "version": jimae.__version__,
            "mode": "single-user" if caller_of(request).via == "local" else "accounts",
            "models": [_model(one) for one in await allowed.statuses(self._service, request)],
            "queue": {"running": queue.running, "waiting": queue.waiting},
        }


def _model(status: ModelStatus) -> StatusModel:
    entry, load, use = status.entry, status.load, status.use
    return {
        "id": status.id,
        "name": entry.name if entry else status.id,
        "state": status.state,
        "default": status.default,
        "context": status.info.context if status.info else None,
        "load": {"elapsed": load.elapsed, "expected": load.expected, "progress": load.progress}
        if load
        else None,
        "memory": {"estimated": use.estimated, "measured": use.measured} if use else None,
        "use": {"requests": use.requests, "idle": use.idle, "expires": use.expires}
        if use
        else None,
        "description": {"ja": entry.description.ja, "en": entry.description.en} if entry else None,
    }
