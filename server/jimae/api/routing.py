"""How a route is added: its path, its handler, and what it reads, answers and fails with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, get_type_hints

from fastapi import FastAPI
from fastapi.datastructures import Default
from pydantic import BaseModel, ConfigDict, with_config
from starlette.responses import JSONResponse, Response
from typing_extensions import is_typeddict

from jimae.api.document import (
    BODY,
    EVENTS,
    QUERY,
    Described,
    Responses,
    failures,
    parameters,
    request_body,
)

Failures = Callable[..., Responses]
"""Describes the errors of a route, given groups of statuses: see `document.failures`."""

OURS: Final[Failures] = partial(failures, "Error")
TEXT: Final[Described] = {"schema": {"type": "string"}}
# Before OpenAPI 3.2 the schema of a stream of events is that of each.
EVENT: Final[Described] = {
    "schema": {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("event", "id", "data")},
        "required": ["data"],
    }
}


class Routes:
    """Adds the routes of the application, in the order in which they are matched.

    Handlers read bodies and queries themselves, with our own limits and errors, so FastAPI does
    not see them: here they are described for the document.
    """

    def __init__(self, app: FastAPI, failures: Failures = OURS) -> None:
        self._app = app
        self._failures = failures
        self.bodies: set[type[BaseModel]] = set()
        """What `body` was: the document holds their schemas."""

    def failing(self, failures: Failures) -> Routes:
        """The same application, for routes whose errors are others."""
        routes = Routes(self._app, failures)
        routes.bodies = self.bodies
        return routes

    def add(
        self,
        method: str,
        path: str,
        handler: Callable[..., Any],
        *failed: tuple[int, ...],
        body: type[BaseModel] | Described | None = None,
        query: type[BaseModel] | list[Described] | None = None,
        answer: Any = None,
        stream: str | None = None,
        content: Described | None = None,
        status: int | None = None,
        name: str | None = None,
    ) -> None:
        """Add one.

        failed   groups of statuses, besides those of `body` and `query`
        answer   the type of the body, where what the handler returns does not say it
        stream   the media type in which the body may also come in parts
        content  by media type, an answer that is no JSON; empty for one without a body
        status   of an answer, if it is not 200
        name     of the operation, if not the handler's
        """
        described: Described = {}
        if body is not None:
            failed += (BODY,)
            if isinstance(body, type):
                self.bodies.add(body)
                body = request_body(body)
            described["requestBody"] = body
        if query is not None:
            failed += (QUERY,)
            described["parameters"] = parameters(query) if isinstance(query, type) else query
        good: Described = {}
        if answer is not None:
            good["model"] = answer
        if stream is not None:
            good["content"] = {stream: EVENT if stream == EVENTS else TEXT}
        elif content:
            good["content"] = content
        responses = self._failures(*failed)
        _build_when_used(answer or get_type_hints(handler).get("return"))
        self._app.add_api_route(
            path,
            handler,
            methods=[method],
            name=name,
            status_code=status,
            responses={status or 200: good, **responses} if good else responses,
            openapi_extra=described,
            response_class=Default(JSONResponse) if content is None else Response,
        )


def _build_when_used(answer: Any) -> None:
    """Let Pydantic build the check of an answer when it is first given or described: building
    those of all routes took most of the time that the application takes to start."""
    if is_typeddict(answer):
        with_config(ConfigDict(defer_build=True))(answer)
