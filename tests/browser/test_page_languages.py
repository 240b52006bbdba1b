"""What is Japanese is marked so where the page is not, and English where the page is Japanese."""

from __future__ import annotations

from playwright.async_api import Page, expect

from browser.asking import OpenPage, answers, ask
from browser.people import sign_in
from fakes.backend import Backends, saying
from fakes.people import People
from fakes.serving import Served

# Every piece of text that the eye sees and that no mark says is Japanese, though it is.
UNMARKED = """() => {
  const japanese = /[\\u3005\\u3040-\\u30ff\\u3400-\\u9fff]/;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    if (!japanese.test(data) || parentElement.closest("option, textarea, noscript")) continue;
    if (parentElement.closest("[lang]").lang !== "ja") found.push(data.trim());
  }
  return found;
}"""


async def signed_in(open_page: OpenPage, url: str, name: str) -> Page:
    page = await open_page(url, ready="#name", locale="en-US")
    await sign_in(page, name)
    await page.locator("#message").wait_for()
    return page


async def test_japanese_is_marked_on_the_english_page(
    served: Served, people: People, backends: Backends, open_page: OpenPage
) -> None:
    backends["fake"].play(*saying("東京です。人口は約1400万人です。"))
    await people.add("田中明", "admin", groups=["総務課"])
    page = await signed_in(open_page, served.url, "田中明")
    made = await page.request.get(f"{served.url}/jimae/session")
    headers = {"X-JIMAE-CSRF": (await made.json())["csrf"]}
    field = {"name": "x", "label": "議会", "hint": "定例会", "kind": "text"}
    form = {"title": "議会答弁", "description": "想定問答集", "body": "{{x}}", "fields": [field]}
    kept = await page.request.post(f"{served.url}/jimae/templates", data=form, headers=headers)
    assert kept.ok, await kept.text()
    await page.reload()
    starter = page.get_by_role("button", name="議会答弁")
    await expect(starter).to_be_visible()
    assert await page.evaluate(UNMARKED) == []
    await ask(page, "首都 人口")
    await expect(answers(page)).to_contain_text("人口")
    await expect(page.get_by_role("button", name="Copy the answer")).to_be_visible()
    await page.get_by_role("button", name="More about “首都 人口”").click()
    await page.get_by_role("menuitem", name="Move to a folder").click()
    await page.get_by_label("Name of the folder").fill("契約")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="契約 1")).to_be_visible()
    await page.get_by_role("button", name="Settings").click()
    await expect(page.locator("#settings").get_by_text("田中明")).to_be_visible()
    assert await page.evaluate(UNMARKED) == []
    await page.keyboard.press("Escape")
    await page.get_by_role("searchbox").fill("人口")
    await expect(page.locator("mark").first).to_be_visible()
    assert await page.evaluate(UNMARKED) == []
    await page.goto(f"{served.url}/#/work/templates")
    await expect(page.get_by_text("議会答弁")).to_be_visible()
    assert await page.evaluate(UNMARKED) == []
    # What is shipped is shipped in both languages.
    await expect(page.get_by_text("E-mail", exact=True)).to_be_visible()


async def test_english_is_marked_on_the_japanese_page(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    backends["fake"].play(*saying("This is the answer, and it is written in English."))
    page = await open_page(served.url)
    await ask(page, "英語で答えて")
    await expect(answers(page)).to_contain_text("English")
    marked = page.locator("article [lang=en]")
    await expect(marked).to_contain_text("This is the answer")
