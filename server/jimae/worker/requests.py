"""What is asked of a model, as its engine takes it: prompts to tokens, and every check
that needs the vocabulary or the context."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable

import msgspec

from jimae.chat.renderer import Renderer
from jimae.engine.detokenizer import Detokenizer
from jimae.engine.sampler import Sampler
from jimae.engine.sequence import Sequence
from jimae.errors import JimaeError
from jimae.llama.model import Vocab
from jimae.types import ChatPrompt, GenerateRequest, Prompt, Sampling, TextPrompt

BAN = -math.inf


class Requests:
    """Turns the requests for one model into sequences. `defaults` are its own sampling."""

    def __init__(self, vocab: Vocab, renderer: Renderer, defaults: Sampling) -> None:
        self._vocab = vocab
        self._renderer = renderer
        self._defaults = defaults

    async def sequence(self, request: GenerateRequest, context: int) -> Sequence:
        """A request as the engine takes it. Raises if it can never be run."""
        ids = await self.tokens(request.prompt)
        room = _room(request, len(ids), context)
        return Sequence(
            id=request.id,
            principal=request.principal,
            prompt=list(ids),
            sampler=Sampler(self._sampling(request), self._defaults),
            detokenizer=Detokenizer(request.stop),
            max_tokens=room if request.max_tokens is None else min(room, request.max_tokens),
            end_tokens=self._vocab.end_tokens,
            outputs=request.outputs,
        )

    async def tokens(self, prompt: Prompt) -> list[int]:
        """A prompt as the model sees it. Raises for what cannot be rendered or is no token."""
        vocab = self._vocab
        if isinstance(prompt, ChatPrompt):
            return await self._renderer.tokens(prompt, vocab)
        if isinstance(prompt, TextPrompt):
            return await asyncio.to_thread(
                vocab.tokenize, prompt.text, special=True, add_bos=vocab.adds_bos
            )
        self.check_ids(prompt.ids, "prompt")
        return list(prompt.ids)

    def check_ids(self, ids: Iterable[int], param: str) -> None:
        """Raise `token_out_of_range` for the first that is not in the vocabulary."""
        for token in ids:
            if not 0 <= token < self._vocab.size:
                raise JimaeError(
                    "token_out_of_range", param=param, token=token, n_vocab=self._vocab.size
                )

    def _sampling(self, request: GenerateRequest) -> Sampling:
        sampling = request.sampling
        self.check_ids(sampling.logit_bias, "logit_bias")
        if not request.ignore_eos:
            return sampling
        bias = sampling.logit_bias | dict.fromkeys(self._vocab.end_tokens, BAN)
        return msgspec.structs.replace(sampling, logit_bias=bias)


def _room(request: GenerateRequest, prompt_tokens: int, context: int) -> int:
    """Tokens of the context that are left for the answer."""
    room = context - prompt_tokens
    if not prompt_tokens:
        raise JimaeError("empty_prompt")
    if room <= 0:
        raise JimaeError(
            "context_length_exceeded",
            param="messages" if isinstance(request.prompt, ChatPrompt) else "prompt",
            prompt_tokens=prompt_tokens,
            limit=context - 1,
            excess=1 - room,
        )
    if request.max_tokens is not None and request.max_tokens > room and not request.fit:
        raise JimaeError(
            "max_tokens_too_large",
            param="max_tokens",
            value=request.max_tokens,
            prompt_tokens=prompt_tokens,
            room=room,
            limit=context,
        )
    return room
