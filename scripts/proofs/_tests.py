"""Running tests of tests/ with their full counts."""

from __future__ import annotations

import pytest


class FullCounts:
    """Sets constants of the test modules that were collected."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = counts

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        for item in items:
            for name, count in self._counts.items():
                if not isinstance(getattr(item.module, name, None), int):
                    raise pytest.UsageError(f"{item.module.__name__} has no number {name}")
                setattr(item.module, name, count)


def run(tests: str, *options: str, **counts: int) -> int:
    """Run `tests` without a time limit, with these module constants; 0 if all passed."""
    arguments = [tests, "-v", "--timeout=0", "-p", "no:cacheprovider", *options]
    return int(pytest.main(arguments, plugins=[FullCounts(counts)]))
