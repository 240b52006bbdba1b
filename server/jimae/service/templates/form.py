"""What a template is: a text with blanks, and the fields of the form that fills them."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from jimae.errors import JimaeError

Kind = Literal["text", "long", "choice", "date"]

BLANK: Final = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9_]{0,31})\s*\}\}")


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of the form. `name` stands in the text as `{{name}}`; `hint` is an example."""

    name: str
    label: str
    kind: Kind = "text"
    hint: str = ""
    choices: tuple[str, ...] = ()
    required: bool = True


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    title: str
    description: str = ""
    body: str
    fields: tuple[Field, ...] = ()


def check(form: Form) -> None:
    """Raises `template_blank_unknown`, `template_field_unused`, `template_choices`."""
    blanks = set(BLANK.findall(form.body))
    names = [field.name for field in form.fields]
    for blank in sorted(blanks.difference(names)):
        raise JimaeError("template_blank_unknown", param="body", name=blank)
    for index, field in enumerate(form.fields):
        if field.name not in blanks or field.name in names[:index]:
            raise JimaeError("template_field_unused", param=f"fields.{index}", name=field.name)
        if field.kind == "choice" and len(field.choices) < 2:
            raise JimaeError("template_choices", param=f"fields.{index}", name=field.name)
