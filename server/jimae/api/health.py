"""Whether the server lives, whether it can answer, and what it is doing."""

from __future__ import annotations

from typing import Literal

import msgspec
from starlette.responses import Response
from typing_extensions import TypedDict

import jimae
from jimae.service.models import ModelState, ModelStatus
from jimae.service.service import Service


class Live(TypedDict):
    status: Literal["live"]


class Ready(TypedDict):
    """`model` is the default model, which decides."""

    status: ModelState | Literal["stopping"]
    model: str


class LoadBody(TypedDict):
    """Seconds."""

    elapsed: float
    expected: float | None


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
    description: Description | None


class QueueBody(TypedDict):
    running: int
    waiting: int


class Status(TypedDict):
    """What the web page asks for: `mode` says who may sign in."""

    version: str
    mode: Literal["single-user"]
    models: list[StatusModel]
    queue: QueueBody


class HealthRoutes:
    def __init__(self, service: Service) -> None:
        self._service = service

    async def live(self) -> Live:
        """The process answers."""
        return {"status": "live"}

    async def ready(self) -> Response:
        """200 if the default model can answer now, else 503."""
        model = self._service.readiness()
        state: ModelState | Literal["stopping"] = (
            "stopping" if self._service.runs.refusing else model.state
        )
        body: Ready = {"status": state, "model": model.id}
        return Response(
            msgspec.json.encode(body),
            status_code=200 if state == "ready" else 503,
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    async def status(self) -> Status:
        """The models and the queue."""
        queue = await self._service.queue()
        return {
            "version": jimae.__version__,
            "mode": "single-user",
            "models": [_model(status) for status in self._service.models.statuses()],
            "queue": {"running": queue.running, "waiting": queue.waiting},
        }


def _model(status: ModelStatus) -> StatusModel:
    entry, load = status.entry, status.load
    return {
        "id": status.id,
        "name": entry.name if entry else status.id,
        "state": status.state,
        "default": status.default,
        "context": status.info.context if status.info else None,
        "load": {"elapsed": load.elapsed, "expected": load.expected} if load else None,
        "description": {"ja": entry.description.ja, "en": entry.description.en} if entry else None,
    }
