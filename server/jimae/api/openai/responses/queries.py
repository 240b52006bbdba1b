"""Queries of addresses, checked like bodies."""

from __future__ import annotations

import re
from typing import Final, TypeVar

from fastapi import Request

from jimae.api.explain import fitted
from jimae.api.openai.responses.convert import INCLUDES
from jimae.api.openai.responses.schema import Query
from jimae.api.parameters import unsupported

Q = TypeVar("Q", bound=Query)

STORED_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Clients write a list as `include[]=a&include[]=b`.
INCLUDE: Final = ("include", "include[]")


def query_of(request: Request, model: type[Q]) -> Q:
    """Raises a JimaeError of status 400 that names the parameter."""
    values: dict[str, object] = dict(request.query_params)
    include = [value for name in INCLUDE for value in request.query_params.getlist(name)]
    for name in INCLUDE:
        values.pop(name, None)
    for index, name in enumerate(include):
        if name not in INCLUDES:
            raise unsupported(f"include.{index}", name)
    return fitted({**values, "include": include}, model)


def known_id(value: str) -> str:
    """An id of an address as it may be looked for: what cannot be one is found nowhere."""
    return value if STORED_ID.fullmatch(value) else "-"
