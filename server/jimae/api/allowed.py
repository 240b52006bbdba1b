"""The models that a request may know of: those that limits, and its key, let it ask."""

from __future__ import annotations

from fastapi import Request

from jimae.api.caller import caller_of
from jimae.errors import JimaeError
from jimae.service.model_status import ModelStatus
from jimae.service.service import Service


async def statuses(service: Service, request: Request) -> list[ModelStatus]:
    allowed = await service.limits.models(caller_of(request))
    return [one for one in service.models.statuses() if allowed is None or one.id in allowed]


async def status(service: Service, request: Request, model: str) -> ModelStatus:
    """Raises `model_not_found`, also for one that may not be known of."""
    found = await statuses(service, request)
    for one in found:
        if one.id == model:
            return one
    available = ", ".join(one.id for one in found) or "-"
    raise JimaeError("model_not_found", param="model", model=model[:256], available=available)


async def check(service: Service, request: Request, model: str) -> None:
    """Before a model is asked for something that is not counted. Raises `model_not_allowed`."""
    await service.limits.check_model(caller_of(request), model)
