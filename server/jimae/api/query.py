"""The part of an address after `?`, checked like a body."""

from __future__ import annotations

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel

from jimae.api.explain import validated
from jimae.api.parameters import Table

M = TypeVar("M", bound=BaseModel)


def read_query(request: Request, table: Table, model: type[M]) -> M:
    """Its values are text, so `model` must not be strict about numbers.

    Raises a JimaeError of status 400 that names the parameter.
    """
    return validated(dict(request.query_params), table, model)
