"""The paths of Anthropic's API."""

from __future__ import annotations

from jimae.api.anthropic.answers import Message
from jimae.api.anthropic.routes import AnthropicRoutes
from jimae.api.anthropic.schema import CountTokensRequest, MessagesRequest
from jimae.api.document import EVENTS, MODEL, anthropic_failures
from jimae.api.routing import Routes
from jimae.service.service import Service


def add_to(routes: Routes, service: Service) -> None:
    anthropic, add = AnthropicRoutes(service), routes.failing(anthropic_failures).add
    add(
        "POST",
        "/v1/messages",
        anthropic.create_message,
        MODEL,
        body=MessagesRequest,
        answer=Message,
        stream=EVENTS,
    )
    add(
        "POST",
        "/v1/messages/count_tokens",
        anthropic.count_tokens,
        MODEL,
        body=CountTokensRequest,
    )
