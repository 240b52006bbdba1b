"""The models of one server: which files there are, and what runs of them.

A model is a file `<data_dir>/models/<id>.gguf`. It is loaded when it is first
asked for, in a child process of its own, and stays.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

from jimae.catalogue import memory
from jimae.catalogue.default import choose_present
from jimae.catalogue.entry import Model, Recommended
from jimae.catalogue.gguf_header import read_header
from jimae.catalogue.registry import Catalogue
from jimae.errors import JimaeError
from jimae.settings import Settings
from jimae.types import ModelInfo, Sampling
from jimae.worker.backend import Backend

log = logging.getLogger(__name__)

SUFFIX: Final = ".gguf"
# The part of a model that reads images is a file beside it, and no model by itself.
PROJECTOR: Final = ".mmproj"
MODEL_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

ModelState = Literal["available", "loading", "ready", "restarting", "failed"]


class StartableBackend(Backend, Protocol):
    """A backend whose loading is begun by whoever made it."""

    async def start(self) -> None:
        """Begin to load and return at once."""
        ...


BackendFactory = Callable[[str, Path, Settings, Sampling], StartableBackend]


class Load(NamedTuple):
    """A load that is under way: seconds so far, and how long the last one took."""

    elapsed: float
    expected: float | None


class ModelStatus(NamedTuple):
    """One model as the page and the API show it. `created` is a Unix time."""

    id: str
    state: ModelState
    default: bool
    created: int
    info: ModelInfo | None
    load: Load | None
    entry: Model | None


class ModelPool:
    """Finds models by id and keeps those that were asked for in memory."""

    def __init__(self, settings: Settings, catalogue: Catalogue, make: BackendFactory) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._make = make
        self._backends: dict[str, StartableBackend] = {}
        self._loading_since: dict[str, float] = {}
        self._lock = asyncio.Lock()
        self._chosen = ""
        self._closed = False

    # --- what there is ---------------------------------------------------------

    def files(self) -> dict[str, Path]:
        """Every usable id and its file, by id. Reads the directory each time: a model
        that was pulled while the server runs is there at once."""
        directory = self._settings.models_dir
        if not directory.is_dir():
            return {}
        found = (path for path in directory.iterdir() if path.suffix == SUFFIX and path.is_file())
        return {path.stem: path for path in sorted(found) if _is_model(path.stem)}

    def default_id(self) -> str:
        """The model that serves when nobody chose. Raises `no_models`, `default_model_missing`."""
        files = self.files()
        directory = str(self._settings.models_dir)
        if not files:
            raise JimaeError("no_models", path=directory)
        wanted = self._settings.models.default
        if wanted is None:
            # Once: a model that is loaded leaves less memory for the next comparison.
            if self._chosen not in files:
                self._chosen = self._best(files)
            return self._chosen
        if wanted not in files:
            raise JimaeError(
                "default_model_missing", model=wanted, path=directory, available=", ".join(files)
            )
        return wanted

    def _best(self, files: Mapping[str, Path]) -> str:
        """The catalogue's choice of those that are there; else the largest file that memory
        holds, since parameters are what makes a model able."""
        known = choose_present(self._catalogue, self._settings.models_dir, self._settings.engine)
        if known is not None and known.id in files:
            return known.id
        sizes = {model_id: path.stat().st_size for model_id, path in files.items()}
        room = memory.available()
        fitting = {model_id: size for model_id, size in sizes.items() if size < room}
        return (
            max(fitting, key=fitting.__getitem__) if fitting else min(sizes, key=sizes.__getitem__)
        )

    def _entry(self, model_id: str) -> Model | None:
        return self._catalogue.get(model_id) if model_id in self._catalogue else None

    def _default(self) -> str | None:
        try:
            return self.default_id()
        except JimaeError:
            return None

    def status(self, model_id: str) -> ModelStatus:
        """One model. Raises `model_not_found`."""
        path = self._path(model_id)
        backend = self._backends.get(model_id)
        state = _state_of(backend)
        return ModelStatus(
            id=model_id,
            state=state,
            default=model_id == self._default(),
            created=int(path.stat().st_mtime),
            info=backend.info if backend else None,
            load=self._load_of(model_id, backend, state),
            entry=self._entry(model_id),
        )

    def statuses(self) -> list[ModelStatus]:
        return [self.status(model_id) for model_id in self.files()]

    def running(self) -> list[Backend]:
        """Backends that are ready."""
        return [backend for backend in self._backends.values() if backend.state == "ready"]

    # --- what runs --------------------------------------------------------------

    async def get(self, model_id: str) -> Backend:
        """The backend of a model, starting it if need be; it may still be loading.

        Raises `model_not_found`, `gguf_invalid`, `server_stopping`.
        """
        path = self._path(model_id)
        async with self._lock:
            if self._closed:
                raise JimaeError("server_stopping")
            backend = self._backends.get(model_id)
            if backend is None:
                backend = await self._start(model_id, path)
            return backend

    async def close(self) -> None:
        """End every child."""
        async with self._lock:
            self._closed = True
            backends = list(self._backends.values())
            self._backends.clear()
        await asyncio.gather(*(backend.close() for backend in backends))

    async def _start(self, model_id: str, path: Path) -> StartableBackend:
        # A file that our own reader refuses never reaches native code.
        await asyncio.to_thread(read_header, path)
        entry = self._entry(model_id)
        defaults = sampling_of(entry.sampling) if entry else Sampling()
        backend = self._make(model_id, path, self._settings, defaults)
        log.info("loading model %s from %s", model_id, path)
        await backend.start()
        self._loading_since[model_id] = time.monotonic()
        self._backends[model_id] = backend
        return backend

    def _path(self, model_id: str) -> Path:
        files = self.files()
        if model_id not in files:
            raise JimaeError(
                "model_not_found",
                param="model",
                model=model_id[:128],
                available=", ".join(files) or "-",
            )
        return files[model_id]

    def _load_of(self, model_id: str, backend: Backend | None, state: ModelState) -> Load | None:
        """How long a load has lasted. A restart is counted from when it was first noticed here,
        since only the backend sees it begin."""
        if state not in ("loading", "restarting"):
            self._loading_since.pop(model_id, None)
            return None
        now = time.monotonic()
        since = self._loading_since.setdefault(model_id, now)
        info = backend.info if backend else None
        return Load(elapsed=round(now - since, 1), expected=info.load_seconds if info else None)


def _is_model(stem: str) -> bool:
    return MODEL_ID.fullmatch(stem) is not None and not stem.endswith(PROJECTOR)


def sampling_of(recommended: Recommended) -> Sampling:
    """What the publisher recommends, for requests that do not say."""
    return Sampling(
        temperature=recommended.temperature,
        top_p=recommended.top_p,
        top_k=recommended.top_k,
        min_p=recommended.min_p,
        repeat_penalty=recommended.repeat_penalty,
    )


def _state_of(backend: Backend | None) -> ModelState:
    if backend is None:
        return "available"
    match backend.state:
        case "closed":
            return "available"
        case "stalled":
            # It wakes up, or is killed and started again: for those who wait it is the same.
            return "restarting"
        case state:
            return state
