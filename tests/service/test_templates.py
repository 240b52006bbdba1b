"""Templates: the shipped ones, one's own, and what a group shares."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from jimae.errors import JimaeError
from jimae.service.caller import Caller
from jimae.service.templates.form import BLANK, Field, Form, check
from jimae.service.templates.shipped import shipped
from jimae.service.templates.templates import MOST, Templates
from jimae.settings import Settings
from jimae.store.store import Store

HANAKO = Caller(id="hanako", name="hanako", via="session", groups=("soumu", "kikaku"))
TARO = Caller(id="taro", name="taro", via="session", groups=("soumu",))
MANAGER = Caller(id="kacho", name="kacho", via="session", groups=("soumu",), manages=("soumu",))
OTHER = Caller(id="other", name="other", via="session", groups=("zaisei",))
FORM = Form(title="案内", body="{{name}}様\0", fields=(Field(name="name", label="名前"),))


@pytest.fixture
async def templates(stored: Settings) -> AsyncIterator[Templates]:
    store = Store(stored)
    await store.open()
    yield Templates(store)
    await store.close()


async def seen(templates: Templates, caller: Caller) -> list[str]:
    told = await templates.seen_by(caller, "ja")
    return [one.id for one in told if one.source != "shipped"]


async def refused(work: object) -> str:
    with pytest.raises(JimaeError) as told:
        await work  # type: ignore[misc]
    return told.value.code


async def test_ones_own_are_seen_by_nobody_else(templates: Templates) -> None:
    (made,) = await templates.create(HANAKO, [FORM], None)
    assert (made.source, made.editable, made.form) == ("own", True, FORM)
    assert await seen(templates, HANAKO) == [made.id]
    for caller in (TARO, MANAGER, OTHER):
        assert await seen(templates, caller) == []
        assert await refused(templates.delete(caller, made.id)) == "template_not_found"
        changing = templates.update(caller, made.id, FORM, None)
        assert await refused(changing) == "template_not_found"


async def test_a_group_sees_what_is_shared_and_its_manager_keeps_it_in_order(
    templates: Templates,
) -> None:
    (made,) = await templates.create(HANAKO, [FORM], "soumu")
    told = {one.id: one for one in await templates.seen_by(TARO, "ja")}[made.id]
    assert (told.source, told.editable) == ("group", False)
    assert await seen(templates, OTHER) == []
    assert await refused(templates.delete(TARO, made.id)) == "template_not_yours"
    better = msgspec.structs.replace(FORM, title="ご案内")
    changed = await templates.update(MANAGER, made.id, better, "soumu")
    assert (changed.form.title, changed.editable) == ("ご案内", True)
    taken = templates.update(MANAGER, made.id, better, None)
    assert await refused(taken) == "template_not_yours"
    await templates.delete(MANAGER, made.id)
    assert await seen(templates, HANAKO) == []


async def test_nobody_shares_with_a_group_of_others(templates: Templates) -> None:
    assert await refused(templates.create(TARO, [FORM], "kikaku")) == "not_in_group"
    (made,) = await templates.create(TARO, [FORM], None)
    moved = templates.update(TARO, made.id, FORM, "zaisei")
    assert await refused(moved) == "not_in_group"
    assert (await templates.update(TARO, made.id, FORM, "soumu")).group == "soumu"


async def test_there_is_an_end_and_then_none_is_kept(templates: Templates) -> None:
    await templates.create(TARO, [FORM] * (MOST - 1), None)
    assert await refused(templates.create(TARO, [FORM] * 2, None)) == "template_too_many"
    assert len(await seen(templates, TARO)) == MOST - 1
    await templates.create(HANAKO, [FORM], None)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (Form(title="a", body="{{name}}"), "template_blank_unknown"),
        (Form(title="a", body="x", fields=FORM.fields), "template_field_unused"),
        (Form(title="a", body="{{name}}", fields=FORM.fields * 2), "template_field_unused"),
        (
            Form(
                title="a",
                body="{{name}}",
                fields=(Field(name="name", label="a", kind="choice", choices=("一",)),),
            ),
            "template_choices",
        ),
    ],
)
def test_a_form_and_its_text_belong_together(form: Form, code: str) -> None:
    with pytest.raises(JimaeError) as told:
        check(form)
    assert told.value.code == code
    assert told.value.message("ja")


@pytest.mark.parametrize("one", shipped(), ids=lambda one: one.id)
def test_shipped_templates_can_be_filled(one: object) -> None:
    for language in ("ja", "en"):
        form = one.form(language)  # type: ignore[attr-defined]
        check(form)
        assert set(BLANK.findall(form.body)) == {field.name for field in form.fields}
        assert form.title
        assert form.description
        assert len(form.body) > 150
    assert "{" not in BLANK.sub("", form.body)


def test_what_offices_write_most_is_there() -> None:
    assert [one.id for one in shipped()] == [
        "greeting",
        "minutes",
        "proposal",
        "mail",
        "questions",
        "excel",
        "translation",
        "plain-japanese",
        "official",
        "summary",
    ]
