"""Keeping templates: everybody their own, and those that a group shares."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError, Language
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.items import new_id
from jimae.service.templates.form import Form, check
from jimae.service.templates.shipped import shipped
from jimae.store.page_tables import Template
from jimae.store.store import Store

MOST: Final = 200


class Told(msgspec.Struct, frozen=True):
    """A template as somebody sees it. `source` says where it comes from, `editable` whether
    they may change it; `group` is the id of the group that shares it."""

    id: str
    source: Literal["shipped", "own", "group"]
    group: str | None
    editable: bool
    updated_at: float
    form: Form


class Templates:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def seen_by(self, caller: Caller, language: Language) -> list[Told]:
        """One's own first, then those of one's groups, then the shipped ones."""

        def transaction(session: Session) -> Sequence[Template]:
            visible = or_(Template.owner == caller.id, Template.group_id.in_(caller.groups))
            newest = select(Template).where(visible).order_by(Template.updated_at.desc())
            return session.scalars(newest.order_by(Template.id)).all()

        told = [_told(row, caller) for row in await self._store.read(transaction)]
        told.sort(key=lambda one: one.source != "own")
        built_in = [
            Told(one.id, "shipped", None, False, 0.0, one.form(language)) for one in shipped()
        ]
        return told + built_in

    async def create(self, caller: Caller, forms: Sequence[Form], group: str | None) -> list[Told]:
        """Raises `not_in_group`, `template_too_many`, and what `check` raises; then none is
        kept."""
        for form in forms:
            check(form)
        _check_group(caller, group)

        def transaction(session: Session) -> list[Told]:
            mine = select(func.count()).where(Template.owner == caller.id)
            if (session.scalar(mine) or 0) + len(forms) > MOST:
                raise JimaeError("template_too_many", limit=MOST)
            now = time.time()
            rows = [
                Template(
                    id=new_id("tmpl"),
                    owner=caller.id,
                    created_at=now,
                    updated_at=now,
                    group_id=group,
                    data=msgspec.to_builtins(form),
                )
                for form in forms
            ]
            session.add_all(rows)
            for row in rows:
                _note(session, caller, "template.create", row)
            return [_told(row, caller) for row in rows]

        return await self._store.write(transaction)

    async def update(self, caller: Caller, template_id: str, form: Form, group: str | None) -> Told:
        """Replace it. Raises `template_not_found`, `template_not_yours`, and what `create` does.

        Only its owner takes it from one group to another, or out of it.
        """
        check(form)

        def transaction(session: Session) -> Told:
            row = _editable(session, caller, template_id)
            if group != row.group_id:
                if row.owner != caller.id:
                    raise JimaeError("template_not_yours", title=row.data["title"])
                _check_group(caller, group)
            row.data, row.group_id, row.updated_at = msgspec.to_builtins(form), group, time.time()
            _note(session, caller, "template.change", row)
            return _told(row, caller)

        return await self._store.write(transaction)

    async def delete(self, caller: Caller, template_id: str) -> None:
        """Raises `template_not_found`, `template_not_yours`."""

        def transaction(session: Session) -> None:
            row = _editable(session, caller, template_id)
            _note(session, caller, "template.delete", row)
            session.delete(row)

        await self._store.erase(transaction)


def _editable(session: Session, caller: Caller, template_id: str) -> Template:
    visible = or_(Template.owner == caller.id, Template.group_id.in_(caller.groups))
    row = session.scalar(select(Template).where(Template.id == template_id, visible))
    if row is None:
        raise JimaeError("template_not_found", id=template_id)
    if not _may_edit(row, caller):
        raise JimaeError("template_not_yours", title=row.data["title"])
    return row


def _may_edit(row: Template, caller: Caller) -> bool:
    return row.owner == caller.id or (row.group_id is not None and row.group_id in caller.manages)


def _check_group(caller: Caller, group: str | None) -> None:
    if group is not None and group not in caller.groups:
        raise JimaeError("not_in_group", param="group", group=group)


def _note(session: Session, caller: Caller, act: str, row: Template) -> None:
    """Only what others see is recorded: one's own templates are one's own."""
    if row.group_id is not None:
        note(session, caller, act, target=row.id, details={"group": row.group_id})


def _told(row: Template, caller: Caller) -> Told:
    return Told(
        id=row.id,
        source="own" if row.owner == caller.id else "group",
        group=row.group_id,
        editable=_may_edit(row, caller),
        updated_at=row.updated_at,
        form=msgspec.convert(row.data, Form),
    )
