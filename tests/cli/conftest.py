"""Servers in processes of their own, ended with the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakes.process import Process


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    started: list[Process] = []
    yield started
    for one in started:
        one.process.kill()
        one.process.wait()
        assert one.process.stdout is not None
        one.process.stdout.close()
