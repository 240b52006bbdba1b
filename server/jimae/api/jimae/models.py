"""Models as people choose them, and as administrators look after them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, Literal

from fastapi import Request
from pydantic import StringConstraints
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.errors import language_of
from jimae.api.explain import fitted
from jimae.api.health import LoadBody, MemoryBody, UseBody
from jimae.api.jimae.schema import Strict
from jimae.catalogue import memory
from jimae.catalogue.entry import ATTRIBUTION, Commercial, Model
from jimae.errors import JimaeError, Language
from jimae.service import speed
from jimae.service.able import writes
from jimae.service.audit.record import note
from jimae.service.imports import Import, Imports, Offered, State
from jimae.service.model_status import ModelState, ModelStatus
from jimae.service.service import Service

LIMIT_MIB: Final = 1 / 16

FileName = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class ImportRequest(Strict):
    """Body of POST /jimae/admin/imports: the name of a file in the folder."""

    file: FileName


class BothBody(TypedDict):
    ja: str
    en: str


class ListsBody(TypedDict):
    ja: list[str]
    en: list[str]


class LicenceBody(TypedDict):
    spdx: str
    url: str
    commercial: Commercial
    note: BothBody | None


class ScoresBody(TypedDict):
    """Of 1; null where nobody measured it."""

    swallow: float | None
    mt_bench: float | None


class CardBody(TypedDict):
    """A model to choose. `size` are bytes; `speed` tokens per second, as measured here over the
    last answers; `writes` says whether it answers at all, or makes vectors only. What the
    catalogue does not know is null."""

    id: str
    name: str
    state: ModelState
    default: bool
    size: int
    sha256: str | None
    parameters: int | None
    description: BothBody | None
    good_at: ListsBody | None
    licence: LicenceBody | None
    scores: ScoresBody
    speed: float | None
    writes: bool


class CardList(TypedDict):
    """`attribution` says whose the scores are."""

    data: list[CardBody]
    has_more: bool
    attribution: str


class AdminModelBody(TypedDict):
    """A model and what it takes. `load` is null unless it is being loaded, `memory` and `use`
    unless it is in memory. `needed` are the bytes of memory that it takes once it is loaded, as
    estimated; null for a file that cannot be read. `error` says why it could not be loaded."""

    id: str
    name: str
    state: ModelState
    default: bool
    created_at: int
    size: int
    sha256: str | None
    context: int | None
    needed: int | None
    error: str | None
    load: LoadBody | None
    memory: MemoryBody | None
    use: UseBody | None


class MachineBody(TypedDict):
    """Bytes of memory: what models may take together; what one more can have now, and when those
    that nobody uses have made room for it."""

    for_models: int
    free: int
    possible: int


class OfferedBody(TypedDict):
    file: str
    size: int
    model: str
    known: bool
    present: bool


class ImportBody(TypedDict):
    """Bytes; `error` says why it failed, in the language of the request."""

    file: str
    model: str
    state: State
    done: int
    total: int
    error: str | None


class FolderBody(TypedDict):
    path: str
    exists: bool
    files: list[OfferedBody]


class AdminModelList(TypedDict):
    data: list[AdminModelBody]
    has_more: bool
    machine: MachineBody
    folder: FolderBody
    imports: list[ImportBody]


class ActedBody(TypedDict):
    id: str
    state: ModelState


Act = Literal["load", "unload"]


class ModelAdminRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._models = service.models
        self._imports = service.imports

    async def cards(self, request: Request) -> CardList:
        """The models that one may ask, with what helps to choose."""
        allowed = await self._service.limits.models(caller_of(request))
        shown = [
            status for status in self._models.statuses() if allowed is None or status.id in allowed
        ]
        ids = [status.id for status in shown]
        rates = await self._service.store.read(lambda session: speed.measured(session, ids))
        files = self._models.files.all()
        able = await asyncio.to_thread(lambda: {id_: writes(files[id_]) for id_ in ids})
        data = [_card(status, rates.get(status.id), able[status.id]) for status in shown]
        return {"data": data, "has_more": False, "attribution": ATTRIBUTION}

    async def list(self, request: Request) -> AdminModelList:
        """Every model with its memory, and what can be taken in from the folder."""
        language = language_of(request.scope)
        offered = await asyncio.to_thread(self._imports.offered)
        room = self._models.room()
        return {
            "data": [await self._shown(status, language) for status in self._models.statuses()],
            "has_more": False,
            "machine": {
                "for_models": memory.available(),
                "free": room.now,
                "possible": room.possible,
            },
            "folder": _folder(self._imports, offered),
            "imports": [_import(one, language) for one in self._imports.begun()],
        }

    async def load(self, request: Request, model_id: str) -> ActedBody:
        """Begin to load a model, and answer at once."""
        await self._models.get(model_id)
        return await self._acted(request, "load", model_id)

    async def unload(self, request: Request, model_id: str) -> ActedBody:
        """Take a model out of memory, if nobody uses it."""
        await self._models.unload(model_id)
        return await self._acted(request, "unload", model_id)

    async def import_(self, request: Request) -> ImportBody:
        """Begin to take a file in from the folder, and answer at once."""
        wanted = fitted(await read_object(request, LIMIT_MIB), ImportRequest)
        caller = caller_of(request)

        async def record(begun: Import) -> None:
            details = {"file": begun.file, "bytes": begun.total}
            await self._service.store.write(
                lambda session: note(
                    session, caller, "model.import", target=begun.model, details=details
                )
            )

        begun = await self._imports.begin(wanted.file, record)
        return _import(begun, language_of(request.scope))

    async def _shown(self, status: ModelStatus, language: Language) -> AdminModelBody:
        needed = await asyncio.to_thread(self._models.needed, status.id)
        error = await self._models.failure(status.id)
        return _admin_model(status, needed, error.message(language) if error else None)

    async def _acted(self, request: Request, act: Act, model_id: str) -> ActedBody:
        caller = caller_of(request)
        await self._service.store.write(
            lambda session: note(session, caller, f"model.{act}", target=model_id)
        )
        return {"id": model_id, "state": self._models.status(model_id).state}


def _card(status: ModelStatus, rate: float | None, able: bool) -> CardBody:
    entry = status.entry
    scores = entry.scores if entry else None
    architecture = entry.architecture if entry else None
    return {
        "id": status.id,
        "name": entry.name if entry else status.id,
        "state": status.state,
        "default": status.default,
        "size": status.size,
        "sha256": status.sha256,
        "parameters": architecture.parameters if architecture else None,
        "description": {"ja": entry.description.ja, "en": entry.description.en} if entry else None,
        "good_at": {"ja": [*entry.good_at.ja], "en": [*entry.good_at.en]} if entry else None,
        "licence": _licence(entry) if entry else None,
        "scores": {
            "swallow": scores.swallow if scores else None,
            "mt_bench": scores.mt_bench if scores else None,
        },
        "speed": rate,
        "writes": able,
    }


def _licence(entry: Model) -> LicenceBody:
    licence = entry.licence
    said = licence.note
    return {
        "spdx": licence.spdx,
        "url": licence.url,
        "commercial": licence.commercial,
        "note": {"ja": said.ja, "en": said.en} if said else None,
    }


def _admin_model(status: ModelStatus, needed: int | None, error: str | None) -> AdminModelBody:
    load, use = status.load, status.use
    return {
        "id": status.id,
        "name": status.entry.name if status.entry else status.id,
        "state": status.state,
        "default": status.default,
        "created_at": status.created,
        "size": status.size,
        "sha256": status.sha256,
        "context": status.info.context if status.info else None,
        "needed": needed,
        "error": error,
        "load": {"elapsed": load.elapsed, "expected": load.expected, "progress": load.progress}
        if load
        else None,
        "memory": {"estimated": use.estimated, "measured": use.measured} if use else None,
        "use": {"requests": use.requests, "idle": use.idle, "expires": use.expires}
        if use
        else None,
    }


def _folder(imports: Imports, offered: list[Offered]) -> FolderBody:
    files: list[OfferedBody] = [
        {
            "file": one.file,
            "size": one.size,
            "model": one.model,
            "known": one.known,
            "present": one.present,
        }
        for one in offered
    ]
    return {"path": str(imports.folder), "exists": imports.folder.is_dir(), "files": files}


def _import(one: Import, language: Language) -> ImportBody:
    error: JimaeError | None = one.error.to_error() if one.error else None
    return {
        "file": one.file,
        "model": one.model,
        "state": one.state,
        "done": one.done,
        "total": one.total,
        "error": error.message(language) if error else None,
    }
