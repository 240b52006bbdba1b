"""The templates that come with the server: one TOML file each in `prompts/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from jimae.errors import Language
from jimae.service.templates.form import Field, Form, Kind, check

FOLDER: Final = Path(__file__).parent / "prompts"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ja: str
    en: str

    def of(self, language: Language) -> str:
        return self.en if language == "en" else self.ja


class ShippedField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A `Field` with labels in two languages; what is filled in stays as the prompt has it."""

    name: str
    label: Words
    kind: Kind = "text"
    hint: str = ""
    choices: tuple[str, ...] = ()
    required: bool = True


class Shipped(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file of `prompts/`. They are shown by `order`."""

    id: str
    order: int
    title: Words
    description: Words
    body: str
    fields: tuple[ShippedField, ...]

    def form(self, language: Language) -> Form:
        return Form(
            title=self.title.of(language),
            description=self.description.of(language),
            body=self.body.strip(),
            fields=tuple(
                Field(
                    name=field.name,
                    label=field.label.of(language),
                    kind=field.kind,
                    hint=field.hint,
                    choices=field.choices,
                    required=field.required,
                )
                for field in self.fields
            ),
        )


@cache
def shipped() -> tuple[Shipped, ...]:
    """All of them, in their order."""
    found = [msgspec.toml.decode(path.read_bytes(), type=Shipped) for path in FOLDER.glob("*.toml")]
    for one in found:
        check(one.form("ja"))
    return tuple(sorted(found, key=lambda one: one.order))
