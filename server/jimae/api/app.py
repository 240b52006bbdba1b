"""The HTTP application: its layers, and every API that it speaks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi

import jimae
from jimae.api import document, errors, paths
from jimae.api.access import Access
from jimae.api.anthropic import paths as anthropic
from jimae.api.finding_headers import FindingHeaders
from jimae.api.guard import Guard
from jimae.api.jimae import paths as own
from jimae.api.limit_headers import LimitHeaders
from jimae.api.ollama import paths as ollama
from jimae.api.openai import paths as openai
from jimae.api.openai.batches.endpoints import BatchEndpoints
from jimae.api.page import Page, SecurityHeaders, page_directory
from jimae.api.routing import Routes
from jimae.api.scim import paths as scim
from jimae.service.service import Service
from jimae.settings import Settings


def create_app(settings: Settings, service: Service) -> FastAPI:
    """The application over one service, which it starts and closes.

    The only documentation it serves is /openapi.json: the usual pages load
    their scripts from elsewhere.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await service.start()
        try:
            await service.batches.start(BatchEndpoints(service))
            yield
        finally:
            await service.close()

    app = FastAPI(
        title="jimae",
        version=jimae.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(Access(service))],
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    errors.install(app)
    app.add_middleware(LimitHeaders, limits=service.limits)
    app.add_middleware(Guard, accounts=service.accounts, settings=settings.server)
    app.add_middleware(FindingHeaders)
    app.add_middleware(SecurityHeaders)

    routes = Routes(app)
    for api in (openai, anthropic, ollama, paths, own, scim):
        api.add_to(routes, service)
    # Not a mount: one at "/" would take a wrong method on a route above for its own.
    app.router.default = Page(page_directory())
    app.openapi = lambda: _openapi(app, routes)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI, routes: Routes) -> dict[str, Any]:
    if app.openapi_schema is None:
        described = get_openapi(title=app.title, version=app.version, routes=app.routes)
        described["components"]["schemas"] |= document.schemas(routes.bodies)
        app.openapi_schema = described
    return app.openapi_schema
