"""What the engine asks of a model: decode a batch, read logits, move KV cells.

`binding.LlamaModel` is the real one; `fake.FakeModel` has the same methods and
needs no weights. Calls are valid from one thread only, vocabulary calls excepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]
MemoryKind = Literal["attention", "window", "recurrent"]


class Slice(NamedTuple):
    """Consecutive tokens of one sequence in a batch.

    The first of `tokens` stands at position `start`. The logits after each of
    the last `outputs` tokens are wanted.
    """

    seq_id: int
    start: int
    tokens: Sequence[int]
    outputs: int


class DecodeAbortedError(Exception):
    """A decode was ended by `abort`; none of its tokens count."""


class NoRoomError(Exception):
    """The KV cache could not take a batch; none of its tokens count."""


class Infill(NamedTuple):
    """The tokens around a gap: before what precedes it, before what follows, and where it is."""

    prefix: int
    suffix: int
    middle: int


class Vocab(Protocol):
    """Token ids and the bytes they stand for. Immutable: any thread may ask."""

    @property
    def size(self) -> int: ...
    @property
    def bos(self) -> int | None: ...
    @property
    def adds_bos(self) -> bool: ...
    @property
    def end_tokens(self) -> frozenset[int]:
        """Tokens that end a generation."""
        ...

    @property
    def infill(self) -> Infill | None:
        """Marks of a gap to be filled, if the model was trained to."""
        ...

    @property
    def silent_tokens(self) -> frozenset[int]:
        """Control tokens, those that end a text included: they have no text of their own."""
        ...

    @property
    def control_texts(self) -> tuple[str, ...]:
        """Texts of the tokens that only a template may write, such as `<|im_start|>`."""
        ...

    def tokenize(self, text: str, *, special: bool, add_bos: bool = False) -> list[int]: ...

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """The bytes of a token; a control token is empty unless `special`."""
        ...


class Model(Protocol):
    """A model with its context."""

    @property
    def vocab(self) -> Vocab: ...
    @property
    def memory(self) -> MemoryKind:
        """How the memory of a sequence can be reused: cut anywhere, or only as a whole."""
        ...

    @property
    def n_cells(self) -> int:
        """Tokens that the KV cache holds, all sequences together."""
        ...

    @property
    def n_seq(self) -> int:
        """Sequence ids there are, from 0."""
        ...

    @property
    def n_batch(self) -> int:
        """Most tokens of one `decode`."""
        ...

    @property
    def n_outputs(self) -> int:
        """Most logits of one `decode`."""
        ...

    def decode(self, batch: Sequence[Slice]) -> list[Logits]:
        """Run a batch; return the logits that its slices want, in order.

        The arrays are views that the next `decode` overwrites: shape (n_vocab,),
        writable. Raises DecodeAbortedError or NoRoomError, after which no cell has changed.
        """
        ...

    def abort(self) -> None:
        """End the running `decode`, from another thread."""
        ...

    def seq_copy(self, source: int, target: int, start: int, end: int) -> None:
        """Let `target` share the cells of `source` at positions [start, end)."""
        ...

    def seq_remove(self, seq_id: int, start: int, end: int | None = None) -> None:
        """Take positions [start, end) from a sequence; None means to its end."""
        ...

    def seq_save(self, seq_id: int) -> bytes:
        """The cells of a sequence, to be loaded again by the same model and settings."""
        ...

    def seq_load(self, seq_id: int, data: bytes | bytearray) -> bool:
        """Fill an empty sequence from `seq_save`; False if the data does not fit this model."""
        ...

    def close(self) -> None: ...
