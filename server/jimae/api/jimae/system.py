"""The server as administrators see it: what it is doing, its health, and its settings."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from typing import Any, Final, Literal

from fastapi import Request
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from typing_extensions import TypedDict

import jimae
from jimae.api.errors import language_of
from jimae.errors import JimaeError, Language
from jimae.service.model_status import ModelState
from jimae.service.service import STATUS_SECONDS, Service
from jimae.settings import Settings, Source, described, names, tables
from jimae.types import EngineStatus
from jimae.worker.backend import Backend

DISK_WARNING: Final = 2 << 30
"""Bytes left on the disk below which somebody should do something."""

Health = Literal["ok", "warning", "failed"]


class PersonBody(TypedDict):
    """What one account has going on; `seconds` is how long its oldest request has lasted."""

    id: str
    name: str
    requests: int
    sequences: int
    models: list[str]
    seconds: float


class EngineBody(TypedDict):
    """One model in memory; the counts are null if its worker did not say them in time. Tokens
    of context are held for running answers and kept for reuse; the totals are since its load."""

    model: str
    running: int | None
    waiting: int | None
    kv_tokens_used: int | None
    kv_tokens_total: int | None
    sequences_cached: int | None
    tokens_prefilled: int | None
    tokens_reused: int | None
    tokens_generated: int | None


class QueueBody(TypedDict):
    """`at` is a Unix time: two of these, one after another, tell speeds."""

    at: float
    running: int
    waiting: int
    most_running: int
    most_waiting: int
    engines: list[EngineBody]
    people: list[PersonBody]


class CheckBody(TypedDict):
    """One part of the server. `value` belongs to it: a state, a path, bytes."""

    part: Literal["database", "model", "disk", "accepting"]
    health: Health
    value: str


class SystemBody(TypedDict):
    """`uptime` is in seconds; the disk is that of the data directory, in bytes."""

    version: str
    uptime: float
    database: Literal["sqlite", "postgresql"]
    data_dir: str
    disk_total: int
    disk_free: int
    checks: list[CheckBody]


class SettingBody(TypedDict):
    """A setting as it is. Of a `secret` one the value stays untold: null if it is unset."""

    name: str
    value: Any
    default: Any
    source: Source
    secret: bool
    description: str


class SettingList(TypedDict):
    data: list[SettingBody]
    has_more: bool


class SystemRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._began = time.monotonic()

    async def queue(self) -> QueueBody:
        """Who is being answered and who waits: numbers only."""
        backends = self._service.models.running()
        engines = [await one for one in asyncio.as_completed(map(_engine, backends))]
        engines.sort(key=lambda engine: engine["model"])
        engine = self._service.settings.engine
        return {
            "at": time.time(),
            "running": sum(one["running"] or 0 for one in engines),
            "waiting": sum(one["waiting"] or 0 for one in engines),
            "most_running": engine.parallel,
            "most_waiting": engine.max_queue,
            "engines": engines,
            "people": [
                {
                    "id": one.id,
                    "name": one.name,
                    "requests": one.requests,
                    "sequences": one.sequences,
                    "models": list(one.models),
                    "seconds": one.seconds,
                }
                for one in self._service.gate.going.people()
            ],
        }

    async def system(self) -> SystemBody:
        """The version, the places and the health of the server."""
        settings = self._service.settings
        disk = shutil.disk_usage(settings.data_dir)
        return {
            "version": jimae.__version__,
            "uptime": round(time.monotonic() - self._began, 1),
            "database": "postgresql" if settings.database.url else "sqlite",
            "data_dir": str(settings.data_dir),
            "disk_total": disk.total,
            "disk_free": disk.free,
            "checks": [
                await self._database(),
                self._model(),
                {
                    "part": "disk",
                    "health": "ok" if disk.free > DISK_WARNING else "warning",
                    "value": str(disk.free),
                },
                {
                    "part": "accepting",
                    "health": "warning" if self._service.runs.refusing else "ok",
                    "value": "stopping" if self._service.runs.refusing else "yes",
                },
            ],
        }

    async def settings(self, request: Request) -> SettingList:
        """Every setting, and where its value came from. They are changed in the file."""
        language = language_of(request.scope)
        return {"data": list(shown(self._service.settings, language)), "has_more": False}

    async def _database(self) -> CheckBody:
        try:
            await self._service.store.read(lambda session: session.connection())
        except JimaeError as error:
            return {"part": "database", "health": "failed", "value": error.code}
        return {"part": "database", "health": "ok", "value": "answers"}

    def _model(self) -> CheckBody:
        try:
            state: ModelState = self._service.readiness().state
        except JimaeError as error:
            return {"part": "model", "health": "failed", "value": error.code}
        health: Health = "warning"
        if state in ("ready", "failed"):
            health = "ok" if state == "ready" else "failed"
        return {"part": "model", "health": health, "value": state}


async def _engine(backend: Backend) -> EngineBody:
    try:
        status: EngineStatus | None = await asyncio.wait_for(backend.status(), STATUS_SECONDS)
    except (JimaeError, TimeoutError):
        status = None
    return {
        "model": backend.model,
        "running": status.running if status else None,
        "waiting": status.waiting if status else None,
        "kv_tokens_used": status.kv_tokens_used if status else None,
        "kv_tokens_total": status.kv_tokens_total if status else None,
        "sequences_cached": status.sequences_cached if status else None,
        "tokens_prefilled": status.tokens_prefilled if status else None,
        "tokens_reused": status.tokens_reused if status else None,
        "tokens_generated": status.tokens_generated if status else None,
    }


def shown(settings: Settings, language: Language) -> Iterator[SettingBody]:
    """The settings in the order of their declaration, then those of named tables."""
    for name in names():
        section, _, field = name.rpartition(".")
        holder: BaseModel = getattr(settings, section) if section else settings
        words = described(name, language)
        yield _setting(settings, name, holder, field or name, words)
    for table, kind in tables().items():
        for key, holder in getattr(settings, table).items():
            for field in kind.model_fields:
                words = described(f"{table}.{field}", language)
                yield _setting(settings, f"{table}.{key}.{field}", holder, field, words)


def _setting(
    settings: Settings, name: str, holder: BaseModel, field: str, description: str
) -> SettingBody:
    info = type(holder).model_fields[field]
    value = getattr(holder, field)
    secret = isinstance(value, SecretStr) or _is_secret(info)
    return {
        "name": name,
        "value": "********" if secret and value is not None else _plain(holder, field),
        "default": None if info.is_required() or secret else _jsonable(info.get_default()),
        "source": settings.source_of(name),
        "secret": secret,
        "description": description,
    }


def _is_secret(info: FieldInfo) -> bool:
    return "SecretStr" in str(info.annotation)


def _plain(holder: BaseModel, field: str) -> Any:
    return holder.model_dump(mode="json", include={field})[field]


def _jsonable(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, (str, int, float)) else str(value)
