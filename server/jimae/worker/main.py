"""The child process that runs one model.

    python -m jimae.worker.main DESCRIPTOR PARENT

Four threads: asyncio reads and writes the socket, `engine` owns the model,
`embedding` a second context on it, and a helper tokenises. A chat template runs in
a process of its own. A model that was made for vectors has no engine.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec

from jimae.catalogue.gguf_header import read_header
from jimae.chat.parsers.registry import choose
from jimae.chat.renderer import Renderer
from jimae.engine.drafter import Drafter
from jimae.engine.engine import Engine, EngineOptions
from jimae.engine.loop import EngineLoop
from jimae.errors import JimaeError
from jimae.llama.binding import LlamaModel
from jimae.llama.grammar import Grammars
from jimae.llama.weights import LlamaWeights
from jimae.process import die_with_parent
from jimae.types import Done, Event, Failed, GenerateRequest, Prompt
from jimae.worker import loading, protocol
from jimae.worker.answers import AnswerReader, known
from jimae.worker.disk_store import DiskStore
from jimae.worker.requests import ModelFacts, Requests
from jimae.worker.vectors import Vectors

log = logging.getLogger("jimae.worker")


class Worker:
    """One model and the connection on which the serving process asks for it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._asyncio = asyncio.get_running_loop()
        self._outbox: deque[tuple[str, Event]] = deque()
        self._flush_due = False
        self._engine: Engine | None = None
        self._loop: EngineLoop | None = None
        self._exact: EngineLoop | None = None
        self._store: DiskStore | None = None
        self._drafter: Drafter | None = None
        self._vectors: Vectors
        # Whose steps the heartbeat tells of.
        self._stepping: list[Engine | Vectors] = []
        self._readers: dict[str, AnswerReader] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pending: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Load the model named by the first frame, then serve until the stream ends."""
        first = await protocol.read_frame(self._reader)
        if first is None:
            return
        heartbeat = asyncio.create_task(self._beat())
        try:
            load = msgspec.msgpack.decode(first, type=protocol.Load)
            started = time.monotonic()
            self._model = await asyncio.to_thread(self._load, load)
            self._begin(load, time.monotonic() - started)
        except JimaeError as error:
            self._send(protocol.LoadFailed(protocol.to_failed(error)))
            await self._writer.drain()
            return
        try:
            await self._serve()
        finally:
            heartbeat.cancel()
            await self._renderer.close()
            await asyncio.to_thread(self._stop)

    def _stop(self) -> None:
        """End the engine; keep on disk what is worth it."""
        for loop in self._loops():
            loop.stop()
        if self._store is not None and self._engine is not None:
            while self._engine.save_one():
                pass
            self._store.close()
        self._grammars.close()

    # --- loading --------------------------------------------------------------------------

    def _load(self, load: protocol.Load) -> LlamaWeights:
        told = 0.0

        def progress(done: float) -> None:
            nonlocal told
            if done - told >= 0.02:
                told = done
                self._asyncio.call_soon_threadsafe(self._send, protocol.Loading(done))

        self._header = read_header(Path(load.path))
        # First: on a graphics card the model then takes as much as is left.
        draft = loading.load_draft(load)
        model = loading.load_model(load, self._header, progress)
        loading.check_memory(load, model)
        if draft is not None and isinstance(model, LlamaModel):
            self._drafter = Drafter(draft, model)
        return model

    def _begin(self, load: protocol.Load, seconds: float) -> None:
        model = self._model
        self._name = load.model
        self._context = loading.context_of(load, self._header, model)
        family = choose(model.template, model.architecture, load.parser)
        self._renderer = Renderer(loading.template_facts(load, model, family))
        self._grammars = Grammars(model.vocab)
        facts = ModelFacts(load.model, model.template or "", family, load.defaults)
        self._requests = Requests(facts, model.vocab, self._renderer, self._grammars)
        self._vectors = Vectors(load, self._header, model, self._emit, _end)
        self._stepping.append(self._vectors)
        if isinstance(model, LlamaModel):
            self._begin_writing(load, model)
        info = loading.describe(
            load, self._header, model, family, seconds, self._vectors.capabilities
        )
        self._send(protocol.Loaded(info))

    def _begin_writing(self, load: protocol.Load, model: LlamaModel) -> None:
        self._store = loading.open_store(load)
        self._engine = Engine(
            model,
            EngineOptions(self._context, load.parallel, load.max_queue, load.target_itl),
            self._emit,
            store=self._store,
            drafter=self._drafter,
        )
        self._stepping.append(self._engine)
        self._loop = EngineLoop(self._engine, self._emit, _end)
        self._loop.start()
        self._exact = self._exact_loop(load) if load.reproducible_tokens else None

    def _exact_loop(self, load: protocol.Load) -> EngineLoop:
        """A second engine on the same weights, for requests that must be reproducible."""
        model = loading.load_again(load, self._model)
        options = EngineOptions(
            model.n_cells, 1, load.max_queue, load.target_itl, reproducible=True
        )
        loop = EngineLoop(Engine(model, options, self._emit), self._emit, _end)
        loop.start()
        return loop

    # --- serving --------------------------------------------------------------------------

    async def _serve(self) -> None:
        decode = msgspec.msgpack.Decoder(protocol.ToWorker).decode
        while (body := await protocol.read_frame(self._reader)) is not None:
            match decode(body):
                case protocol.Generate(request):
                    self._pending[request.id] = self._spawn(self._generate(request))
                case protocol.Cancel(name):
                    if task := self._pending.pop(name, None):
                        task.cancel()
                    self._cancel(name)
                case protocol.Shutdown():
                    return
                case protocol.TokensOf(call, prompt):
                    self._spawn(self._answer(call, self._tokens_of(call, prompt)))
                case protocol.Tokenize(call, text, special):
                    self._spawn(self._answer(call, self._tokenize(call, text, special)))
                case protocol.Detokenize(call, ids):
                    self._spawn(self._answer(call, self._detokenize(call, ids)))
                case protocol.GetStatus(call):
                    self._spawn(self._answer(call, self._status(call)))
                case protocol.Forget(call, scope):
                    self._spawn(self._answer(call, self._forget(call, scope)))
                case protocol.Load():
                    raise ValueError("a worker loads one model")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _answer(self, call: int, work: Coroutine[Any, Any, protocol.FromWorker]) -> None:
        try:
            self._send(await work)
        except Exception as error:  # whoever asked must hear of it
            self._send(protocol.CallFailed(call, protocol.to_failed(known(error))))

    async def _generate(self, request: GenerateRequest) -> None:
        try:
            if request.outputs.embedding or request.outputs.score:
                await self._vectors.submit(request)
                return
            loop = self._loop_for(request)
            taken = await self._requests.take(request, loop.context)
            if taken.reader is not None:
                self._readers[request.id] = taken.reader
            loop.submit(taken.sequence)
        except Exception as error:  # whoever asked must hear of it
            self._emit(request.id, protocol.to_failed(known(error)))
        finally:
            self._pending.pop(request.id, None)

    def _cancel(self, name: str) -> None:
        self._readers.pop(name, None)
        for loop in self._loops():
            loop.cancel(name)

    def _loop_for(self, request: GenerateRequest) -> EngineLoop:
        if self._loop is None:
            raise JimaeError("cannot_write", param="model", model=self._name, able="-")
        if not request.reproducible:
            return self._loop
        if self._exact is None:
            raise JimaeError("reproducible_off", param="reproducible")
        return self._exact

    def _loops(self) -> list[EngineLoop | Vectors]:
        writing = [loop for loop in (self._loop, self._exact) if loop is not None]
        return [*writing, self._vectors]

    async def _tokens_of(self, call: int, prompt: Prompt) -> protocol.FromWorker:
        return protocol.Tokenized(call, tuple(await self._requests.tokens(prompt)))

    async def _tokenize(self, call: int, text: str, special: bool) -> protocol.FromWorker:
        ids = await asyncio.to_thread(self._model.vocab.tokenize, text, special=special)
        return protocol.Tokenized(call, tuple(ids))

    async def _detokenize(self, call: int, ids: tuple[int, ...]) -> protocol.FromWorker:
        self._requests.check_ids(ids, "tokens")
        pieces = (self._model.vocab.piece(token, special=True) for token in ids)
        return protocol.Detokenized(call, b"".join(pieces))

    async def _status(self, call: int) -> protocol.FromWorker:
        if self._loop is None:
            return protocol.StatusIs(call, self._vectors.status())
        status = await asyncio.wrap_future(self._loop.call(Engine.status))
        return protocol.StatusIs(call, status)

    async def _forget(self, call: int, scope: str) -> protocol.FromWorker:
        if self._loop is not None:
            await asyncio.wrap_future(self._loop.call(lambda engine: engine.forget(scope)))
        return protocol.Forgotten(call)

    # --- sending --------------------------------------------------------------------------

    def _emit(self, name: str, event: Event) -> None:
        """Called by the engine's thread; events of one step travel together."""
        self._outbox.append((name, event))
        if not self._flush_due:
            self._flush_due = True
            self._asyncio.call_soon_threadsafe(self._flush)

    def _flush(self) -> None:
        self._flush_due = False  # before emptying: what is added meanwhile asks again
        events: list[tuple[str, Event]] = []
        while self._outbox:
            name, event = self._outbox.popleft()
            events += ((name, read) for read in self._read(name, event))
        if events:
            self._send(protocol.Emitted(tuple(events)))

    def _read(self, name: str, event: Event) -> list[Event]:
        """An event of the engine as it is sent: an answer's text in its parts."""
        reader = self._readers.get(name)
        if isinstance(event, Done | Failed):
            self._readers.pop(name, None)
        if reader is None:
            return [event]
        try:
            return reader.read(event)
        except JimaeError as error:  # whoever asked must hear of it
            self._cancel(name)
            return [protocol.to_failed(error)]

    def _send(self, message: protocol.FromWorker) -> None:
        self._writer.write(protocol.encode(message))

    async def _beat(self) -> None:
        while True:
            seconds = max((one.step_seconds for one in self._stepping), default=0.0)
            self._send(protocol.Heartbeat(seconds))
            await asyncio.sleep(protocol.HEARTBEAT_SECONDS)


def _end() -> None:
    """End the process at once: the server fails what is in flight and starts it again."""
    os._exit(1)


async def serve(descriptor: int) -> None:
    connection = socket.socket(fileno=descriptor)
    reader, writer = await asyncio.open_connection(sock=connection, limit=2**20)
    await Worker(reader, writer).run()
    writer.close()


def main(descriptor: int, parent: int) -> None:
    """Run the worker on an inherited socket until it closes or the parent process ends."""
    die_with_parent(parent)
    # Ctrl+C at a terminal and a service manager's stop reach the whole group; the
    # server decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    asyncio.run(serve(descriptor))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
