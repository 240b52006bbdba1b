"""A model in a child process: the implementation of `Backend` for this machine.

The child can die of anything native code dies of. Requests in flight then end
with an error, the child is started again, and this process goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from jimae.errors import JimaeError
from jimae.settings import Settings
from jimae.types import (
    Done,
    EngineStatus,
    Event,
    Failed,
    GenerateRequest,
    ModelInfo,
    Prompt,
    Sampling,
)
from jimae.worker import child, protocol
from jimae.worker.backend import GenerateEvent, Resident, State

log = logging.getLogger(__name__)

STALLED_SECONDS = 3.0
"""Silence after which a worker is not called ready."""

SILENT_SECONDS = 15.0
"""Silence after which a worker is killed and started again."""

STEP_SECONDS = 300.0
"""A single step that takes longer than this hangs."""

CLOSE_SECONDS = 10.0
"""Time for a worker to keep what is worth keeping when it is told to end."""

BACK_OFF = (0.1, 0.5, 2.0, 5.0, 15.0, 30.0)
"""Seconds to wait before the next start, by deaths in a row."""

STABLE_SECONDS = 60.0
"""A worker that lived this long begins the row anew."""


class LocalBackend:
    """One model and the child process that runs it. See `backend.Backend`.

    `prefix_key` encrypts what it keeps on disk (`worker.kv_file`); without one that is in clear.
    """

    def __init__(
        self,
        model: str,
        path: Path,
        settings: Settings,
        defaults: Sampling,
        parser: str | None = None,
        prefix_key: bytes | None = None,
        draft: Path | None = None,
    ) -> None:
        engine = settings.engine
        self._model = model
        self._load = protocol.Load(
            model=model,
            path=str(path),
            kv_tokens=engine.kv_tokens,
            context=engine.context,
            parallel=engine.parallel,
            max_queue=engine.max_queue,
            target_itl=engine.target_itl,
            reproducible_tokens=engine.reproducible_tokens,
            embedding_tokens=engine.embedding_tokens,
            kv_type=engine.kv_type,
            threads=engine.threads,
            batch=engine.batch,
            gpu_layers=engine.gpu_layers,
            defaults=defaults,
            parser=parser,
            draft=str(draft) if draft is not None else None,
            disk_cache=_disk_cache(model, settings, prefix_key),
        )
        self._state: State = "loading"
        self._error: JimaeError | None = None
        self._info: ModelInfo | None = None
        self._progress = 0.0
        self._changed = asyncio.Condition()
        self._supervisor: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._heard = 0.0
        self._closing = False
        self._streams: dict[str, asyncio.Queue[Event]] = {}
        self._calls: dict[int, asyncio.Future[protocol.FromWorker]] = {}
        self._call_ids = itertools.count()

    # --- what it is doing -------------------------------------------------------------

    @property
    def model(self) -> str:
        return self._model

    @property
    def info(self) -> ModelInfo | None:
        return self._info

    @property
    def progress(self) -> float:
        """How much of the file is loaded, 0 to 1."""
        return self._progress

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one."""
        return self._process.pid if self._process is not None else None

    def resident(self) -> Resident | None:
        """Memory of the child and of the process that it renders templates in."""
        return None if self.pid is None else child.resident(self.pid)

    @property
    def state(self) -> State:
        if self._state == "ready" and time.monotonic() - self._heard > STALLED_SECONDS:
            return "stalled"
        return self._state

    async def wait_ready(self) -> ModelInfo:
        async with self._changed:
            await self._changed.wait_for(lambda: self._state in ("ready", "failed", "closed"))
        if self._state == "ready" and self._info is not None:
            return self._info
        raise self._error or JimaeError("model_loading", model=self._model)

    # --- using it ---------------------------------------------------------------------

    async def generate(self, request: GenerateRequest) -> AsyncIterator[GenerateEvent]:
        await self.wait_ready()
        if request.id in self._streams:
            raise ValueError(f"request {request.id} runs already")
        events: asyncio.Queue[Event] = asyncio.Queue()
        self._streams[request.id] = events
        finished = False
        try:
            self._send(protocol.Generate(request))
            while not finished:
                event = await events.get()
                finished = isinstance(event, Done | Failed)
                if isinstance(event, Failed):
                    raise protocol.to_error(event)
                yield event
        finally:
            del self._streams[request.id]
            if not finished:
                self._send(protocol.Cancel(request.id))

    async def tokens_of(self, prompt: Prompt) -> tuple[int, ...]:
        answer = await self._call(lambda call: protocol.TokensOf(call, prompt))
        return _expect(answer, protocol.Tokenized).ids

    async def tokenize(self, text: str, *, special: bool = False) -> tuple[int, ...]:
        answer = await self._call(lambda call: protocol.Tokenize(call, text, special))
        return _expect(answer, protocol.Tokenized).ids

    async def detokenize(self, ids: tuple[int, ...]) -> bytes:
        answer = await self._call(lambda call: protocol.Detokenize(call, ids))
        return _expect(answer, protocol.Detokenized).data

    async def status(self) -> EngineStatus:
        answer = await self._call(protocol.GetStatus)
        return _expect(answer, protocol.StatusIs).status

    async def forget(self, scope: str) -> None:
        _expect(await self._call(lambda call: protocol.Forget(call, scope)), protocol.Forgotten)

    # --- life -------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to load the model; `wait_ready` says when it is there."""
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise(), name=f"worker {self._model}")

    async def close(self) -> None:
        if self._supervisor is not None:
            self._closing = True
            if self._process is not None and self._state == "ready":
                self._send(protocol.Shutdown())
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._process.wait(), CLOSE_SECONDS)
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor
            self._supervisor = None
        await self._set_state("closed")
        self._fail_all(JimaeError("worker_died", model=self._model, reason="closed"))

    async def _supervise(self) -> None:
        """Start the child, and start it again when it dies."""
        deaths = 0
        while True:
            began = time.monotonic()
            try:
                reason = await self._live()
            except (OSError, ValueError, msgspec.MsgspecError) as error:
                # It could not be started, or what it sent was no message.
                reason = f"{type(error).__name__}: {error}"
            finally:
                await self._bury()
            if self._closing or self._state == "failed":
                return
            if time.monotonic() - began > STABLE_SECONDS:
                deaths = 0
            log.error("the worker of %s ended: %s", self._model, reason)
            await self._set_state("restarting")
            self._fail_all(JimaeError("worker_died", model=self._model, reason=reason))
            await asyncio.sleep(BACK_OFF[min(deaths, len(BACK_OFF) - 1)])
            deaths += 1

    async def _live(self) -> str:
        """One life of the child; return why it ended."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = self._process = await child.start(theirs)
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=2**20)
        self._heard = time.monotonic()
        logs = asyncio.create_task(child.pass_on_logs(self._model, process))
        watch = asyncio.create_task(self._watch(process))
        try:
            self._send(self._load)
            await self._read(reader)
            # The socket closed: the process has ended or is about to.
            try:
                await asyncio.wait_for(process.wait(), 2.0)
            except TimeoutError:
                process.kill()
            code = await process.wait()
            return child.why(code)
        finally:
            watch.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()
            await asyncio.wait({logs}, timeout=1.0)
            logs.cancel()

    async def _bury(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = self._process = None

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Kill a child that is silent for too long."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(protocol.HEARTBEAT_SECONDS)
            now = time.monotonic()
            # While this process did not run (a suspended machine, a loop held up) it heard nobody.
            missed = now - began - protocol.HEARTBEAT_SECONDS
            self._heard = min(now, self._heard + missed)
            silent = now - self._heard
            if silent > SILENT_SECONDS and process.returncode is None:
                log.error("the worker of %s was silent for %.0f s", self._model, silent)
                process.kill()
                return

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Take frames until the socket closes."""
        decode = msgspec.msgpack.Decoder(protocol.FromWorker).decode
        while (body := await protocol.read_frame(reader)) is not None:
            self._heard = time.monotonic()
            match decode(body):
                case protocol.Emitted(events):
                    for name, event in events:
                        if queue := self._streams.get(name):
                            queue.put_nowait(event)
                case protocol.Heartbeat(seconds):
                    if seconds > STEP_SECONDS and self._process is not None:
                        log.error("a step of %s hangs", self._model)
                        self._process.kill()
                case protocol.Loading(done):
                    self._progress = done
                case protocol.Loaded(info):
                    self._info, self._progress = info, 1.0
                    log.info("%s is ready after %.1f s", self._model, info.load_seconds)
                    await self._set_state("ready")
                case protocol.LoadFailed(error):
                    self._error = protocol.to_error(error)
                    log.error("%s", self._error)
                    await self._set_state("failed")
                case answer:
                    future = self._calls.pop(answer.call, None)
                    if future is not None and not future.done():
                        future.set_result(answer)

    # --- plumbing ---------------------------------------------------------------------

    async def _set_state(self, state: State) -> None:
        async with self._changed:
            self._state = state
            self._changed.notify_all()

    def _send(self, message: protocol.ToWorker) -> None:
        if self._writer is not None:
            self._writer.write(protocol.encode(message))

    async def _call(self, make: Callable[[int], protocol.ToWorker]) -> protocol.FromWorker:
        await self.wait_ready()
        call = next(self._call_ids)
        future = asyncio.get_running_loop().create_future()
        self._calls[call] = future
        self._send(make(call))
        answer: protocol.FromWorker = await future
        if isinstance(answer, protocol.CallFailed):
            raise protocol.to_error(answer.error)
        return answer

    def _fail_all(self, error: JimaeError) -> None:
        for queue in self._streams.values():
            queue.put_nowait(protocol.to_failed(error))
        for future in self._calls.values():
            if not future.done():
                future.set_exception(error)
        self._calls.clear()


T = TypeVar("T")


def _expect(answer: protocol.FromWorker, kind: type[T]) -> T:
    if not isinstance(answer, kind):
        raise TypeError(f"the worker answered {type(answer).__name__}, not {kind.__name__}")
    return answer


def _disk_cache(model: str, settings: Settings, key: bytes | None) -> protocol.DiskCache | None:
    engine = settings.engine
    if not engine.disk_cache_mb:
        return None
    return protocol.DiskCache(
        directory=str(settings.data_dir / "kv" / model),
        max_bytes=int(engine.disk_cache_mb * 2**20),
        max_age=engine.disk_cache_days * 86400,
        key=key,
    )
