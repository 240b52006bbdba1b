"""The paths of SCIM."""

from __future__ import annotations

from typing import Any, Final

from jimae.api.document import FOUND, QUERY
from jimae.api.routing import Routes
from jimae.api.scim.document import BODY, RESOURCE, SEARCH, failures
from jimae.api.scim.errors import PREFIX
from jimae.api.scim.routes import ScimRoutes
from jimae.service.service import Service

# It may be there already, or the disk full.
CHANGED: Final = (404, 409, 507)
GONE: Final = (404, 507)

ONE: Final[dict[str, Any]] = {"content": RESOURCE}
FOUND_ONES: Final[dict[str, Any]] = {"content": RESOURCE, "query": SEARCH}
MADE: Final[dict[str, Any]] = {"content": RESOURCE, "body": BODY, "status": 201}
WRITTEN: Final[dict[str, Any]] = {"content": RESOURCE, "body": BODY}
NOTHING: Final[dict[str, Any]] = {"content": {}, "status": 204}


def add_to(routes: Routes, service: Service) -> None:
    scim, add = ScimRoutes(service), routes.failing(failures).add
    shown = (QUERY, FOUND)
    add("GET", f"{PREFIX}/ServiceProviderConfig", scim.config, *shown, **ONE)
    add("GET", f"{PREFIX}/Schemas", scim.schemas, *shown, **ONE)
    add("GET", f"{PREFIX}/Schemas/{{schema_id}}", scim.schema, *shown, **ONE)
    add("GET", f"{PREFIX}/ResourceTypes", scim.resource_types, *shown, **ONE)
    add("GET", f"{PREFIX}/ResourceTypes/{{type_id}}", scim.resource_type, *shown, **ONE)

    every, one = f"{PREFIX}/Users", f"{PREFIX}/Users/{{user_id}}"
    add("GET", every, scim.list_users, FOUND, **FOUND_ONES)
    add("POST", every, scim.create_user, CHANGED, **MADE)
    add("GET", one, scim.get_user, *shown, **ONE)
    add("PUT", one, scim.replace_user, CHANGED, **WRITTEN)
    add("PATCH", one, scim.patch_user, CHANGED, **WRITTEN)
    add("DELETE", one, scim.delete_user, GONE, **NOTHING)

    every, one = f"{PREFIX}/Groups", f"{PREFIX}/Groups/{{group_id}}"
    add("GET", every, scim.list_groups, FOUND, **FOUND_ONES)
    add("POST", every, scim.create_group, CHANGED, **MADE)
    add("GET", one, scim.get_group, *shown, **ONE)
    add("PUT", one, scim.replace_group, CHANGED, **WRITTEN)
    add("PATCH", one, scim.patch_group, CHANGED, **WRITTEN)
    add("DELETE", one, scim.delete_group, GONE, **NOTHING)
