"""Plain lines of progress."""

from __future__ import annotations

import io

import pytest

from jimae.catalogue.progress import Lines, format_seconds, format_size
from jimae.errors import JimaeError


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999_600, "1 MB"),
        (98_362_432, "98.4 MB"),
        (1_117_320_768, "1.12 GB"),
        (10**18, "1000 PB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert format_size(size) == text


def test_seconds() -> None:
    assert format_seconds(59.9) == "0:59"
    assert format_seconds(3671) == "1:01:11"


def test_lines_tell_rate_and_time_left() -> None:
    out = io.StringIO()
    lines = Lines(out, "en", every=0)
    error = JimaeError("source_unreachable", source="hf:x", reason="refused")
    lines.skipped("hf:x", error)
    lines.taking("pypi:y")
    lines.begin("file", 4000, 1000)
    lines.advance(1000)
    lines.end()
    skipped, taking, going, line, end = out.getvalue().splitlines()
    assert skipped == "Trying the next: hf:x cannot be reached: refused."
    assert taking == "Taking it from pypi:y"
    assert going == "file: going on at 1 kB / 4 kB"
    assert line.startswith("file: 50%  2 kB / 4 kB  ")
    assert line.endswith("0:00 left")
    assert end == "file: 1 kB in 0 s"


def test_lines_in_japanese() -> None:
    out = io.StringIO()
    lines = Lines(out, "ja")
    lines.skipped("hf:x", JimaeError("source_unreachable", source="hf:x", reason="refused"))
    lines.begin("f", 10, 5)
    assert out.getvalue().splitlines() == [
        "次を試します: hf:x に接続できません: refused。",
        "f: 5 B / 10 B から再開します",
    ]


def test_lines_are_not_too_many() -> None:
    out = io.StringIO()
    lines = Lines(out)
    lines.begin("f", 1000, 0)
    for _ in range(1000):
        lines.advance(1)
    assert out.getvalue() == ""
