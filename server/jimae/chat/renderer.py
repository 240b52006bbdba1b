"""Renders prompts in a process of its own, which is killed if it takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from jimae.chat.conversation import Knowledge, for_template, mark_end
from jimae.chat.preamble import Shape, settled
from jimae.chat.prompt import Shield, Tokenizer, split, tokenize
from jimae.chat.render_process import RenderRequest, RenderResult
from jimae.errors import JimaeError
from jimae.process import child_environment
from jimae.types import ChatPrompt
from jimae.worker.protocol import frame, read_frame

TIMEOUT_SECONDS = 5.0
SHAPES = 64
"""Shapes of conversations whose beginnings are remembered."""

ENDING = 256
"""Characters of a rendered prompt that tell how the answer begins."""


class TemplateFacts(NamedTuple):
    """What a model file says about its prompts. `source` None: it has no template.

    `fit_id` is its family's.
    """

    model: str
    source: str | None
    bos: str
    eos: str
    control_texts: tuple[str, ...]
    fit_id: Callable[[str], str] = str


class Rendered(NamedTuple):
    """A prompt: its tokens, and the end of its text, by which an answer is understood.

    The first `public` tokens hold nothing that anybody wrote (`preamble`).
    """

    ids: list[int]
    ending: str
    public: int = 0


class Renderer:
    """Turns conversations into tokens for one model. One at a time; others wait."""

    def __init__(self, facts: TemplateFacts, *, seconds: float = TIMEOUT_SECONDS) -> None:
        self._facts = facts
        self._seconds = seconds
        self._shield = Shield(facts.control_texts)
        self._knows = Knowledge.of(facts.source or "")
        self._beginnings: dict[Shape, tuple[int, ...]] = {}
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def tokens(self, prompt: ChatPrompt, vocab: Tokenizer) -> list[int]:
        """The tokens of a conversation; see `render`."""
        return (await self.render(prompt, vocab)).ids

    async def render(self, prompt: ChatPrompt, vocab: Tokenizer) -> Rendered:
        """A conversation, ready for the answer to begin.

        Raises `template_missing`, `template_failed` or `template_timeout`.
        """
        parts = await self._parts(prompt)
        ids = await asyncio.to_thread(tokenize, parts, vocab, self._facts.bos)
        begins = await self._begins(Shape.of(prompt), vocab)
        public = len(begins) if tuple(ids[: len(begins)]) == begins else 0
        return Rendered(ids, "".join(text for text, _ in parts[-ENDING:])[-ENDING:], public)

    async def _begins(self, shape: Shape, vocab: Tokenizer) -> tuple[int, ...]:
        """How prompts of a shape begin; nothing, where the template fails on nobody's words."""
        if shape not in self._beginnings:
            if len(self._beginnings) >= SHAPES:
                self._beginnings.clear()
            begins: tuple[int, ...] = ()
            with contextlib.suppress(JimaeError):
                parts = await self._parts(shape.prompt())
                text = parts[0][0] if parts else ""
                begins = await asyncio.to_thread(settled, text, vocab, self._facts.bos)
            self._beginnings[shape] = begins
        return self._beginnings[shape]

    async def _parts(self, prompt: ChatPrompt) -> list[tuple[str, bool]]:
        facts = self._facts
        if facts.source is None:
            raise JimaeError("template_missing", model=facts.model)
        try:
            given, marks = for_template(prompt, self._shield, self._knows, facts.fit_id)
        except ValueError as error:
            raise JimaeError("template_failed", model=facts.model, reason=str(error)) from None
        messages = mark_end(given.messages, marks) if prompt.continue_last else given.messages
        text = await self._run(
            RenderRequest(
                facts.source,
                json.dumps([messages, given.tools, given.switches]),
                facts.bos,
                facts.eos,
                prompt.opened and not prompt.continue_last,
            )
        )
        if prompt.continue_last:
            text = text[: text.rindex(marks.end)]
        return split(text, marks)

    async def close(self) -> None:
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
        if self._streams is not None:
            self._streams[1].close()
        self._process = self._streams = None

    async def _run(self, request: RenderRequest) -> str:
        body = msgspec.msgpack.encode(request)
        model = self._facts.model
        async with self._lock:
            try:
                async with asyncio.timeout(self._seconds):
                    answer = await self._ask(body)
            except TimeoutError:
                await self.close()
                raise JimaeError("template_timeout", model=model, seconds=self._seconds) from None
            except BaseException:
                await self.close()
                raise
            if answer is None:
                await self.close()
                raise JimaeError("template_failed", model=model, reason="its process ended")
        result = msgspec.msgpack.decode(answer, type=RenderResult)
        if result.text is None:
            raise JimaeError("template_failed", model=model, reason=result.reason or "?")
        return result.text

    async def _ask(self, body: bytes) -> bytes | None:
        reader, writer = self._streams or await self._start()
        writer.write(frame(body))
        await writer.drain()
        return await read_frame(reader)

    async def _start(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "jimae.chat.render_process",
                str(theirs.fileno()),
                str(os.getpid()),
                pass_fds=(theirs.fileno(),),
                env=child_environment(),
            )
        self._streams = await asyncio.open_connection(sock=ours)
        return self._streams
