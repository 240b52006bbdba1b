"""Who may call which route: every route has its line in the table."""

from __future__ import annotations

from fastapi.routing import APIRoute

from jimae.api.access import NEEDS
from jimae.api.app import create_app
from jimae.service.service import Service
from jimae.settings import Settings


def test_every_route_stands_in_the_table(settings: Settings, service: Service) -> None:
    routes = [
        route for route in create_app(settings, service).routes if isinstance(route, APIRoute)
    ]

    assert {(method, route.path) for route in routes for method in route.methods} == NEEDS.keys()
