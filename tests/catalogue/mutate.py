"""Damages GGUF files at random, in ways that hit the header's fields."""

from __future__ import annotations

import random
import struct
import time
from collections import Counter
from collections.abc import Iterator

from jimae.catalogue.gguf_header import parse_header
from jimae.errors import JimaeError

EXTREMES = (
    b"\xff" * 8,
    b"\0" * 8,
    struct.pack("<Q", 1 << 63),
    struct.pack("<Q", (1 << 63) - 1),
    struct.pack("<Q", 1 << 32),
    struct.pack("<Q", (1 << 30) + 1),
    struct.pack("<I", 0x7FFFFFFF),
    struct.pack("<I", 0xFFFFFFFF),
    struct.pack("<I", 9),
    struct.pack("<I", 13),
)


def mutations(original: bytes, header: int, count: int, seed: int) -> Iterator[bytes]:
    """`count` damaged copies; `header` is where the original's header ends."""
    chance = random.Random(seed)  # noqa: S311
    for _ in range(count):
        data = bytearray(original)
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            _damage(data, min(header, len(data)), chance)
        yield bytes(data)


def _damage(data: bytearray, header: int, chance: random.Random) -> None:
    if not data:
        return
    # Half of the damage goes to the first bytes and the last ones of the header,
    # where the counts and the tensors are.
    low = chance.choice((0, 0, max(0, header - 400)))
    at = chance.randrange(low, max(low + 1, min(len(data), chance.choice((64, 400, header)))))
    kind = chance.randrange(6)
    if kind == 0:
        data[at : at + 1] = bytes([data[min(at, len(data) - 1)] ^ (1 << chance.randrange(8))])
    elif kind == 1:
        value = chance.choice(EXTREMES)
        data[at : at + len(value)] = value
    elif kind == 2:
        del data[at:]
    elif kind == 3:
        del data[at : at + chance.randrange(1, 40)]
    elif kind == 4:
        data[at:at] = chance.randbytes(chance.randrange(1, 40))
    else:
        end = at + chance.randrange(1, 200)
        data[at:at] = data[at:end]


def outcomes(original: bytes, header: int, count: int, seed: int = 0) -> Counter[str]:
    """Check `count` damaged copies; counts by what was said of them.

    Anything but a header or a `gguf_invalid` comes out as the exception it is;
    so does a check that takes longer than a second of this thread's own time.
    """
    said: Counter[str] = Counter()
    for data in mutations(original, header, count, seed):
        start = time.thread_time()
        try:
            parse_header(data)
            said["accepted"] += 1
        except JimaeError as error:
            if error.code != "gguf_invalid":
                raise
            said[str(error.values["reason"]).split("'")[0]] += 1
        if time.thread_time() - start > 1:
            raise TimeoutError(f"a check took {time.thread_time() - start:.1f} s")
    return said
