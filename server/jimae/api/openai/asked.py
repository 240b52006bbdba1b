"""What a request to write asks for, and who writes it down: over HTTP, and for a batch."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import NamedTuple

from jimae.api.answering import Events
from jimae.api.openai.chat.convert import chat_ask, chat_request
from jimae.api.openai.chat.writer import ChatWriter
from jimae.api.openai.completions.convert import completion_asks, completion_request
from jimae.api.openai.completions.writer import CompletionWriter
from jimae.api.openai.schema import Generation
from jimae.api.openai.tally import Tally
from jimae.api.openai.writer import Writer
from jimae.service.caller import Caller
from jimae.service.chat import Ask
from jimae.service.service import Service
from jimae.types import TextPrompt, TokenPrompt


class Asked(NamedTuple):
    """`events` begin when they are read, and have to be closed."""

    wanted: Generation
    events: Events
    writer: Writer
    tally: Tally


class Writing:
    """The two endpoints that write. Raise a JimaeError of status 400 for what is wrong with
    a body."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def chat(self, caller: Caller, body: dict[str, object]) -> Asked:
        wanted = chat_request(body)
        events = self._service.chat.answer(caller, chat_ask(wanted))
        return Asked(wanted, events, ChatWriter(wanted), Tally(wanted.n))

    def completion(self, caller: Caller, body: dict[str, object]) -> Asked:
        wanted = completion_request(body)
        asks = completion_asks(wanted)
        writer = CompletionWriter(wanted, len(asks) * wanted.n)
        if wanted.echo:
            events = self._echoed(caller, asks, writer)
        else:
            events = self._service.chat.answer(caller, *asks)
        return Asked(wanted, events, writer, Tally(wanted.n))

    async def _echoed(
        self, caller: Caller, asks: Sequence[Ask], writer: CompletionWriter
    ) -> Events:
        """The events, after the writer got to know the texts of the prompts."""
        writer.echo([await self._text(ask) for ask in asks])
        async with aclosing(self._service.chat.answer(caller, *asks)) as events:
            async for event in events:
                yield event

    async def _text(self, ask: Ask) -> str:
        if isinstance(ask.prompt, TokenPrompt):
            text = await self._service.tokens.detokenize(ask.model, ask.prompt.ids)
            return text.decode(errors="replace")
        return ask.prompt.text if isinstance(ask.prompt, TextPrompt) else ""
