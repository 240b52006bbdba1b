"""How routes are added."""

from __future__ import annotations

from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from typing_extensions import is_typeddict

from jimae.api.app import create_app
from jimae.service.service import Service
from jimae.settings import Settings


async def test_no_check_of_an_answer_is_built_before_it_is_used(
    settings: Settings, service: Service
) -> None:
    app = create_app(settings, service)
    answers = [route.response_model for route in app.routes if isinstance(route, APIRoute)]
    of_ours = [answer for answer in answers if is_typeddict(answer)]
    assert of_ours
    assert [one for one in of_ours if TypeAdapter(one).pydantic_complete] == []
