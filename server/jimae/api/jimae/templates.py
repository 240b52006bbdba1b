"""The handlers of templates: prompts with blanks to fill."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import Request
from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.explain import fitted
from jimae.api.language import preferred
from jimae.api.openai.files.schema import StoredId
from jimae.api.openai.responses.queries import known_id
from jimae.api.openai.schema import Strict
from jimae.service.service import Service
from jimae.service.templates import form as forms
from jimae.service.templates.templates import MOST, Told

Line = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Blank = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]


class TemplateField(Strict):
    """One line of the form; `hint` is an example of what to write."""

    name: Blank
    label: Line
    kind: Literal["text", "long", "choice", "date"] = "text"
    hint: Annotated[str, StringConstraints(max_length=1000)] = ""
    choices: Annotated[list[Line], Field(max_length=50, default_factory=list)]
    required: bool = True


class TemplateForm(Strict):
    """`body` is the prompt, with `{{name}}` where the field of that name goes."""

    title: Line
    description: Annotated[str, StringConstraints(max_length=400)] = ""
    body: Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
    fields: Annotated[list[TemplateField], Field(max_length=30, default_factory=list)]

    def read(self) -> forms.Form:
        return msgspec.convert(self.model_dump(exclude={"group"}), forms.Form)


class TemplateRequest(TemplateForm):
    """Body of POST /jimae/templates. `group` shares it with the members of a group."""

    group: StoredId | None = None


class TemplateImport(Strict):
    """What GET /jimae/templates/export gave; the templates become one's own."""

    format: Literal["jimae-templates/1"]
    templates: Annotated[list[TemplateForm], Field(min_length=1, max_length=MOST)]


class TemplateBody(TypedDict):
    id: str
    source: Literal["shipped", "own", "group"]
    group: str | None
    editable: bool
    updated_at: float
    title: str
    description: str
    body: str
    fields: list[dict[str, str | bool | list[str]]]


class TemplateList(TypedDict):
    data: list[TemplateBody]
    has_more: bool


class Deleted(TypedDict):
    id: str
    deleted: Literal[True]


class TemplateRoutes:
    def __init__(self, service: Service) -> None:
        self._templates = service.templates
        self._limit = service.settings.server.max_body_mb

    async def list(self, request: Request) -> TemplateList:
        """One's own templates, those of one's groups, and the shipped ones."""
        language = preferred(request.headers.get("accept-language"))
        found = await self._templates.seen_by(caller_of(request), language)
        return {"data": [_body(one) for one in found], "has_more": False}

    async def create(self, request: Request) -> TemplateBody:
        """Keep a template."""
        wanted = fitted(await read_object(request, self._limit), TemplateRequest)
        (made,) = await self._templates.create(caller_of(request), [wanted.read()], wanted.group)
        return _body(made)

    async def update(self, request: Request, template_id: str) -> TemplateBody:
        """Replace a template."""
        wanted = fitted(await read_object(request, self._limit), TemplateRequest)
        changed = await self._templates.update(
            caller_of(request), known_id(template_id), wanted.read(), wanted.group
        )
        return _body(changed)

    async def delete(self, request: Request, template_id: str) -> Deleted:
        """Delete a template."""
        await self._templates.delete(caller_of(request), known_id(template_id))
        return {"id": template_id, "deleted": True}

    async def export(self, request: Request) -> TemplateImport:
        """One's own templates, to be kept in a file or given to somebody."""
        found = await self._templates.seen_by(caller_of(request), "ja")
        own = [one.form for one in found if one.source == "own"]
        return TemplateImport.model_construct(
            format="jimae-templates/1",
            templates=[TemplateForm.model_validate_json(msgspec.json.encode(one)) for one in own],
        )

    async def import_(self, request: Request) -> TemplateList:
        """Add templates from a file."""
        wanted = fitted(await read_object(request, self._limit), TemplateImport)
        made = await self._templates.create(
            caller_of(request), [one.read() for one in wanted.templates], None
        )
        return {"data": [_body(one) for one in made], "has_more": False}


def _body(told: Told) -> TemplateBody:
    form = told.form
    return {
        "id": told.id,
        "source": told.source,
        "group": told.group,
        "editable": told.editable,
        "updated_at": told.updated_at,
        "title": form.title,
        "description": form.description,
        "body": form.body,
        "fields": [msgspec.to_builtins(field) for field in form.fields],
    }
