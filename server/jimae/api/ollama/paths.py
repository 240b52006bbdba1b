"""The paths of Ollama's API."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from jimae.api.document import LINES, MODEL, failures
from jimae.api.ollama.answers import Line, StatusBody
from jimae.api.ollama.embed import (
    EmbedBody,
    EmbedRequest,
    EmbedRoutes,
    OldEmbedBody,
    OldEmbedRequest,
)
from jimae.api.ollama.routes import OllamaRoutes
from jimae.api.ollama.schema import (
    OllamaChatRequest,
    OllamaGenerateRequest,
    PullRequest,
    ShowRequest,
)
from jimae.api.routing import Routes
from jimae.service.service import Service

WRITTEN: Final[dict[str, Any]] = {"answer": Line, "stream": LINES}


def add_to(routes: Routes, service: Service) -> None:
    add = routes.failing(partial(failures, "OllamaError")).add
    ollama, embed = OllamaRoutes(service), EmbedRoutes(service)
    add("POST", "/api/chat", ollama.chat, MODEL, body=OllamaChatRequest, **WRITTEN)
    add("POST", "/api/generate", ollama.generate, MODEL, body=OllamaGenerateRequest, **WRITTEN)
    add("POST", "/api/embed", embed.create, MODEL, body=EmbedRequest, answer=EmbedBody)
    add(
        "POST",
        "/api/embeddings",
        embed.create_old,
        MODEL,
        body=OldEmbedRequest,
        answer=OldEmbedBody,
    )
    add("GET", "/api/tags", ollama.tags)
    add("GET", "/api/ps", ollama.ps)
    add("GET", "/api/version", ollama.version)
    # Where Ollama's clients look whether a server is there, as at `/`, which is the page's.
    add("HEAD", "/api/tags", ollama.tags, name="head_tags")
    add("HEAD", "/api/version", ollama.version, name="head_version")
    add("POST", "/api/show", ollama.show, MODEL, body=ShowRequest)
    add("POST", "/api/pull", ollama.pull, MODEL, body=PullRequest, answer=StatusBody, stream=LINES)
    # These are always refused, so they have no answer that is none.
    for name in ("create", "copy", "push"):
        add("POST", f"/api/{name}", ollama.change, name=f"{name}_model", status=403)
    add("DELETE", "/api/delete", ollama.change, name="delete_model", status=403)
