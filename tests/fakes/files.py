"""Model files that hold nothing but what the server checks."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path


def write_gguf(path: Path, tokens: Sequence[str] = ()) -> None:
    """The smallest file that passes the header check: version 3, one key, one tensor; and a
    vocabulary, if it is to have one."""
    tensor = b"token_embd.weight"
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 2 if tokens else 1)
    head += _text("general.architecture") + struct.pack("<I", 8) + _text("fake")
    if tokens:
        head += _text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(tokens))
        head += b"".join(_text(token) for token in tokens)
    head += struct.pack(f"<Q{len(tensor)}sIQIQ", len(tensor), tensor, 1, 32, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + b"\0" * 128)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data
