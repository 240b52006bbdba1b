"""What is asked of a model, as its engine takes it: prompts to tokens, grammars to
constraints, and every check that needs the vocabulary or the context."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

import msgspec

from jimae.chat import tool_use
from jimae.chat.grammars.compose import compose
from jimae.chat.grammars.content import content
from jimae.chat.parsers.base import Family, Turn
from jimae.chat.renderer import Rendered, Renderer
from jimae.engine.detokenizer import Detokenizer
from jimae.engine.grammar import Constraint
from jimae.engine.sampler import Sampler
from jimae.engine.sequence import Sequence
from jimae.errors import JimaeError
from jimae.llama.grammar import Grammars
from jimae.llama.model import Vocab
from jimae.types import (
    ChatPrompt,
    GenerateRequest,
    InfillPrompt,
    Prompt,
    Sampling,
    TextPrompt,
    TokenPrompt,
)
from jimae.worker.answers import AnswerReader

BAN = -math.inf


class ModelFacts(NamedTuple):
    """What requests are read by. `defaults` are the model's own sampling."""

    name: str
    template: str
    family: Family
    defaults: Sampling


class Taken(NamedTuple):
    """A request: its sequence, and who reads its events if it is a conversation's and does not
    do so itself."""

    sequence: Sequence
    reader: AnswerReader | None


class Requests:
    """Turns the requests for one model into sequences."""

    def __init__(
        self, facts: ModelFacts, vocab: Vocab, renderer: Renderer, grammars: Grammars
    ) -> None:
        self._facts = facts
        self._vocab = vocab
        self._renderer = renderer
        self._grammars = grammars

    async def take(self, request: GenerateRequest, context: int) -> Taken:
        """A request as the engine takes it. Raises if it can never be run."""
        prompt, family = request.prompt, self._facts.family
        if not isinstance(prompt, ChatPrompt):
            ids = await self.tokens(prompt)
            return Taken(await self._sequence(request, ids, context), None)
        tools = tool_use.offered(prompt.tools, request.tool_choice)
        rendered = await self._render(msgspec.structs.replace(prompt, tools=tools))
        turn = Turn(
            tools,
            request.tool_choice,
            rendered.ending,
            family.new_id,
            written=_written(prompt),
        )
        sequence = await self._sequence(request, rendered.ids, context, turn)
        sequence.special_text = family.needs_special_text
        sequence.public = rendered.public
        if not (request.stop and family.has_parts(turn, self._facts.template)):
            return Taken(sequence, AnswerReader(family.parser(turn)))
        # Which text is content has to be known where the sequence can be ended.
        sequence.detokenizer = Detokenizer()
        sequence.reader = AnswerReader(family.parser(turn._replace(stop=request.stop)))
        return Taken(sequence, None)

    async def tokens(self, prompt: Prompt) -> list[int]:
        """A prompt as the model sees it. Raises for what cannot be rendered or is no token."""
        match prompt:
            case ChatPrompt():
                return (await self._render(prompt)).ids
            case TextPrompt(text=text):
                return await asyncio.to_thread(
                    self._vocab.tokenize, text, special=True, add_bos=self._vocab.adds_bos
                )
            case TokenPrompt(ids=ids):
                self.check_ids(ids, "prompt")
                return list(ids)
            case InfillPrompt(prefix=prefix, suffix=suffix):
                return await asyncio.to_thread(self._around_gap, prefix, suffix)
            case _:
                raise JimaeError("not_answerable", param="prompt")

    def check_ids(self, ids: Iterable[int], param: str) -> None:
        """Raise `token_out_of_range` for the first that is not in the vocabulary."""
        for token in ids:
            if not 0 <= token < self._vocab.size:
                raise JimaeError(
                    "token_out_of_range", param=param, token=token, n_vocab=self._vocab.size
                )

    async def _render(self, prompt: ChatPrompt) -> Rendered:
        return await self._renderer.render(prompt, self._vocab)

    def _around_gap(self, prefix: str, suffix: str) -> list[int]:
        """What precedes a gap, what follows it, and the mark behind which the model fills it.

        In the order prefix, suffix, middle, as llama.cpp's `/infill` has it.
        """
        marks = self._vocab.infill
        if marks is None:
            raise JimaeError("infill_unsupported", param="suffix", model=self._facts.name)
        before = self._vocab.tokenize(prefix, special=False)
        after = self._vocab.tokenize(suffix, special=False)
        bos = [self._vocab.bos] if self._vocab.adds_bos and self._vocab.bos is not None else []
        return [*bos, marks.prefix, *before, marks.suffix, *after, marks.middle]

    async def _sequence(
        self, request: GenerateRequest, ids: list[int], context: int, turn: Turn | None = None
    ) -> Sequence:
        room = _room(request, len(ids), context)
        return Sequence(
            id=request.id,
            principal=request.principal,
            prompt=list(ids),
            sampler=Sampler(self._sampling(request), self._facts.defaults),
            detokenizer=Detokenizer(request.stop),
            max_tokens=room if request.max_tokens is None else request.max_tokens,
            end_tokens=self._vocab.end_tokens,
            outputs=request.outputs,
            constraint=await asyncio.to_thread(self._constraint, request, turn),
            prediction=await self._prediction(request.prediction),
        )

    def _sampling(self, request: GenerateRequest) -> Sampling:
        sampling = request.sampling
        self.check_ids(sampling.logit_bias, "logit_bias")
        if not request.ignore_eos:
            return sampling
        # What begins the next turn is no text either, except where it marks parts of an answer.
        marks = self._facts.family.needs_special_text
        banned = self._vocab.end_tokens if marks else self._vocab.silent_tokens
        bias = sampling.logit_bias | dict.fromkeys(banned, BAN)
        return msgspec.structs.replace(sampling, logit_bias=bias)

    async def _prediction(self, text: str | None) -> tuple[int, ...]:
        if not text:
            return ()
        return tuple(await asyncio.to_thread(self._vocab.tokenize, text, special=False))

    # --- grammars -------------------------------------------------------------------------

    def _constraint(self, request: GenerateRequest, turn: Turn | None) -> Constraint | None:
        """The grammar of an answer: of its content, and of the calls in it."""
        if request.grammar is None and (turn is None or not turn.tools):
            return None
        part = content(request.grammar) if request.grammar is not None else None
        if turn is None:
            written = compose({}, content=part)
        else:
            written = tool_use.grammar(
                self._facts.family,
                turn,
                self._specials,
                template=self._facts.template,
                content=part,
            )
        if written is None:
            return None
        return self._grammars.compile(written, request.grammar.kind if request.grammar else "tools")

    @cached_property
    def _specials(self) -> dict[str, int]:
        return self._grammars.specials


def _written(prompt: ChatPrompt) -> str:
    """What of the answer was written before."""
    if not prompt.continue_last:
        return ""
    return "".join(part.text for part in prompt.messages[-1].content)


def _room(request: GenerateRequest, prompt_tokens: int, context: int) -> int:
    """Tokens of the context that are left for the answer."""
    room = context - prompt_tokens
    if not prompt_tokens:
        raise JimaeError("empty_prompt")
    least = int(request.outputs.next_token)
    if room < least:
        raise JimaeError(
            "context_length_exceeded",
            param="messages" if isinstance(request.prompt, ChatPrompt) else "prompt",
            prompt_tokens=prompt_tokens,
            limit=context - least,
            excess=least - room,
        )
    if request.max_tokens is not None and request.max_tokens > room and not request.fit:
        raise JimaeError(
            "max_tokens_too_large",
            param=request.limit_param,
            value=request.max_tokens,
            prompt_tokens=prompt_tokens,
            room=room,
            limit=context,
        )
    return room
