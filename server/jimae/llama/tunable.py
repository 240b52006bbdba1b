"""A model whose threads can be changed while it is loaded: for measuring."""

from __future__ import annotations

import llama_cpp as native

from jimae.llama.binding import LlamaModel


class TunableModel(LlamaModel):
    """`LlamaModel`, and how many threads work for it."""

    def set_threads(self, threads: int) -> None:
        """Use so many threads from now on, for prompts and for single tokens."""
        if threads < 1:
            raise ValueError(f"{threads} threads")
        native.llama_set_n_threads(self._context, threads, threads)
