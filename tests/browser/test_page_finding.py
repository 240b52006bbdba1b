"""Finding what was said: with the keyboard alone, far above, in another branch, on a phone."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from browser.asking import Ime, OpenPage, answers, ask_and_wait, message, violations
from browser.chromium import PHONE
from fakes.backend import Backends, saying
from fakes.serving import Served

# What the browser paints as found, in the order of the text.
MARKED = "[...(CSS.highlights.get('found') ?? [])].map(range => range.toString())"
IN_VIEW = """element => {
  const { top, bottom } = element.getBoundingClientRect();
  const frame = element.closest('.scroller').getBoundingClientRect();
  return bottom > frame.top && top < frame.bottom;
}"""


def box(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="チャットを検索")


async def marks(page: Page, words: list[str]) -> None:
    await page.wait_for_function(f"words => ({MARKED}).join() === words.join()", arg=words)


@pytest.fixture
def told(backends: Backends) -> None:
    backends["fake"].play(*saying("会議は**午後**からです。午後三時に始めます。"))
    backends["fake"].play(*saying("請求書の宛先は総務課です。"))


async def test_by_keyboard_alone(served: Served, told: None, open_page: OpenPage) -> None:
    page = await open_page(served.url)
    await ask_and_wait(page, "次の会議は?")
    await page.keyboard.press("Control+Shift+O")
    await ask_and_wait(page, "請求書の宛先は?")
    await page.keyboard.type("書きかけ")
    await page.keyboard.press("Control+K")
    await expect(box(page)).to_be_focused()
    # Keys of a conversion stay in the field.
    ime = await Ime.of(page)
    await ime.compose("ご", "ごご", "午後")
    await ime.confirm("午後")
    await expect(box(page)).to_be_focused()
    found = page.get_by_role("region", name="検索結果").get_by_role("button")
    await expect(found).to_have_count(1)
    assert await violations(page) == []
    await page.keyboard.press("ArrowDown")
    await expect(found.first).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(box(page)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    answer = page.locator("article[data-turn]").last
    await expect(answer).to_be_focused()
    await expect(answers(page)).to_contain_text("午後三時")
    await marks(page, ["午後", "午後"])
    # Back to what was being written, where the search began.
    await page.keyboard.press("Control+K")
    await page.keyboard.press("Escape")
    await expect(answer).to_be_focused()
    await expect(box(page)).to_have_value("")
    await page.keyboard.press("Control+Shift+M")
    await expect(message(page)).to_be_focused()
    await page.keyboard.type("続き")
    await page.keyboard.press("Enter")
    await marks(page, [])


async def test_escape_leads_back_and_enter_opens_the_first(
    served: Served, told: None, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await ask_and_wait(page, "次の会議は?")
    await page.keyboard.press("Control+Shift+M")
    for keys in ("", "午後", "ない言葉"):
        await page.keyboard.press("Control+K")
        await page.keyboard.insert_text(keys)
        await page.keyboard.press("Escape")
        await expect(page.locator("#message")).to_be_focused()
    await page.keyboard.press("Control+Shift+O")
    await page.keyboard.press("Control+K")
    await page.keyboard.insert_text("三時")
    results = page.get_by_role("region", name="検索結果")
    await expect(results.get_by_role("button")).to_have_count(1)
    await page.keyboard.press("Enter")
    await marks(page, ["三時"])


async def test_what_was_found_far_above_and_in_another_branch(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    backends["fake"].play(*saying("目当ての合言葉です。"))
    await ask_and_wait(page, "一つ目")
    backends["fake"].play(*saying("\n\n".join(f"{number} 行目" for number in range(60))))
    await ask_and_wait(page, "長い答え")
    await page.get_by_role("button", name="質問を直す").first.click()
    await page.keyboard.type("ほかの枝")
    await page.keyboard.press("Enter")
    await expect(answers(page)).to_have_text("東京です。")
    await page.keyboard.press("Control+K")
    await page.keyboard.insert_text("合言葉")
    results = page.get_by_role("region", name="検索結果").get_by_role("button")
    await expect(results).to_have_count(1)
    await page.keyboard.press("Enter")
    await marks(page, ["合言葉"])
    await expect(answers(page)).to_have_count(2)
    assert await answers(page).first.evaluate(IN_VIEW)
    # It stays there, though more is rendered below.
    await page.wait_for_timeout(300)
    assert await answers(page).first.evaluate(IN_VIEW)


async def test_on_a_phone(served: Served, told: None, open_page: OpenPage) -> None:
    page = await open_page(served.url, viewport=PHONE, is_mobile=True, has_touch=True)
    await message(page).fill("次の会議は?")
    await page.get_by_role("button", name="送信").tap()
    await expect(answers(page)).to_contain_text("午後三時")
    await page.get_by_role("button", name="新しいチャット").first.tap()
    await page.get_by_role("button", name="一覧を開く").tap()
    await box(page).fill("午後")
    await page.get_by_role("region", name="検索結果").get_by_role("button").first.tap()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await marks(page, ["午後", "午後"])
    # The keyboard of the phone stays away: one reads now.
    await expect(page.locator("#message")).not_to_be_focused()
