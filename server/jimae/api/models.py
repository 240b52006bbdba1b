"""The models of this server, told to each client in the shape of the API that it speaks."""

from __future__ import annotations

from fastapi import Request, Response

from jimae.api import allowed
from jimae.api.anthropic.errors import REQUEST_ID, request_id
from jimae.api.anthropic.models import ModelInfo, Page, model_info, page
from jimae.api.dialects import of
from jimae.api.openai.models import ModelBody, ModelList, model_body
from jimae.service.service import Service


class ModelRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def list_models(self, request: Request, response: Response) -> ModelList | Page:
        """The models that one may ask. In Anthropic's shape to who sends `anthropic-version`."""
        statuses = await allowed.statuses(self._service, request)
        if of(request.scope) == "anthropic":
            response.headers[REQUEST_ID] = request_id(request.scope)
            return page(request, statuses)
        return {"object": "list", "data": [model_body(status) for status in statuses]}

    async def get_model(
        self, model_id: str, request: Request, response: Response
    ) -> ModelBody | ModelInfo:
        """One model by its id, in the same shapes."""
        status = await allowed.status(self._service, request, model_id)
        if of(request.scope) == "anthropic":
            response.headers[REQUEST_ID] = request_id(request.scope)
            return model_info(status)
        return model_body(status)
