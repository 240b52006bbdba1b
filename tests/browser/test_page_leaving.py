"""Going elsewhere in the page while something is still to come: nothing fails for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, Route, expect

from browser.asking import OpenPage, ask_and_wait
from browser.people import sign_in
from browser.test_page_chats import menu
from browser.test_page_folders import act
from fakes.people import People
from fakes.serving import Served

ELSEWHERE = "location.hash = '#/work/templates'"
# A dialog tells that it closed in the next frame, a menu in the next task. A busy machine may have
# taken the page elsewhere by then.
TOLD_LATE = """async () => {
  const shown = document.querySelector("dialog[open]") ?? document.querySelector(":popover-open");
  location.hash = "#/work/templates";
  while (shown.isConnected) await new Promise((done) => setTimeout(done));
  shown.dispatchEvent(new Event("close"));
  for (const newState of ["open", "closed"]) {
    shown.dispatchEvent(new ToggleEvent("toggle", { newState }));
  }
}"""


async def in_a_folder(page: Page) -> None:
    await ask_and_wait(page, "橋の見積")
    await (await menu(page, "橋の見積")).get_by_role("menuitem", name="フォルダーに移動").click()
    await page.get_by_label("フォルダーの名前").fill("契約")
    await page.get_by_role("button", name="保存").click()
    await page.get_by_role("navigation").get_by_role("button", name="契約").first.click()
    await expect(page.get_by_role("button", name="橋の見積", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "what", ["chat menu", "move", "folder menu", "folder", "templates", "copy"]
)
async def test_what_closes_when_its_page_is_gone(
    served: Served, open_page: OpenPage, what: str
) -> None:
    page = await open_page(served.url)
    await in_a_folder(page)
    if what == "chat menu":
        await menu(page, "橋の見積")
    elif what == "move":
        moving = (await menu(page, "橋の見積")).get_by_role("menuitem", name="フォルダーに移動")
        await moving.click()
    elif what == "folder menu":
        await page.get_by_role("button", name="フォルダー「契約」の操作").click()
    elif what == "folder":
        await act(page, "契約", "フォルダーの名前を変更")
    elif what == "templates":
        await page.get_by_role("button", name="定型プロンプト").click()
    else:
        await page.get_by_role("button", name="形式を選んでコピー").click()
    await expect(page.locator("dialog[open], :popover-open")).to_be_visible()
    await page.evaluate(TOLD_LATE)
    await expect(page.get_by_role("heading", name="定型プロンプト", level=1)).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_what_the_server_answers_when_its_page_is_gone(
    served: Served, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await in_a_folder(page)
    async with held(page, "**/folders/*", "DELETE"):
        await act(page, "契約", "フォルダーを削除")
        await page.get_by_role("dialog").get_by_role("button", name="フォルダーを削除").click()

    await page.goto(f"{served.url}/#/")
    await (await menu(page, "橋の見積")).get_by_role("menuitem", name="ごみ箱へ移す").click()
    await page.get_by_role("link", name="チャットの管理").click()
    async with held(page, "**/restore", "POST"):
        await page.get_by_role("button", name="元に戻す: 橋の見積").click()


async def test_a_password_that_was_reset_when_its_page_is_gone(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("root", "admin")
    await people.add("hanako")
    page = await open_page(served.url, ready="#name")
    await sign_in(page, "root")
    await page.locator("#message").wait_for()
    await page.goto(f"{served.url}/#/admin/people")
    await page.get_by_role("button", name="詳しく: hanako").click()
    async with held(page, "**/password", "POST"):
        await page.get_by_role("button", name="パスワード再設定").click()
        asked = page.get_by_role("dialog", name="hanako のパスワードを再設定しますか")
        await asked.get_by_role("button", name="パスワード再設定").click()


async def test_a_question_does_not_follow_who_goes_elsewhere(
    served: Served, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await in_a_folder(page)
    await act(page, "契約", "フォルダーを削除")
    await expect(page.get_by_role("dialog", name="フォルダーを削除")).to_be_visible()
    await page.evaluate(ELSEWHERE)
    await expect(page.get_by_role("heading", name="定型プロンプト", level=1)).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_role("link", name="チャットへ戻る").click()
    await expect(page.get_by_role("button", name="フォルダー「契約」の操作")).to_be_visible()


@asynccontextmanager
async def held(page: Page, pattern: str, method: str) -> AsyncIterator[None]:
    """Requests of this kind wait for the end of it, and the page is elsewhere by then."""
    go = asyncio.Event()

    async def wait(route: Route) -> None:
        if route.request.method == method:
            await go.wait()
        await route.continue_()

    await page.route(pattern, wait)
    async with page.expect_request_finished(lambda request: request.method == method):
        yield
        await page.evaluate(ELSEWHERE)
        await expect(page.get_by_role("heading", name="定型プロンプト", level=1)).to_be_visible()
        go.set()
    await page.evaluate("new Promise((done) => setTimeout(done, 200))")
    await page.unroute_all()
