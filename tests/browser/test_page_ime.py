"""Japanese input: the Enter that ends a conversion never sends."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from browser.asking import Ime, OpenPage, answers, message
from fakes.backend import Backends, forever
from fakes.serving import Served

# Dispatched as each browser does for: convert, Enter to confirm.
SAFARI = """field => {
  const key = (type, init) => field.dispatchEvent(
    new KeyboardEvent(type, { bubbles: true, cancelable: true, key: 'Enter', ...init }));
  field.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
  field.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: '日本' }));
  key('keydown', { keyCode: 229 });
  key('keyup', { keyCode: 13 });
}"""
FIREFOX = """field => {
  const key = (type, init) => field.dispatchEvent(
    new KeyboardEvent(type, { bubbles: true, cancelable: true, key: 'Enter', ...init }));
  field.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
  key('keydown', { keyCode: 13, isComposing: true });
  field.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: '日本' }));
  key('keyup', { keyCode: 13 });
}"""


async def settled(page: Page) -> None:
    """Two frames later, whatever a key does has been done."""
    await page.evaluate("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")


async def test_the_enter_that_ends_a_conversion_does_not_send(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await message(page).click()
    ime = await Ime.of(page)
    await ime.compose("に", "にほ", "にほん", "日本")
    await ime.confirm("日本")
    await settled(page)
    await expect(message(page)).to_have_value("日本")
    assert backends["fake"].started == 0
    await ime.compose("のしゅと", "の首都")
    await ime.confirm("の首都")
    await settled(page)
    assert backends["fake"].started == 0
    await page.keyboard.press("Enter")
    await expect(page.locator("article").first).to_contain_text("日本の首都")
    await expect(answers(page)).to_have_text("東京です。")
    assert backends["fake"].started == 1


@pytest.mark.parametrize("events", [SAFARI, FIREFOX], ids=["safari", "firefox"])
async def test_other_browsers_order_of_events(
    served: Served, backends: Backends, open_page: OpenPage, events: str
) -> None:
    page = await open_page(served.url)
    await message(page).fill("日本")
    await message(page).evaluate(events)
    await settled(page)
    await expect(message(page)).to_have_value("日本")
    await message(page).press("Enter")
    await expect(answers(page)).to_have_text("東京です。")
    assert backends["fake"].started == 1


async def test_shift_enter_is_a_new_line_and_ctrl_enter_can_be_chosen(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await page.get_by_role("button", name="設定").click()
    await page.get_by_role("radio", name="Ctrl + Enter").check()
    await page.keyboard.press("Escape")
    await message(page).click()
    await page.keyboard.type("一")
    await page.keyboard.press("Enter")
    await page.keyboard.type("二")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("三")
    await expect(message(page)).to_have_value("一\n二\n三")
    await page.keyboard.press("Control+Enter")
    await expect(answers(page)).to_have_text("東京です。")


async def test_escape_that_cancels_a_conversion_does_not_stop_the_answer(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    backends["fake"].play(*forever())
    page = await open_page(served.url)
    await message(page).fill("話して")
    await message(page).press("Enter")
    await expect(answers(page)).to_contain_text("あ")
    await message(page).evaluate(
        """field => field.dispatchEvent(new KeyboardEvent('keydown',
             { bubbles: true, key: 'Escape', keyCode: 229, isComposing: true }))"""
    )
    await settled(page)
    await expect(page.get_by_role("button", name="停止")).to_be_visible()
    await message(page).press("Escape")
    await expect(page.get_by_role("button", name="送信")).to_be_visible()
