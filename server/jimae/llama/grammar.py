"""The bridge to llguidance: which tokens a grammar allows next.

Only grammars that `chat.grammars` wrote may come here. llguidance turns a panic
inside into an error, and its limits bound what an answer may cost:

    compile     fuel of the lexer and size of the grammar; seconds, for the rest
    each mask   fuel of the lexer and items of the parser
    an answer   states of the lexer, 1 to 2 kB each
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

import llama_cpp as native
import numpy as np
import numpy.typing as npt
from llguidance import LLMatcher, LLParserLimits, LLTokenizer

from jimae.errors import JimaeError
from jimae.llama.weights import LlamaVocab

Mask = npt.NDArray[np.int32]

COMPILE_SECONDS: Final = 5.0
MAX_GRAMMAR: Final = 2 * 1024 * 1024
_LIMITS: Final = LLParserLimits(
    max_items_in_row=2_000,
    initial_lexer_fuel=1_000_000,
    step_lexer_fuel=200_000,
    step_max_items=50_000,
    max_lexer_states=50_000,
    max_grammar_size=200_000,
    verbose_errors=False,
)
_SILENT: Final = 0
_SCHEMAS: Final = ("json_schema", "json_object", "tools")
_TOO_MUCH: Final = ("fuel", "limit", "too large", "too many", "too complex", "too big")


class Grammars:
    """Compiles grammars for one vocabulary, which has to outlive this, and computes their masks.

    What llguidance needs to know of the vocabulary takes about a second to make: on a
    thread, from the moment this exists.
    """

    def __init__(self, vocab: LlamaVocab) -> None:
        self._vocab = vocab
        # Threads of their own: a grammar that takes long to compile delays no mask, and one
        # that takes too long not all others.
        self._compiling = ThreadPoolExecutor(2, thread_name_prefix="grammar-compile")
        self._masking = ThreadPoolExecutor(1, thread_name_prefix="grammar-mask")
        self._tokenizer = self._compiling.submit(self._make_tokenizer)

    @functools.cached_property
    def specials(self) -> dict[str, int]:
        """The texts of the tokens that free text cannot hold."""
        special = [t for t in range(self._vocab.size) if _is_special(self._vocab, t)]
        return {text: token for token in special if (text := self._vocab.text(token))}

    def compile(self, grammar: str, kind: str) -> GrammarConstraint:
        """The beginning of an answer to a grammar. Blocks: not for the event loop.

        `kind` is that of `types.Grammar`, or `tools`, for errors: schema_not_enforceable,
        invalid_grammar, grammar_too_large, grammar_too_complex.
        """
        if len(grammar) > MAX_GRAMMAR:
            raise JimaeError(
                "grammar_too_large", what="characters", value=len(grammar), limit=MAX_GRAMMAR
            )
        tokenizer = self._tokenizer.result()
        pending = self._compiling.submit(
            LLMatcher, tokenizer, grammar, log_level=_SILENT, limits=_LIMITS
        )
        try:
            matcher = pending.result(COMPILE_SECONDS)
        except TimeoutError:
            pending.cancel()
            reason = f"it was not compiled within {COMPILE_SECONDS:g} s"
            raise JimaeError("grammar_too_complex", reason=reason) from None
        if matcher.is_error():
            raise _error(matcher.get_error(), kind)
        return GrammarConstraint(matcher, self._masking, self._vocab)

    def close(self) -> None:
        """Wait for what is being computed; the vocabulary may be freed afterwards."""
        self._compiling.shutdown(cancel_futures=True)
        self._masking.shutdown(cancel_futures=True)

    def _make_tokenizer(self) -> LLTokenizer:
        # As llguidance.llamacpp does, which calls what llama.cpp has renamed since.
        vocab = self._vocab
        marks = (b"\xff" if _is_special(vocab, t) else b"" for t in range(vocab.size))
        pieces = (vocab._piece(t) for t in range(vocab.size))
        make = LLTokenizer.from_llamacpp  # type: ignore[attr-defined]  # not in its stubs
        made: LLTokenizer = make(
            tokens=[mark + piece for mark, piece in zip(marks, pieces, strict=True)],
            vocab_ptr=vocab._vocab,
            tokenize_fptr=ctypes.cast(native.llama_cpp._lib.llama_tokenize, ctypes.c_void_p).value,
            eos_token=sorted(vocab.end_tokens),
            slices=LLTokenizer.json_slices(),
        )
        return made


def _is_special(vocab: LlamaVocab, token: int) -> bool:
    """Whether a token is a mark, which text never holds, however the file calls it."""
    kind = native.llama_vocab_get_attr(vocab._vocab, token)
    if kind & native.LLAMA_TOKEN_ATTR_USER_DEFINED:
        text = vocab._piece(token)
        return text.startswith(b"<") and text.endswith(b">")
    return bool(kind & native.LLAMA_TOKEN_ATTR_CONTROL)


class GrammarConstraint:
    """One answer's place in its grammar. See `engine.grammar.Constraint`."""

    def __init__(self, matcher: LLMatcher, masking: ThreadPoolExecutor, vocab: LlamaVocab) -> None:
        self._matcher = matcher
        self._masking = masking
        self._ends = vocab.end_tokens
        self._words = (vocab.size + 31) // 32
        self._computing: Future[list[Mask]] | None = None

    def confirm(self, drafts: Sequence[int]) -> int:
        until_end = next((i for i, d in enumerate(drafts) if d in self._ends), len(drafts))
        return self._matcher.validate_tokens(list(drafts[:until_end]))

    def begin(self, drafts: Sequence[int]) -> None:
        if self._computing is not None and not self._computing.cancel():
            wait([self._computing])
        self._computing = self._masking.submit(self._compute, list(drafts))

    def masks(self) -> Sequence[Mask]:
        if self._computing is None:
            raise ValueError("no masks were begun")
        masks = self._computing.result()
        self._computing = None
        return masks

    def accept(self, token: int) -> None:
        if not self._matcher.consume_token(token):
            raise _failure(self._matcher)

    @property
    def finished(self) -> bool:
        return self._matcher.is_stopped() and self._matcher.is_accepting()

    def _compute(self, drafts: list[int]) -> list[Mask]:
        masks = np.zeros((len(drafts) + 1, self._words), dtype=np.int32)
        self._fill(masks[0])
        for index, draft in enumerate(drafts):
            if not self._matcher.consume_token(draft):
                raise _failure(self._matcher)
            self._fill(masks[index + 1])
        if drafts and not self._matcher.rollback(len(drafts)):
            raise _failure(self._matcher)
        return list(masks)

    def _fill(self, mask: Mask) -> None:
        self._matcher.unsafe_compute_mask_ptr(mask.ctypes.data, mask.nbytes)
        if self._matcher.is_error():
            raise _failure(self._matcher)


def _failure(matcher: LLMatcher) -> JimaeError:
    return JimaeError("grammar_too_complex", reason=_short(matcher.get_error()))


def _error(message: str, kind: str) -> JimaeError:
    reason = _short(message)
    if any(word in message.lower() for word in _TOO_MUCH):
        return JimaeError("grammar_too_complex", reason=reason)
    if kind in _SCHEMAS:
        return JimaeError("schema_not_enforceable", reason=reason)
    return JimaeError("invalid_grammar", kind=kind, reason=reason)


def _short(message: str) -> str:
    """What a person can use of a message: its words, without Rust's backtrace."""
    words = " ".join(message.split("<backtrace>")[0].split())
    return words[:300].rstrip(".")
