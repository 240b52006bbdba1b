"""Model files that hold nothing but what the server checks."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path


def write_gguf(path: Path, tokens: Sequence[str] = (), file_type: int | None = None) -> None:
    """The smallest file that passes the header check: version 3, one key, one tensor; and a
    vocabulary and a file type, if it is to have them."""
    tensor = b"token_embd.weight"
    keys = 1 + bool(tokens) + (file_type is not None)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, keys)
    head += _text("general.architecture") + struct.pack("<I", 8) + _text("fake")
    if tokens:
        head += _text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(tokens))
        head += b"".join(_text(token) for token in tokens)
    if file_type is not None:
        head += _text("general.file_type") + struct.pack("<II", 4, file_type)
    head += struct.pack(f"<Q{len(tensor)}sIQIQ", len(tensor), tensor, 1, 32, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + b"\0" * 128)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data
