"""Accounts from a table: all or none, and everything that is wrong at once."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fakes.people import HASH, TERMINAL, People
from jimae.errors import JimaeError
from jimae.service.accounts import groups
from jimae.service.accounts.importing import Refused, Taken, take_in
from jimae.service.accounts.sheet import read
from jimae.service.service import Service
from jimae.store.account_tables import Account, Group
from jimae.store.audit_tables import AuditRecord


def table(*lines: str) -> bytes:
    return "\n".join(("サインイン名,表示名,メール,権限,グループ", *lines)).encode()


async def take(
    service: Service, data: bytes, *, update: bool = False, make_groups: bool = False
) -> Taken:
    sheet = read(data, "people.csv")
    hashes = {row.line: HASH for row in sheet.rows}

    def work(session: Session) -> Taken:
        return take_in(
            session, TERMINAL, sheet, update=update, make_groups=make_groups, hashes=hashes
        )

    return await service.store.write(work)


async def acted(service: Service) -> list[str]:
    def read_all(session: Session) -> list[str]:
        bodies = session.scalars(select(AuditRecord.body).order_by(AuditRecord.seq))
        return [json.loads(body)["act"] for body in bodies]

    return await service.store.read(read_all)


async def test_everybody_of_a_table_with_their_groups_and_on_record(
    both: Service, people: People
) -> None:
    await people.add("root", "admin", groups=["総務課"])
    before = len(await acted(both))
    taken = await take(
        both,
        table("Hanako,佐藤花子,h@example.jp,グループ管理者,総務課;営業", "taro,,,,営業"),
        make_groups=True,
    )
    assert [(one.name, one.act, one.joined) for one in taken.done] == [
        ("hanako", "make", ("総務課", "営業")),
        ("taro", "make", ("営業",)),
    ]
    assert taken.groups == ("営業",)

    def look(session: Session) -> list[tuple[str, str, str | None, str, bool]]:
        found = session.scalars(
            select(Account).where(Account.name != "root").order_by(Account.name)
        )
        return [
            (one.name, one.display_name, one.mail, one.role, one.must_change_password)
            for one in found
        ]

    assert await both.store.read(look) == [
        ("hanako", "佐藤花子", "h@example.jp", "manager", True),
        ("taro", "taro", None, "user", True),
    ]
    assert (await acted(both))[before:] == [
        "group.create",
        *("user.create", "group.join", "group.join"),
        *("user.create", "group.join"),
    ]


async def test_everything_that_is_wrong_is_told_and_nothing_is_done(
    both: Service, people: People
) -> None:
    await people.add("root", "admin")
    before = await acted(both)
    with pytest.raises(Refused) as refused:
        await take(
            both,
            table(
                "hanako",
                "ＨＡＮＡＫＯ,,,社長,幻の課;虚の課",
                "ROOT",
                "a b,,nomail",
                f"taro,{'長' * 257}",
                "x,,,,,y",
            ),
        )
    assert [(one.line, one.error.code) for one in refused.value.wrong] == [
        (3, "people_name_twice"),
        (3, "people_role"),
        (3, "people_group"),
        (3, "people_group"),
        (4, "people_name_taken"),
        (5, "name_unusable"),
        (5, "people_mail"),
        (6, "name_length"),
        (7, "people_too_many_cells"),
    ]
    assert "サインイン名" in refused.value.wrong[5].error.message("ja")
    assert await both.store.read(lambda session: len(session.scalars(select(Account)).all())) == 1
    assert await acted(both) == before


async def test_update_changes_what_a_line_says_and_nothing_else(
    both: Service, people: People
) -> None:
    await people.add("root", "admin")
    hanako = await people.add("hanako", "manager", groups=["総務課"], manages=True)
    taken = await take(
        both,
        table("hanako,佐藤花子,,,総務課;営業", "root,,,,", "taro"),
        update=True,
        make_groups=True,
    )
    assert [(one.name, one.act, one.changed, one.joined) for one in taken.done] == [
        ("hanako", "change", ("display_name",), ("営業",)),
        ("root", "same", (), ()),
        ("taro", "make", (), ()),
    ]

    def look(session: Session) -> tuple[str, str, str | None, dict[str, bool]]:
        account = session.get_one(Account, hanako.id)
        joined = groups.of(session, [hanako.id])[hanako.id]
        manages = {group.name: membership.manages for group, membership in joined}
        return account.display_name, account.role, account.password_hash, manages

    assert await both.store.read(look) == (
        "佐藤花子",
        "manager",
        HASH,
        {"総務課": True, "営業": False},
    )


async def test_the_last_administrator_stays_one(both: Service, people: People) -> None:
    await people.add("root", "admin")
    with pytest.raises(Refused) as refused:
        await take(both, table("taro", "root,別名,,利用者,"), update=True)
    assert [(one.line, one.error.code) for one in refused.value.wrong] == [(3, "last_admin")]

    def look(session: Session) -> list[tuple[str, str]]:
        return [(one.name, one.display_name) for one in session.scalars(select(Account))]

    assert await both.store.read(look) == [("root", "root")]


async def test_somebody_who_went_while_passwords_were_made(both: Service, people: People) -> None:
    await people.add("root", "admin")
    sheet = read(table("taro"), "-")
    with pytest.raises(Refused) as refused:
        await both.store.write(lambda session: take_in(session, TERMINAL, sheet, hashes={}))
    assert [one.error.code for one in refused.value.wrong] == ["people_gone"]


async def test_a_group_is_made_once_however_it_is_written(both: Service, people: People) -> None:
    await people.add("root", "admin")
    taken = await take(both, table("a,,,,ＩＴ室", "b,,,,IT室;it室"), make_groups=True)
    assert taken.groups == ("ＩＴ室",)
    found = await both.store.read(lambda session: session.scalars(select(Group.name)).all())
    assert list(found) == ["ＩＴ室"]


async def test_without_an_administrator_there_is_none_to_begin_with(both: Service) -> None:
    with pytest.raises(JimaeError) as refused:
        await take(both, table("taro"))
    assert refused.value.code == "no_account"
