"""Japanese input in every field of the page: the Enter that ends a conversion only ends it."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from browser.asking import Ime, OpenPage, ask_and_wait
from browser.test_page_ime import FIREFOX, SAFARI
from fakes.backend import Backends
from fakes.serving import Served

FIELDS = (
    "textarea:visible, input:visible:is([type=text], [type=search], :not([type])):not([readonly])"
)
# Whatever a form or a request does while somebody converts is one too much.
COUNT = """() => {
  window.acted = [];
  addEventListener("submit", event => window.acted.push(`submit ${event.target.className}`), true);
  addEventListener("hashchange", () => window.acted.push(location.hash));
}"""


async def only_ends_the_conversion(page: Page, ime: Ime, field: Locator) -> None:
    """Chromium's own events, and those of Safari and Firefox as they send them."""
    await field.fill("")
    await field.focus()
    before = await page.locator("dialog[open]").count()
    await ime.compose("にほん", "日本")
    await ime.confirm("日本")
    await expect(field).to_have_value("日本")
    for events in (SAFARI, FIREFOX):
        await field.evaluate(events)
    await expect(field).to_have_value("日本")
    await expect(field).to_be_focused()
    assert await page.evaluate("window.acted") == []
    assert await page.locator("dialog[open]").count() == before
    await field.fill("")


async def test_no_field_of_the_page_acts_on_it(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await ask_and_wait(page, "首都は?")
    await page.evaluate(COUNT)
    ime = await Ime.of(page)
    tried: set[str] = set()

    async def every_field(within: Locator) -> None:
        # Fields may follow from those above them: a template's from its text.
        for field in reversed(await within.locator(FIELDS).all()):
            tried.add(str(await field.evaluate("f => f.id || f.getAttribute('aria-label')")))
            await only_ends_the_conversion(page, ime, field)

    async def go(place: str) -> None:
        await page.goto(f"{served.url}/#/{place}")
        await page.evaluate("new Promise(r => setTimeout(r, 300))")
        await page.evaluate("window.acted = []")

    body = page.locator("body")
    await every_field(body)
    await page.get_by_role("button", name="よくない回答").click()
    await page.get_by_label("正しい回答").wait_for()
    await every_field(page.locator("main"))

    await page.locator("#message").focus()
    await page.keyboard.press("/")
    dialog = page.get_by_role("dialog", name="定型プロンプト")
    await expect(dialog.get_by_role("option").first).to_be_visible()
    await every_field(dialog)
    await dialog.get_by_role("option", name="メール作成").click()
    await every_field(dialog)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")

    await go("work/templates")
    await page.get_by_role("button", name="複製: メール作成").click()
    await every_field(page.get_by_role("dialog"))
    await page.keyboard.press("Escape")
    for place in ("work/compare", "work/preferences", "chats"):
        await go(place)
        await every_field(body)

    assert backends["fake"].started == 1
    assert len(tried) > 20, tried
