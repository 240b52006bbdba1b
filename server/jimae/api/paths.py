"""The paths that are part of no other API, or of several."""

from __future__ import annotations

from jimae.api import errors
from jimae.api.document import FOUND, MODEL, QUERY, Responses
from jimae.api.health import HealthRoutes, Ready
from jimae.api.models import ModelRoutes
from jimae.api.rerank import RerankBody, RerankRequest, RerankRoutes
from jimae.api.routing import OURS, Routes
from jimae.api.tokenizer import DetokenizeRequest, TokenizeRequest, TokenizerRoutes
from jimae.service.service import Service


def add_to(routes: Routes, service: Service) -> None:
    models, add = ModelRoutes(service), routes.add
    add("GET", "/v1/models", models.list_models, QUERY)
    add("GET", "/v1/models/{model_id:path}", models.get_model, FOUND)

    rerank, tokenizer = RerankRoutes(service), TokenizerRoutes(service)
    add("POST", "/v1/rerank", rerank.create, MODEL, body=RerankRequest, answer=RerankBody)
    add("GET", "/tokenizer_info", tokenizer.info, QUERY, MODEL)
    add("POST", "/tokenize", tokenizer.tokenize, MODEL, body=TokenizeRequest)
    add("POST", "/detokenize", tokenizer.detokenize, MODEL, body=DetokenizeRequest)

    health = HealthRoutes(service)
    add("GET", "/health/live", health.live)
    routes.failing(_unready).add("GET", "/health/ready", health.ready, answer=Ready)
    add("GET", "/api/status", health.status)


def _unready(*groups: tuple[int, ...]) -> Responses:
    """A model that is not there yet is told as one that is."""
    return {**OURS(*groups), 503: {"model": Ready | errors.Envelope}}
