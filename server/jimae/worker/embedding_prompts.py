"""What an embedder or a reranker reads: text to tokens, and a pair to one prompt."""

from __future__ import annotations

import re
from typing import Protocol

from jimae.chat.prompt import Shield, split
from jimae.errors import JimaeError
from jimae.types import PairPrompt, Prompt, TextPrompt, TokenPrompt

_PLACES = re.compile(r"\{(query|document)\}")


class EmbeddingVocab(Protocol):
    """The part of a vocabulary that these prompts need."""

    @property
    def size(self) -> int: ...
    @property
    def bos(self) -> int | None: ...
    @property
    def eos(self) -> int | None: ...
    @property
    def sep(self) -> int | None: ...
    @property
    def adds_bos(self) -> bool: ...
    @property
    def adds_eos(self) -> bool: ...
    @property
    def adds_sep(self) -> bool: ...
    @property
    def control_texts(self) -> tuple[str, ...]: ...
    def tokenize(self, text: str, *, special: bool, add_bos: bool = False) -> list[int]: ...


class EmbeddingPrompts:
    """Prompts of one model. `template` is how its file wants pairs, if it says."""

    def __init__(self, vocab: EmbeddingVocab, template: str | None) -> None:
        self._vocab = vocab
        self._template = template
        self._shield = Shield(vocab.control_texts)

    def tokens(self, prompt: Prompt) -> list[int]:
        """Tokens of a text, with what the model puts around one; ids as they are; of a pair.

        A text is data: what looks like a special token in it is text. Raises
        `empty_prompt`, `token_out_of_range`, `not_embeddable`.
        """
        match prompt:
            case TextPrompt(text=text):
                ids = self._vocab.tokenize(text, special=False, add_bos=True)
            case TokenPrompt(ids=given):
                ids = list(given)
            case PairPrompt(query=query, document=document) if self._template is not None:
                ids = self._filled(self._template, query, document)
            case PairPrompt(query=query, document=document):
                ids = self._joined(query, document)
            case _:
                raise JimaeError("not_embeddable", param="input")
        if not ids:
            raise JimaeError("empty_prompt", param="input")
        for token in ids:
            if not 0 <= token < self._vocab.size:
                raise JimaeError(
                    "token_out_of_range", param="input", token=token, n_vocab=self._vocab.size
                )
        return ids

    def _filled(self, template: str, query: str, document: str) -> list[int]:
        marks = self._shield.marks_for((template, query, document))
        texts = {"query": query, "document": document}
        # In one pass: a query in which somebody wrote "{document}" stays as it is.
        rendered = _PLACES.sub(lambda place: self._shield.protect(texts[place[1]], marks), template)
        ids: list[int] = []
        for text, special in split(rendered, marks):
            ids += self._vocab.tokenize(text, special=special)
        return ids

    def _joined(self, query: str, document: str) -> list[int]:
        """BOS query EOS SEP document EOS, of which each is there if the model has it: as in
        llama.cpp's server, whose scores these are to be."""
        vocab = self._vocab
        end = vocab.eos if vocab.eos is not None else vocab.sep
        ids = [
            vocab.bos if vocab.adds_bos else None,
            *vocab.tokenize(query, special=False),
            end if vocab.adds_eos else None,
            vocab.sep if vocab.adds_sep else None,
            *vocab.tokenize(document, special=False),
            end if vocab.adds_eos else None,
        ]
        return [token for token in ids if token is not None]
