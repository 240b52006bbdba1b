"""Patterns of formats: all they let through is right, by the readers of the standard library."""

from __future__ import annotations

import datetime
import ipaddress
import re
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jimae.chat.grammars.formats import PATTERNS
from jimae.chat.grammars.patterns import problem


def hostname(text: str) -> None:
    assert len(text) <= 253
    assert all(0 < len(label) <= 63 and label.strip("-") == label for label in text.split("."))


def email(text: str) -> None:
    local, host = text.rsplit("@", 1)
    assert 0 < len(local) <= 64
    assert ".." not in f".{local}."
    hostname(host)


def uri(text: str) -> None:
    split = urlsplit(text)
    assert split.scheme
    assert split.port is None or split.netloc


def duration(text: str) -> None:
    assert text.startswith("P")
    assert text[-1] in "YMDHSW"
    assert not text.endswith("T")


READERS: dict[str, Callable[[str], object]] = {
    "date": datetime.date.fromisoformat,
    "time": lambda text: datetime.time.fromisoformat(re.sub(r"\.\d+", "", text)),
    "date-time": lambda text: datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", text)),
    "duration": duration,
    "email": email,
    "hostname": hostname,
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "uri": uri,
    "uuid": uuid.UUID,
}


@pytest.mark.parametrize("name", PATTERNS)
@settings(max_examples=40)
@given(data=st.data())
def test_what_a_pattern_lets_through_can_be_read(name: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(PATTERNS[name].removesuffix("$"), fullmatch=True))

    READERS[name](text)


@given(date=st.dates(min_value=datetime.date(1000, 1, 1)))
def test_every_day_is_a_date(date: datetime.date) -> None:
    assert re.search(PATTERNS["date"], date.isoformat())


@given(year=st.integers(1000, 9999), month=st.integers(0, 13), day=st.integers(0, 32))
def test_what_is_no_day_is_no_date(year: int, month: int, day: int) -> None:
    try:
        datetime.date(year, month, day)
        exists = True
    except ValueError:
        exists = False

    assert bool(re.search(PATTERNS["date"], f"{year}-{month:02}-{day:02}")) == exists


@given(address=st.ip_addresses())
def test_every_address_is_one(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assume(not getattr(address, "ipv4_mapped", None))  # these may be written with dots
    assert re.search(PATTERNS[f"ipv{address.version}"], str(address))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("time", "23:59:59.5+09:00"),
        ("date-time", "2026-02-28T00:00:00Z"),
        ("duration", "P1Y2M3DT4H5M6S"),
        ("duration", "PT30M"),
        ("email", "taro.yamada+x@example.co.jp"),
        ("hostname", "www.example.com"),
        ("uri", "https://example.com:8080/a/b?c=d#e"),
        ("uri", "mailto:a@example.com"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000"),
        ("ipv6", "::"),
        ("ipv6", "2001:db8::1"),
    ],
)
def test_what_people_write_fits(name: str, text: str) -> None:
    assert re.search(PATTERNS[name], text)


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_they_keep_to_what_patterns_may_hold(pattern: str) -> None:
    assert problem(pattern) is None
