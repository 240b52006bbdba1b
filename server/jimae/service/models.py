"""The models of one server that run, each in a child process of its own.

A model is loaded when it is asked for. It leaves when it has not been used for long,
if so set, or when another one needs its memory; never while somebody uses it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from jimae.catalogue import memory
from jimae.catalogue.entry import Recommended
from jimae.catalogue.gguf_header import Header
from jimae.catalogue.installed import known_sum
from jimae.catalogue.progress import format_size
from jimae.catalogue.registry import Catalogue
from jimae.error_texts.words import Value
from jimae.errors import JimaeError, WireError
from jimae.service.able import header_of
from jimae.service.drafts import check_files, draft_header
from jimae.service.fitting import Fitting
from jimae.service.loaded import Loaded, StartableBackend, expired, first_to_go, room
from jimae.service.model_files import ModelFiles
from jimae.service.model_status import Load, ModelState, ModelStatus, Use, Weights, state_of
from jimae.settings import Settings
from jimae.types import Sampling
from jimae.worker.backend import Backend

log = logging.getLogger(__name__)

REAP_SECONDS: Final = 15.0
NO_ROOM_SECONDS: Final = 10.0


BackendFactory = Callable[
    [str, Path, Settings, Sampling, str | None, bytes | None, Path | None], StartableBackend
]
PrefixKey = Callable[[str], bytes | None]
"""`Vault.prefix_key`."""


class Room(NamedTuple):
    """Bytes that one more model can have: now, and when those that nobody uses have left."""

    now: int
    possible: int


class ModelPool:
    """Keeps the models that were asked for in memory. `files` has those that can be."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        make: BackendFactory,
        prefix_key: PrefixKey,
    ) -> None:
        self.files = ModelFiles(settings, catalogue)
        self._settings = settings
        self._catalogue = catalogue
        self._make = make
        self._prefix_key = prefix_key
        self._loaded: dict[str, Loaded] = {}
        # Requests by the model that they hold, from before it is loaded until they end.
        self._claims: Counter[str] = Counter()
        self._starting: dict[str, asyncio.Task[Loaded]] = {}
        self._loading_since: dict[str, float] = {}
        # Held by whoever changes what is loaded: one load or eviction is begun at a time.
        self._lock = asyncio.Lock()
        self._reaper: asyncio.Task[None] | None = None
        self._closed = False

    # --- what there is ---------------------------------------------------------

    def _default(self) -> str | None:
        try:
            return self.files.default_id()
        except JimaeError:
            return None

    def status(self, model_id: str) -> ModelStatus:
        """One model. Raises `model_not_found`."""
        path = self.files.path(model_id)
        loaded = self._loaded.get(model_id)
        backend = loaded.backend if loaded else None
        state = state_of(backend)
        file = path.stat()
        return ModelStatus(
            id=model_id,
            state=state,
            default=model_id == self._default(),
            created=int(file.st_mtime),
            info=backend.info if backend else None,
            load=self._load_of(model_id, backend, state),
            use=self._use_of(loaded) if loaded and state not in ("available", "failed") else None,
            entry=self.files.entry(model_id),
            size=file.st_size,
            sha256=known_sum(path),
        )

    def weights(self, model_id: str) -> Weights:
        """What a request is answered by. Unlike `status` this measures nothing.
        Raises `model_not_found`."""
        path = self.files.path(model_id)
        loaded = self._loaded.get(model_id)
        info = loaded.backend.info if loaded else None
        return Weights(known_sum(path), info.template_sha256 if info else None)

    def statuses(self) -> list[ModelStatus]:
        return [self.status(model_id) for model_id in self.files.all()]

    async def failure(self, model_id: str) -> JimaeError | None:
        """Why a model could not be loaded; None if that is not so."""
        loaded = self._loaded.get(model_id)
        if loaded is None or loaded.backend.state != "failed":
            return None
        try:
            await loaded.backend.wait_ready()
        except JimaeError as error:
            return error
        return None

    def needed(self, model_id: str) -> int | None:
        """Bytes of memory that a model would take; None if its file cannot be read. Blocks.
        Raises `model_not_found`."""
        try:
            header = header_of(self.files.path(model_id))
        except JimaeError as error:
            if error.code != "gguf_invalid":
                raise
            return None
        engine = self._settings.for_model(model_id).engine
        return memory.estimate(header, engine, draft_header(self._settings, model_id)).total

    def room(self) -> Room:
        """Memory for one more model."""
        now = self._room(self._loaded.values())
        return Room(max(0, now), max(0, now + sum(one.takes for one in self._idle())))

    def running(self) -> list[Backend]:
        """Backends that are ready."""
        return [one.backend for one in self._loaded.values() if one.backend.state == "ready"]

    # --- what runs --------------------------------------------------------------

    @asynccontextmanager
    async def use(self, model_id: str) -> AsyncIterator[Backend]:
        """The backend of a model, which stays for as long as it is used; see `get`.

        Whatever is asked of a model is asked inside of this, counting and tokenising too.
        """
        self._claims[model_id] += 1
        try:
            yield await self.get(model_id)
        finally:
            self._claims[model_id] -= 1
            if not self._claims[model_id]:
                del self._claims[model_id]
            if loaded := self._loaded.get(model_id):
                loaded.last_used = time.monotonic()

    async def get(self, model_id: str) -> Backend:
        """The backend of a model, starting it if need be; it may still be loading.

        Nothing keeps it in memory after this: see `use`. Raises `model_not_found`,
        `gguf_invalid`, `model_too_large`, `model_no_room`, `server_stopping`, and what
        `check_files` raises of a draft model.
        """
        path = self.files.path(model_id)
        if self._closed:
            raise JimaeError("server_stopping")
        loaded = self._loaded.get(model_id)
        if loaded is None or not loaded.can_answer(time.monotonic()):
            loaded = await self._shared_start(model_id, path)
        loaded.last_used = time.monotonic()
        return loaded.backend

    async def unload(self, model_id: str) -> None:
        """Take a model out of memory; of one that is not there, nothing.

        Raises `model_not_found`, and `model_in_use` while somebody has it.
        """
        self.files.path(model_id)
        async with self._lock:
            loaded = self._loaded.get(model_id)
            if loaded is None:
                return
            if requests := self._claims[model_id]:
                raise JimaeError("model_in_use", param="model", model=model_id, requests=requests)
            log.info("model %s leaves memory: an administrator said so", model_id)
            await self._evict(loaded)

    async def close(self) -> None:
        """End every child."""
        self._closed = True
        async with self._lock:
            if self._reaper is not None:  # with the lock: it closes nothing at this moment
                self._reaper.cancel()
            backends = [loaded.backend for loaded in self._loaded.values()]
            self._loaded.clear()
        await asyncio.gather(*(backend.close() for backend in backends))

    async def _shared_start(self, model_id: str, path: Path) -> Loaded:
        """One start for all who ask meanwhile. It goes on when one of them leaves: a model
        whose closing was broken off would be in memory and unknown."""
        task = self._starting.get(model_id)
        if task is None:
            task = asyncio.create_task(self._start(model_id, path), name=f"start {model_id}")
            self._starting[model_id] = task
            task.add_done_callback(lambda done: self._started(model_id, done))
        return await asyncio.shield(task)

    def _started(self, model_id: str, task: asyncio.Task[Loaded]) -> None:
        del self._starting[model_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("model %s was not started: %s", model_id, error)

    async def _start(self, model_id: str, path: Path) -> Loaded:
        settings = self._settings.for_model(model_id)
        # A file that our own reader refuses never reaches native code.
        files = self.files.all() | {model_id: path}
        header, draft = await asyncio.to_thread(check_files, self._settings, model_id, files)
        for told in await asyncio.to_thread(self.files.misnamed, {model_id: path}):
            log.warning("%s", told)
        async with self._lock:
            if self._closed:
                raise JimaeError("server_stopping")
            if (failed := self._loaded.pop(model_id, None)) is not None:
                await failed.backend.close()
            its_header = draft.header if draft is not None else None
            need = memory.estimate(header, settings.engine, its_header)
            await self._make_room(model_id, need.total, header, its_header)
            entry = self.files.entry(model_id)
            defaults = sampling_of(entry.sampling) if entry else Sampling()
            parser = entry.parser if entry else None
            key = self._prefix_key(model_id)
            its_path = draft.path if draft is not None else None
            backend = self._make(model_id, path, settings, defaults, parser, key, its_path)
            log.info("loading model %s from %s, about %d MiB", model_id, path, need.total >> 20)
            await backend.start()
            self._loading_since[model_id] = time.monotonic()
            loaded = self._loaded[model_id] = Loaded(model_id, backend, need)
            if self._reaper is None and self._settings.models.ttl_minutes:
                self._reaper = asyncio.create_task(self._reap(), name="models that are not used")
        return loaded

    # --- who leaves -------------------------------------------------------------

    def _idle(self) -> list[Loaded]:
        return [one for one in self._loaded.values() if not self._claims[one.id]]

    def _room(self, loaded: Iterable[Loaded]) -> int:
        return room(loaded, memory.available(), memory.free())

    async def _make_room(
        self, model_id: str, need: int, header: Header, draft: Header | None
    ) -> None:
        """Evict idle models until `need` bytes are free. Evicts none if that would not do:
        raises `model_no_room` if what is in use is in the way, else `model_too_large`."""
        while need > (now := self._room(self._loaded.values())):
            idle = self._idle()
            possible = now + sum(one.takes for one in idle)
            victim = first_to_go(idle, self._default())
            if victim is None or need > possible:
                everything = now + sum(one.takes for one in self._loaded.values())
                if need <= everything:
                    raise JimaeError(
                        "model_no_room",
                        param="model",
                        retry_after=NO_ROOM_SECONDS,
                        model=model_id,
                        need=format_size(need),
                        free=format_size(max(0, possible)),
                        used=", ".join(sorted(one.id for one in self._loaded.values())),
                    )
                raise await asyncio.to_thread(
                    self._too_large, model_id, need, max(0, everything), header, draft
                )
            log.info("model %s leaves memory to make room for %s", victim.id, model_id)
            await self._evict(victim)

    def _too_large(
        self, model_id: str, need: int, free: int, header: Header, draft: Header | None
    ) -> JimaeError:
        advice = Fitting(self._settings, self._catalogue, self.files.all(), free)
        values: dict[str, Value] = {
            "model": model_id,
            "need": format_size(need),
            "free": format_size(free),
            "installed": ", ".join(advice.installed(model_id)) or "-",
            "catalogue": ", ".join(advice.catalogue(model_id)) or "-",
        }
        fitting = advice.kv_tokens(model_id, header, draft)
        if not fitting:
            return WireError("model_too_large", "model", None, values).to_error()
        values["kv_tokens"] = self._settings.for_model(model_id).engine.kv_tokens
        values["fitting"] = fitting
        return WireError("model_context_too_large", "model", None, values).to_error()

    async def _evict(self, loaded: Loaded) -> None:
        """Called with the lock held, which a new start of the same model waits for."""
        del self._loaded[loaded.id]
        await loaded.backend.close()

    async def _reap(self) -> None:
        """Take out what was not used for its time to live."""
        ttl = self._settings.models.ttl_minutes * 60
        while True:
            await asyncio.sleep(min(ttl / 4, REAP_SECONDS))
            async with self._lock:
                for one in expired(self._idle(), self._default(), ttl, time.monotonic()):
                    # While another one was closed, somebody may have come for this one.
                    if not self._claims[one.id]:
                        log.info("model %s was not used for %.0f s and leaves memory", one.id, ttl)
                        await self._evict(one)

    def _use_of(self, loaded: Loaded) -> Use:
        ttl = self._settings.models.ttl_minutes * 60
        claims = self._claims.get(loaded.id, 0)
        idle = 0.0 if claims else time.monotonic() - loaded.last_used
        stays = not ttl or loaded.id == self._default()
        measured = loaded.backend.resident()
        return Use(
            estimated=loaded.estimate.total,
            measured=measured.total if measured else None,
            requests=claims,
            idle=round(idle, 1),
            expires=None if stays else round(max(0.0, ttl - idle), 1),
        )

    def _load_of(
        self, model_id: str, backend: StartableBackend | None, state: ModelState
    ) -> Load | None:
        """How long a load has lasted. A restart is counted from when it was first noticed here,
        since only the backend sees it begin."""
        if state not in ("loading", "restarting"):
            self._loading_since.pop(model_id, None)
            return None
        now = time.monotonic()
        since = self._loading_since.setdefault(model_id, now)
        info = backend.info if backend else None
        return Load(
            elapsed=round(now - since, 1),
            expected=info.load_seconds if info else None,
            progress=round(backend.progress, 2) if backend else 0.0,
        )


def sampling_of(recommended: Recommended) -> Sampling:
    """What the publisher recommends, for requests that do not say."""
    return Sampling(
        temperature=recommended.temperature,
        top_p=recommended.top_p,
        top_k=recommended.top_k,
        min_p=recommended.min_p,
        repeat_penalty=recommended.repeat_penalty,
    )
