"""Waiting for something to become true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for a condition, or fail."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)
