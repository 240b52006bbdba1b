"""A model without weights for the engine's tests.

Its answer depends on every token a sequence holds and on their positions, so a
cell that is shared wrongly, lost or left behind changes the text. It refuses
what the real binding would crash on, and counts what it was asked to do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jimae.llama.model import DecodeAbortedError, Infill, Logits, MemoryKind, NoRoomError, Slice

BYTES = 256
BOS, END, SYSTEM_MARK = 256, 257, 258
CONTROL = {BOS: "<s>", END: "</s>", SYSTEM_MARK: "<|mark|>"}
SIZE = 260


class FakeVocab:
    """One token a byte, and three control tokens."""

    size = SIZE
    bos: int | None = BOS
    adds_bos = False
    end_tokens = frozenset({END})
    infill: Infill | None = None
    silent_tokens = frozenset(CONTROL)
    control_texts = tuple(CONTROL.values())

    def tokenize(self, text: str, *, special: bool, add_bos: bool = False) -> list[int]:
        ids = [BOS] if add_bos else []
        while text:
            mark = next((t for t, s in CONTROL.items() if special and text.startswith(s)), None)
            if mark is not None:
                ids.append(mark)
                text = text[len(CONTROL[mark]) :]
            else:
                ids += text[0].encode("utf-8", "surrogatepass")
                text = text[1:]
        return ids

    def piece(self, token: int, *, special: bool = False) -> bytes:
        if token < BYTES:
            return bytes([token])
        return CONTROL.get(token, "").encode() if special else b""


class FakeModel:
    """Cells are kept one by one, as llama.cpp's unified KV cache does.

    The next token is a hash of all tokens so far.
    """

    memory: MemoryKind = "attention"

    def __init__(
        self,
        *,
        n_cells: int = 1024,
        n_seq: int = 32,
        n_batch: int = 512,
        end_every: int = 0,
    ) -> None:
        self.vocab = FakeVocab()
        self.n_cells = n_cells
        self.n_seq = n_seq
        self.n_batch = n_batch
        self.n_outputs = n_batch
        self.end_every = end_every
        self.cells: list[tuple[int, int, set[int]]] = []  # position, token, sequence ids
        self.decodes: list[list[tuple[int, int]]] = []  # per decode: (seq_id, tokens)
        self.abort_next = False

    def held(self, seq_id: int) -> list[int]:
        """The tokens of a sequence by position; raises if a position is missing or doubled."""
        found = sorted((position, token) for position, token, ids in self.cells if seq_id in ids)
        if [position for position, _ in found] != list(range(len(found))):
            raise AssertionError(f"sequence {seq_id} has positions {[p for p, _ in found]}")
        return [token for _, token in found]

    def next_token(self, tokens: Sequence[int]) -> int:
        """What a greedy sampler must choose after these tokens."""
        value = 1469598103934665603
        for token in tokens:
            value = ((value ^ token) * 1099511628211) % 2**64
        if self.end_every and value % self.end_every == 0:
            return END
        return 97 + value % 26

    def logits(self, tokens: Sequence[int]) -> Logits:
        """What the model says after these tokens."""
        logits = np.zeros(SIZE, dtype=np.float32)
        logits[self.next_token(tokens)] = 10.0
        return logits

    def decode(self, batch: Sequence[Slice]) -> list[Logits]:
        total = sum(len(part.tokens) for part in batch)
        if not 0 < total <= self.n_batch:
            raise AssertionError(f"a batch of {total} tokens; n_batch is {self.n_batch}")
        if (wanted := sum(part.outputs for part in batch)) > self.n_outputs:
            raise AssertionError(f"{wanted} outputs; n_outputs is {self.n_outputs}")
        if self.abort_next:
            self.abort_next = False
            raise DecodeAbortedError
        if len(self.cells) + total > self.n_cells:
            raise NoRoomError
        outputs: list[Logits] = []
        for part in batch:
            if not 0 <= part.seq_id < self.n_seq:
                raise AssertionError(f"sequence id {part.seq_id}")
            if len(self.held(part.seq_id)) != part.start:
                raise AssertionError(f"sequence {part.seq_id} does not end at {part.start}")
            for offset, token in enumerate(part.tokens):
                self.cells.append((part.start + offset, token, {part.seq_id}))
                if offset >= len(part.tokens) - part.outputs:
                    outputs.append(self.logits(self.held(part.seq_id)))
        self.decodes.append([(part.seq_id, len(part.tokens)) for part in batch])
        return outputs

    def abort(self) -> None:
        self.abort_next = True

    def seq_copy(self, source: int, target: int, start: int, end: int) -> None:
        for position, _, ids in self.cells:
            if source in ids and start <= position < end:
                ids.add(target)

    def seq_remove(self, seq_id: int, start: int, end: int | None = None) -> None:
        for position, _, ids in self.cells:
            if position >= start and (end is None or position < end):
                ids.discard(seq_id)
        self.cells = [cell for cell in self.cells if cell[2]]

    def seq_save(self, seq_id: int) -> bytes:
        return b"".join(token.to_bytes(4, "big") for token in self.held(seq_id))

    def seq_load(self, seq_id: int, data: bytes | bytearray) -> bool:
        tokens = [int.from_bytes(data[i : i + 4], "big") for i in range(0, len(data), 4)]
        if self.held(seq_id) or len(self.cells) + len(tokens) > self.n_cells:
            return False
        self.cells += [(position, token, {seq_id}) for position, token in enumerate(tokens)]
        return True

    def close(self) -> None:
        self.cells.clear()
