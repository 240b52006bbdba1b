"""Model files that hold nothing but what the server checks."""

from __future__ import annotations

import struct
from pathlib import Path


def write_gguf(path: Path) -> None:
    """The smallest file that passes the header check: version 3, one key, one tensor."""
    key, value, tensor = b"general.architecture", b"fake", b"token_embd.weight"
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1)
    head += struct.pack(f"<Q{len(key)}sIQ{len(value)}s", len(key), key, 8, len(value), value)
    head += struct.pack(f"<Q{len(tensor)}sIQIQ", len(tensor), tensor, 1, 32, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + b"\0" * 128)
