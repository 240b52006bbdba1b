"""A tool as the Responses API is given it."""

from __future__ import annotations

from typing import Any

WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "description": "天気を調べる",
    "parameters": {"type": "object", "properties": {"市": {"type": "string"}}},
    "strict": True,
}
