"""Whole ways through the page with the keyboard alone."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from browser.asking import OpenPage, answers
from browser.keys import focused, go_to, press
from fakes.backend import Backends, forever, saying
from fakes.serving import Served


async def test_asking_stopping_copying_editing_and_walking(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    backends["fake"].play(*forever())
    backends["fake"].play(*saying("一の答え"))
    backends["fake"].play(*saying("直した答え"))
    page = await open_page(served.url, permissions=["clipboard-read", "clipboard-write"])
    await page.keyboard.press("Control+Shift+M")
    await page.keyboard.insert_text("話し続けて")
    await page.keyboard.press("Enter")
    await expect(answers(page)).to_contain_text("ああ")
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("ここで停止しました。").first).to_be_visible()
    await page.keyboard.press("Control+Shift+O")
    await expect(answers(page)).to_have_count(0)
    assert await focused(page) == "メッセージ"
    await page.keyboard.insert_text("一の質問")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="答え直す")).to_be_visible()

    await press(page, "回答をコピー", "Shift+Tab")
    await expect(page.get_by_text("コピーしました").first).to_be_attached()
    assert await page.evaluate("navigator.clipboard.readText()") == "一の答え"
    await press(page, "形式を選んでコピー")
    await press(page, "書式なしのテキスト")
    await expect(page.get_by_role("button", name="形式を選んでコピー")).to_be_focused()

    await press(page, "質問を直す", "Shift+Tab")
    await expect(page.get_by_role("textbox", name="直した質問")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="質問を直す")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="直した質問")).to_be_focused()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text("直した質問です")
    await page.keyboard.press("Enter")
    await expect(answers(page)).to_have_text("直した答え")
    await expect(page.get_by_role("textbox", name="メッセージ")).to_be_focused()
    await press(page, "前の版", "Shift+Tab")
    await expect(answers(page)).to_have_text("一の答え")
    await expect(page.get_by_role("button", name="次の版")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(answers(page)).to_have_text("直した答え")
    await expect(page.get_by_role("button", name="前の版")).to_be_focused()
    await press(page, "答え直す")
    await expect(answers(page)).to_have_text("東京です。")
    assert await focused(page) != ""


async def test_keeping_order_among_chats(
    served: Served, open_page: OpenPage, tmp_path: Path
) -> None:
    page = await open_page(served.url)
    for text in ("一つ目", "二つ目", "三つ目"):
        await page.keyboard.press("Control+Shift+O")
        await page.keyboard.insert_text(text)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="答え直す")).to_be_visible()
    await page.keyboard.press("Control+Shift+S")
    await go_to(page, "三つ目")
    await go_to(page, "二つ目", "ArrowDown")

    # Rename
    await choose(page, "名前を変更")
    assert await focused(page) == "チャットの名前"
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text("見積")
    await page.keyboard.press("Enter")
    await said(page, "見積")
    # Pin
    await choose(page, "ピン留めする")
    await expect(page.get_by_role("heading", name="ピン留め")).to_be_visible()
    await said(page, "「見積」の操作")
    await choose(page, "ピン留めを外す")
    await expect(page.get_by_role("heading", name="ピン留め")).to_have_count(0)
    await said(page, "「見積」の操作")
    # Move to a folder: the line goes into it, and the focus to one that is there
    await choose(page, "フォルダーに移動")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await go_to(page, "フォルダーの名前")
    await page.keyboard.insert_text("契約")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("button", name="契約 1")).to_be_visible()
    # The folder opens and closes by arrows
    await said(page, "契約 1")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowDown")
    await said(page, "見積")
    await page.keyboard.press("ArrowLeft")
    await said(page, "契約 1")
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("button", name="見積", exact=True)).to_have_count(0)
    # Export
    await go_to(page, "三つ目", "ArrowDown")
    async with page.expect_download() as download:
        await choose(page, "Markdown で書き出す")
    saved = tmp_path / "chat.md"
    await (await download.value).save_as(saved)
    assert "三つ目" in saved.read_text(encoding="utf-8")
    # Trash, and back from it
    await page.keyboard.press("Escape")
    await go_to(page, "三つ目", "Shift+Tab")
    await choose(page, "ごみ箱へ移す")
    await said(page, "一つ目")
    await press(page, "チャットの管理")
    await press(page, "元に戻す: 三つ目")
    await expect(page.get_by_text("ごみ箱は空です。")).to_be_visible()
    assert await focused(page) != ""
    await press(page, "チャットへ戻る", "Shift+Tab")
    await expect(page.get_by_role("button", name="三つ目", exact=True)).to_be_visible()


async def test_a_line_moved_from_elsewhere_keeps_the_focus(
    served: Served, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    for text in ("一つ目", "二つ目"):
        await page.keyboard.press("Control+Shift+O")
        await page.keyboard.insert_text(text)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="答え直す")).to_be_visible()
    chats = f"{served.url}/jimae/chats"
    row = (await (await page.request.get(chats)).json())["data"][1]
    await page.keyboard.press("Control+Shift+S")
    await go_to(page, "一つ目")
    await page.request.post(f"{chats}/{row['id']}", data={"pinned": True})
    await expect(page.get_by_role("heading", name="ピン留め")).to_be_visible()
    await said(page, "一つ目")
    await page.request.delete(f"{chats}/{row['id']}")
    await expect(page.get_by_role("heading", name="ピン留め")).to_have_count(0)
    await said(page, "二つ目")


async def test_a_template_and_a_model(served: Served, open_page: OpenPage) -> None:
    page = await open_page(served.url)
    await page.keyboard.press("Control+Shift+M")
    await page.keyboard.press("/")
    await expect(page.get_by_role("option").first).to_be_visible()
    await page.keyboard.insert_text("メール")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="定型プロンプト")
    await expect(dialog.get_by_role("textbox").first).to_be_visible()
    for field in await dialog.locator("[required]").all():
        await field.focus()
        await page.keyboard.insert_text("お礼")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#message")).to_be_focused()
    assert "お礼" in await page.locator("#message").input_value()
    await page.keyboard.press("Escape")


async def choose(page: Page, name: str) -> None:
    """In the menu of the chat that has the focus, or whose menu has it."""
    if not (await focused(page)).endswith("の操作"):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem").first).to_be_focused()
    await press(page, name, "ArrowDown")


async def said(page: Page, name: str) -> None:
    """Wait until what has this name has the focus."""
    await page.wait_for_function(
        "name => new RegExp(`^(?:${name})$`).test((document.activeElement.ariaLabel ??"
        " document.activeElement.textContent).replace(/\\s+/g, ' ').trim())",
        arg=name,
    )
