"""One description of each type for all applications of a run.

FastAPI describes what a route takes and answers anew for each application, which is more than
half of the work of making one. A server makes one; the tests make thousands.
"""

from __future__ import annotations

from typing import Any

import fastapi._compat.v2
from pydantic import TypeAdapter

_made: dict[tuple[object, str], TypeAdapter[Any]] = {}


def share() -> None:
    """From now on."""
    fastapi._compat.v2.TypeAdapter = _shared


def _shared(annotated: Any, *, config: Any) -> TypeAdapter[Any]:
    if config is not None:  # a field of a model, for the document only
        return TypeAdapter(annotated, config=config)
    # What stands beside the type cannot be hashed, but says everything of itself.
    key = annotated.__origin__, repr(annotated.__metadata__)
    if key not in _made:
        _made[key] = TypeAdapter(annotated)
    return _made[key]
