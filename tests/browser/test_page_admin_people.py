"""Looking after somebody in the page: signed out, unlocked, asked for a new password, deleted."""

from __future__ import annotations

import re
import time

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from browser.asking import OpenPage, Watch, violations
from browser.keys import go_to, press
from browser.people import sign_in
from fakes.people import People
from fakes.serving import Served
from jimae.service.accounts import attempts
from jimae.service.service import Service
from jimae.store.account_tables import Account, Attempts

SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


async def at_people(page: Page, url: str, name: str = "root") -> None:
    await page.goto(f"{url}/#/admin/people")
    await sign_in(page, name)
    await page.locator("#content table").wait_for()


async def shown(page: Page, name: str) -> None:
    await page.get_by_role("button", name=f"詳しく: {name}").click()
    await page.get_by_role("dialog", name=name).locator("table, .empty").first.wait_for()


@SCHEMES
async def test_somebody_is_signed_out_of_one_device_and_of_all(
    served: Served, people: People, open_page: OpenPage, watch: Watch, scheme: str
) -> None:
    watch.expected = ("401",)  # of those who are signed out
    await people.add("root", "admin")
    await people.add("hanako", groups=["営業部"])
    others = []
    for _ in range(2):
        other = await open_page(served.url, ready="#name")
        await sign_in(other, "hanako")
        await other.locator("#message").wait_for()
        others.append(other)
    page = await open_page(served.url, ready="#name", color_scheme=scheme)
    await at_people(page, served.url)
    await shown(page, "hanako")
    dialog = page.get_by_role("dialog", name="hanako", exact=True)
    await expect(dialog.locator("tbody tr")).to_have_count(3)
    assert await violations(page) == []
    await dialog.get_by_role("button", name=re.compile("^終了: ")).first.click()
    asked = page.get_by_role("dialog", name="このサインインを終了しますか")
    await asked.get_by_role("button", name="終了").click()
    await expect(dialog.locator("tbody tr")).to_have_count(2)

    await dialog.get_by_role("button", name="すべて終了").click()
    asked = page.get_by_role("dialog", name="hanako のサインインをすべて終了しますか")
    await asked.get_by_role("button", name="すべて終了").click()
    await expect(dialog.get_by_text("どの端末でもサインインしていません。")).to_be_visible()
    for other in others:
        await other.reload()
        await expect(other.locator("#name")).to_be_visible()


async def test_somebody_is_unlocked_and_has_to_change_the_password(
    served: Served, service: Service, people: People, open_page: OpenPage
) -> None:
    def failed(session: Session) -> None:
        attempts.begin(session, "hanako", "192.0.2.1")
        session.execute(update(Attempts).values(locked_until=time.time() + 300))

    await people.add("root", "admin")
    await people.add("hanako")
    await service.store.write(failed)
    page = await open_page(served.url, ready="#name")
    await at_people(page, served.url)
    row = page.get_by_role("row", name=re.compile("^hanako"))
    await expect(row).to_contain_text("ロック中")
    await shown(page, "hanako")
    dialog = page.get_by_role("dialog", name="hanako", exact=True)
    await expect(dialog.get_by_role("alert")).to_contain_text("サインインできません")
    assert await violations(page) == []
    await dialog.get_by_role("button", name="ロックを解除").click()
    await expect(dialog.get_by_role("alert")).to_have_count(0)
    await dialog.get_by_role("button", name="変更を求める").click()
    await expect(dialog.get_by_text("まずパスワードの変更を求められます")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(row).not_to_contain_text("ロック中")

    other = await open_page(served.url, ready="#name")
    await sign_in(other, "hanako")
    await expect(
        other.get_by_role("heading", name="新しいパスワードを決めてください")
    ).to_be_visible()


@SCHEMES
async def test_somebody_is_deleted_by_keyboard_after_their_name_is_typed(
    served: Served, service: Service, people: People, open_page: OpenPage, scheme: str
) -> None:
    await people.add("root", "admin")
    await people.add("hanako")
    taro = await people.add("taro")
    page = await open_page(served.url, ready="#name", color_scheme=scheme)
    await at_people(page, served.url)
    await press(page, "詳しく: hanako")
    await page.get_by_role("dialog", name="hanako", exact=True).wait_for()
    await press(page, "削除")
    dialog = page.get_by_role("dialog", name="hanako を削除しますか")
    await expect(dialog).to_contain_text("監査ログの記録")
    assert await violations(page) == []
    await go_to(page, "確認のため「hanako」と入力してください")
    await page.keyboard.type("hanaka")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("違います")
    await page.keyboard.press("Backspace")
    await page.keyboard.type("o")
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(page.locator("tbody tr")).to_have_count(2)
    await expect(page.get_by_role("status")).to_contain_text(["hanako を削除しました。"])

    await people.add("jiro")
    await page.reload()
    await shown(page, "jiro")
    await page.get_by_role("button", name="削除").click()
    dialog = page.get_by_role("dialog", name="jiro を削除しますか")
    await dialog.get_by_role("radio", name="ほかの人に引き継ぐ").check()
    await dialog.get_by_label("確認のため「jiro」と入力してください").fill("jiro")
    await dialog.get_by_label("引き継ぐ人のサインインの名前").fill("nobody")
    await dialog.get_by_role("button", name="削除する").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("「nobody」という利用者はいません")
    await dialog.get_by_label("引き継ぐ人のサインインの名前").fill("ＴＡＲＯ")
    await dialog.get_by_role("button", name="削除する").click()
    await expect(page.locator("tbody tr")).to_have_count(2)
    left = await service.store.read(
        lambda session: set(session.scalars(select(Account.id).where(Account.role == "user")))
    )
    assert left == {taro.id}


async def test_what_somebody_did_is_one_step_away(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("root", "admin")
    await people.add("hanako")
    other = await open_page(served.url, ready="#name")
    await sign_in(other, "hanako")
    await other.locator("#message").wait_for()
    page = await open_page(served.url, ready="#name", locale="en-GB")
    await at_people(page, served.url)
    await page.get_by_role("button", name="Details: hanako").click()
    await page.get_by_role("link", name="See the audit log").click()
    await expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    await expect(page.get_by_role("cell", name="Signed in")).to_be_visible()
    await expect(page.get_by_role("row", name=re.compile("root"))).to_have_count(0)


async def test_a_manager_looks_after_sessions_but_not_passwords(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("hanako", groups=["営業部"])
    await people.add("boss", "manager", groups=["営業部"], manages=True)
    page = await open_page(served.url, ready="#name")
    await at_people(page, served.url, "boss")
    await shown(page, "hanako")
    dialog = page.get_by_role("dialog", name="hanako", exact=True)
    await expect(dialog.get_by_role("button", name="すべて終了")).to_be_visible()
    await expect(dialog.get_by_role("button", name="削除")).to_have_count(0)
    await expect(dialog.get_by_role("button", name="パスワード再設定")).to_have_count(0)
