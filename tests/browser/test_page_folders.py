"""Folders in folders: made inside, moved, shown as a tree, as deep as there may be."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from browser.asking import OpenPage, Watch, ask_and_wait, violations
from fakes.serving import Served


def folder(page: Page, name: str) -> Locator:
    return (
        page.get_by_role("navigation")
        .get_by_role("listitem")
        .filter(has=page.get_by_role("button", name=f"フォルダー「{name}」の操作"))
    )


async def act(page: Page, name: str, what: str) -> Locator:
    await page.get_by_role("button", name=f"フォルダー「{name}」の操作").click()
    await page.get_by_role("menuitem", name=what).click()
    return page.get_by_role("dialog")


async def make_inside(page: Page, above: str, name: str) -> None:
    dialog = await act(page, above, "中に新しいフォルダーを作る")
    await dialog.get_by_label("フォルダーの名前").fill(name)
    await dialog.get_by_role("button", name="作成").click()


async def test_a_tree_of_folders(served: Served, open_page: OpenPage, watch: Watch) -> None:
    watch.expected = ("400",)
    page = await open_page(served.url)
    await ask_and_wait(page, "橋の見積")
    await page.get_by_role("button", name="「橋の見積」の操作").click()
    await page.get_by_role("menuitem", name="フォルダーに移動").click()
    await page.get_by_label("フォルダーの名前").fill("契約")
    await page.get_by_role("button", name="保存").click()
    await expect(folder(page, "契約")).to_have_attribute("aria-level", "1")
    above = "契約"
    for level, name in enumerate(("工事", "道路", "橋", "点検"), start=2):
        await make_inside(page, above, name)
        # What is made is shown: its folder opens.
        await expect(folder(page, name)).to_have_attribute("aria-level", str(level))
        above = name
    await make_inside(page, "点検", "深すぎる")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("alert")).to_contain_text("フォルダーは 5 段までです")
    await dialog.get_by_role("button", name="やめる").click()
    assert await violations(page) == []

    # The chat goes into one of them, told with its path.
    await page.get_by_role("button", name="「橋の見積」の操作").click()
    await page.get_by_role("menuitem", name="フォルダーに移動").click()
    await page.get_by_label("移動先").select_option("契約 / 工事 / 道路")
    await page.get_by_role("button", name="保存").click()
    chat = page.get_by_role("listitem").filter(
        has=page.get_by_role("button", name="橋の見積", exact=True)
    )
    await expect(chat).to_have_attribute("aria-level", "4")

    # A folder moves with all that is in it, but not into itself.
    dialog = await act(page, "道路", "フォルダーを移動")
    places = await dialog.get_by_label("移動先").locator("option").all_inner_texts()
    assert places == ["いちばん上", "契約", "契約 / 工事"]
    await dialog.get_by_label("移動先").select_option("いちばん上")
    await dialog.get_by_role("button", name="保存").click()
    await expect(folder(page, "道路")).to_have_attribute("aria-level", "1")
    await expect(chat).to_have_attribute("aria-level", "2")
    await expect(folder(page, "点検")).to_have_attribute("aria-level", "3")

    # Who deletes a folder keeps what is in it.
    await (
        (await act(page, "道路", "フォルダーを削除"))
        .get_by_role("button", name="フォルダーを削除")
        .click()
    )
    await expect(folder(page, "道路")).to_have_count(0)
    await expect(folder(page, "橋")).to_have_attribute("aria-level", "1")
    await expect(page.get_by_role("heading", name="今日")).to_be_visible()
    await page.reload()
    await page.get_by_role("button", name="契約 0").click()
    await expect(folder(page, "工事")).to_have_attribute("aria-level", "2")
