"""The page for everyone: axe, keyboard, screen readers, phones, both languages."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from browser.asking import OpenPage, answers, ask, ask_and_wait, message, violations
from browser.chromium import PHONE
from fakes.backend import Backends, forever, saying
from fakes.serving import Served
from jimae.errors import JimaeError
from jimae.types import Delta, Prefill, Started

ANSWER = """# 見出し

**強調**と[手引き](https://example.jp/)と`code`です。

| 日 | すること | 担当 |
| --- | --- | --: |
| 月 | 案内 | 総務課 |

> 引用

```python
# 長い行は横に送れる
print("東京都" * 100, "大阪府" * 100, "北海道" * 100, "沖縄県" * 100, "福岡県" * 100)
```

1. 一つ目
   - 内側
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["ja-JP", "en-US"])
async def test_axe_finds_nothing(
    served: Served, backends: Backends, open_page: OpenPage, scheme: str, locale: str
) -> None:
    go = asyncio.Event()
    backends["fake"].play(*saying(ANSWER))
    backends["fake"].play(Started(7, 0), Prefill(1, 4), go)
    backends["fake"].play(
        Started(7, 0), Delta("途中", (1,)), JimaeError("worker_died", model="fake", reason="x")
    )
    page = await open_page(served.url, color_scheme=scheme, locale=locale)
    assert await violations(page) == []
    await message(page).fill("書きかけ")
    await page.locator("[popovertarget=models]").click()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.locator("[popovertarget=settings]").click()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await ask(page, "全部見せて")
    await expect(answers(page).locator(".hljs-string").first).to_be_visible()
    assert await violations(page) == []
    await ask(page, "待つ")
    await expect(page.locator("progress")).to_be_visible()
    assert await violations(page) == []
    await message(page).press("Escape")
    await ask(page, "失敗する")
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await violations(page) == []


async def test_everything_by_keyboard(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    backends["fake"].play(*forever())
    page = await open_page(served.url)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="入力欄へ移動")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.type("keyboard")
    await page.keyboard.press("Enter")
    await expect(answers(page)).to_contain_text("あ")
    for name in ("ファイルを添付", "定型プロンプト", "停止"):
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name=name)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("article").get_by_text("ここで停止しました。")).to_be_visible()
    await page.get_by_role("button", name="モデルの選択").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("radio", name="fake")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("radio", name="other")).to_be_checked()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="モデルの選択: other")).to_be_focused()


async def test_a_screen_reader_hears_sentences(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    go = asyncio.Event()
    more = saying("終わって。以上です")[2:]
    backends["fake"].play(Started(7, 0), Delta("東京です。まだ", (1, 2)), go, *more)
    page = await open_page(served.url)
    log = page.get_by_role("log").locator("p")
    await ask(page, "首都は?")
    await expect(log).to_have_text(["東京です。"])
    go.set()
    await expect(log).to_have_text(
        ["東京です。", "まだ終わって。", "以上です", "回答が終わりました。"]
    )


HEARD = """() => {
  window.heard = [];
  const said = (node) => window.heard.push(node.textContent);
  new MutationObserver((changes) => {
    for (const { addedNodes, target } of changes) {
      const log = target.nodeType === 1 && target.closest("[role=log]");
      for (const node of addedNodes) {
        if (log && node.textContent) said(node);
      }
      if (target.nodeType === 3 && target.parentElement?.closest("[role=log]")) said(target);
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""


async def test_no_sentence_is_heard_twice(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    """Not when an answer is gone on with, nor read on after a reload, nor looked at again."""
    go = asyncio.Event()
    backends["fake"].play(*saying("一、始めます。二、続けて", reason="length"))
    backends["fake"].play(*saying("います。三、終わります。"))
    backends["fake"].play(Started(7, 0), Delta("四です。五は", (1, 2)), go, *saying("最後。")[2:])
    page = await open_page(served.url)
    await page.evaluate(HEARD)
    heard = "window.heard"
    await ask_and_wait(page, "数えて")
    assert await page.evaluate(heard) == ["一、始めます。", "二、続けて", "回答が終わりました。"]
    await page.evaluate("window.heard = []")
    await page.get_by_role("button", name="続きを書く").click()
    await expect(page.get_by_role("button", name="続きを書く")).to_have_count(0)
    await expect(page.get_by_role("button", name="送信")).to_be_visible()
    said = await page.evaluate(heard)
    assert said == ["二、続けています。", "三、終わります。", "回答が終わりました。"]
    # Another chat, and back: nothing is said of what was heard.
    await page.get_by_role("button", name="新しいチャット").first.click()
    await page.evaluate("window.heard = []")
    await page.get_by_role("button", name="数えて", exact=True).click()
    await expect(answers(page)).to_contain_text("三、")
    await ask(page, "続けて")
    await expect(answers(page).last).to_contain_text("五は")
    assert await page.evaluate(heard) == ["四です。"]
    await page.reload()
    await expect(answers(page).last).to_contain_text("五は")
    await page.evaluate(HEARD)
    go.set()
    await expect(page.get_by_role("button", name="送信")).to_be_visible()
    assert await page.evaluate(heard) == ["五は最後。", "回答が終わりました。"]


async def test_a_phone(served: Served, backends: Backends, open_page: OpenPage) -> None:
    backends["fake"].play(*saying(ANSWER))
    page = await open_page(served.url, viewport=PHONE, is_mobile=True, has_touch=True)
    await expect(page.get_by_role("button", name="議事録の要約")).to_be_visible()
    await expect(page.get_by_role("heading", name="今日は何をしましょうか")).to_be_in_viewport()
    assert await violations(page) == []
    assert await font_size(page, "#message") >= 16
    await message(page).tap()
    await page.keyboard.type("一行目")
    await page.keyboard.press("Enter")
    await page.keyboard.type("二行目")
    await page.get_by_role("button", name="送信").tap()
    await expect(page.locator("article p").first).to_have_text("一行目\n二行目")
    await expect(answers(page).locator("table")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert await violations(page) == []
    await page.get_by_role("button", name="一覧を開く").tap()
    await expect(page.get_by_role("dialog").get_by_text("一行目")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("dialog").get_by_role("button", name="新しいチャット").tap()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(answers(page)).to_have_count(0)


async def font_size(page: Page, selector: str) -> float:
    size: str = await page.locator(selector).evaluate("e => getComputedStyle(e).fontSize")
    return float(size.removesuffix("px"))


async def test_the_language_follows_the_browser_and_is_remembered(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await open_page(served.url, locale="de-DE")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.get_by_role("heading", name="What shall we do today?")).to_be_visible()
    await page.get_by_role("button", name="Settings").click()
    await page.get_by_role("radio", name="日本語").check()
    await expect(page.locator("html")).to_have_attribute("lang", "ja")
    await page.reload()
    await expect(page.get_by_role("heading", name="今日は何をしましょうか")).to_be_visible()
    await expect(page.get_by_text("サインインなし")).to_be_visible()


async def test_errors_come_in_the_language_of_the_page(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    error = JimaeError("worker_died", model="fake", reason="x")
    backends["fake"].play(Started(7, 0), Delta("a", (1,)), error)
    page = await open_page(served.url, locale="en-US")
    await ask(page, "fail")
    await expect(page.get_by_role("alert")).to_contain_text(error.message("en"))


async def test_one_begins_from_the_templates(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    starters = page.get_by_role("list", name="よく使う頼みごと").get_by_role("button")
    japanese = {"Accept-Language": "ja"}
    told = await page.request.get(f"{served.url}/jimae/templates", headers=japanese)
    shipped = (await told.json())["data"]
    await expect(starters).to_have_count(6)
    for starter, template in zip(await starters.all(), shipped, strict=False):
        await expect(starter).to_contain_text(template["title"])
        await expect(starter).to_contain_text(template["description"])
    await page.get_by_role("button", name="メール作成").click()
    # The dialog is loaded when it is first asked for.
    dialog = page.get_by_role("dialog")
    fields = dialog.locator("input[required], textarea[required]")
    await expect(fields.first).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(message(page)).to_be_focused()
    await page.get_by_role("button", name="メール作成").click()
    await expect(fields.first).to_be_visible()
    for field in await fields.all():
        await field.fill("株式会社あさひ")
    await dialog.get_by_role("button", name="入力欄に入れる").click()
    await expect(message(page)).to_be_focused()
    value = await message(page).input_value()
    assert "株式会社あさひ" in value
    assert backends["fake"].started == 0
    await ask_and_wait(page, value)


async def test_still_for_those_who_asked_for_it(served: Served, open_page: OpenPage) -> None:
    page = await open_page(served.url, reduced_motion="reduce")
    moving = "[...document.querySelectorAll('*')].filter(e => e.getAnimations().length).length"
    assert await page.evaluate(moving) == 0
    duration = await page.locator("form").evaluate("e => getComputedStyle(e).transitionProperty")
    assert duration == "none"
