"""The file that can be taken up again always knows the sum of what it holds."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from jimae.catalogue.part_file import PartFile, hash_file

STEPS = st.lists(
    st.one_of(
        st.binary(max_size=100),  # write
        st.floats(0, 1),  # cut to this share
        st.none(),  # close and open
    ),
    max_size=20,
)


@settings(deadline=None)  # it waits for the disk
@given(STEPS)
def test_writes_cuts_and_openings(steps: list[bytes | float | None]) -> None:
    """Also the count that progress is told."""
    with tempfile.TemporaryDirectory() as folder:
        path, held, told = Path(folder) / "x.part", b"", list[int]()
        part = PartFile(path, told.append)
        for value in steps:
            if isinstance(value, bytes):
                part.write(value)
                held += value
            elif isinstance(value, float):
                held = held[: int(value * len(held))]
                part.cut(len(held))
            else:
                part.sync()
                part.__exit__(None, None, None)
                part = PartFile(path, told.append)
            assert part.offset == part.tell() == len(held)
            assert part.sha256() == hashlib.sha256(held).hexdigest()
        part.sync()
        part.__exit__(None, None, None)
        assert path.read_bytes() == held
        assert sum(told) == len(held)
        assert hash_file(path) == hashlib.sha256(held).hexdigest()
