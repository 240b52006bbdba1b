"""Ctrl+K in administration: its sections, people, groups, keys, models and settings."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from browser.asking import Ime, OpenPage, violations
from browser.people import sign_in
from fakes.people import People
from fakes.serving import Served

FIELD = "画面・利用者・キー・設定など"


async def find(page: Page, words: str) -> Locator:
    """Opens it and writes; returns what is found."""
    await page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="管理内の検索")
    field = dialog.get_by_role("combobox", name=FIELD)
    await expect(field).to_be_focused()
    await page.keyboard.insert_text(words)
    return dialog.get_by_role("option")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everything_is_found_by_keyboard(
    served: Served, people: People, open_page: OpenPage, scheme: str
) -> None:
    await people.add("root", "admin", groups=["総務課"])
    await people.add("hanako", groups=["営業部"])
    jiro = await people.add("jiro")
    for name in ("議事録の要約", "翻訳"):
        await people.key(jiro, name=name)
    page = await open_page(served.url, ready="#name", color_scheme=scheme)
    await page.goto(f"{served.url}/#/admin/overview")
    await sign_in(page, "root")
    await page.get_by_role("heading", name="稼働状況", level=1).wait_for()
    dialog = page.get_by_role("dialog")

    found = await find(page, "ログ")
    await expect(found.filter(has_text="監査ログ")).to_have_attribute("aria-selected", "true")
    assert await violations(page) == []
    await page.keyboard.press("ArrowDown")
    chosen = found.filter(has_text="ログの保存と削除")
    await expect(chosen).to_have_attribute("aria-selected", "true")
    active = await dialog.get_by_role("combobox").get_attribute("aria-activedescendant")
    assert active == await chosen.get_attribute("id")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="ログの保存と削除", level=1)).to_be_focused()

    found = await find(page, "ＨＡＮＡＫＯ")
    await expect(dialog.get_by_role("status")).to_have_text("1件")
    await page.keyboard.press("Enter")
    await expect(page.locator("#content tbody tr")).to_have_count(1)
    await expect(page.get_by_role("button", name="詳しく: hanako")).to_be_visible()
    # From where one is to somebody else there.
    found = await find(page, "root")
    await expect(dialog.get_by_role("status")).to_have_text("1件")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="詳しく: root")).to_be_visible()
    await expect(page.get_by_role("button", name="詳しく: hanako")).to_have_count(0)

    found = await find(page, "営業")
    await expect(found).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="メンバー: 営業部")).to_be_visible()
    await expect(page.locator("#content tbody tr")).to_have_count(1)

    found = await find(page, "議事録")
    await expect(found).to_have_count(1)
    await expect(found).to_contain_text("APIキー")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="失効させる: 議事録の要約")).to_be_visible()
    await expect(page.locator("#content tbody tr")).to_have_count(1)

    found = await find(page, "ごみ箱")
    await expect(found).to_have_text(
        ["chats.trash_days 設定 チャットがごみ箱に残る日数。過ぎると完全に削除されます。"]
    )
    await page.keyboard.press("Enter")
    await expect(page.locator("#content tbody tr")).to_have_count(1)

    found = await find(page, "ここにないもの")
    await expect(dialog.get_by_role("status")).to_have_text("見つかりません。")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_the_enter_of_a_conversion_chooses_nothing(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("root", "admin")
    page = await open_page(served.url, ready="#name")
    await page.goto(f"{served.url}/#/admin/overview")
    await sign_in(page, "root")
    await page.get_by_role("button", name="管理内の検索").click()
    ime = await Ime.of(page)
    await ime.compose("りよう", "利用")
    await ime.confirm("利用")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("option", name="利用統計")).to_be_visible()
    await expect(page.get_by_role("heading", name="稼働状況", level=1)).to_be_visible()
    await dialog.get_by_role("option", name="利用統計").click()
    await expect(page.get_by_role("heading", name="利用統計", level=1)).to_be_visible()


async def test_only_what_one_may_see(served: Served, people: People, open_page: OpenPage) -> None:
    await people.add("root", "admin")
    await people.add("kansa", "auditor")
    page = await open_page(served.url, ready="#name")
    await sign_in(page, "kansa")
    await page.get_by_role("heading", name="監査ログ", level=1).wait_for()
    await expect(await find(page, "")).to_have_text(["監査ログ", "ログの保存と削除"])
    await page.keyboard.insert_text("root")
    await expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("見つかりません。")
