"""A chat that is shared with a group: the others read it, and write nothing, while it is."""

from __future__ import annotations

from playwright.async_api import Page, expect

from browser.asking import OpenPage, Watch, answers, ask_and_wait, violations
from browser.people import sign_in
from fakes.people import People
from fakes.serving import Served


async def signed_in(open_page: OpenPage, url: str, name: str) -> Page:
    page = await open_page(url, ready="#name")
    await sign_in(page, name)
    await page.locator("#message").wait_for()
    return page


async def share(page: Page, title: str, *, on: bool) -> None:
    await page.get_by_role("button", name=f"「{title}」の操作").click()
    await page.get_by_role("menuitem", name="グループと共有").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("checkbox", name="営業課").set_checked(on)
    assert await violations(page) == []
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog).to_have_count(0)


async def test_shared_is_read_and_unshared_is_gone(
    served: Served, people: People, open_page: OpenPage, watch: Watch
) -> None:
    await people.add("hanako", groups=["営業課"])
    await people.add("taro", groups=["営業課"])
    await people.add("jiro", groups=["総務課"])
    hanako = await signed_in(open_page, served.url, "hanako")
    await ask_and_wait(hanako, "見積の質問")
    await share(hanako, "見積の質問", on=True)
    await expect(hanako.get_by_role("button", name="見積の質問 共有中", exact=True)).to_be_visible()

    jiro = await signed_in(open_page, served.url, "jiro")
    await jiro.goto(f"{served.url}/#/chats/shared")
    await expect(jiro.get_by_text("共有されているチャットはありません")).to_be_visible()

    taro = await signed_in(open_page, served.url, "taro")
    await expect(taro.get_by_role("navigation").get_by_text("見積の質問")).to_have_count(0)
    await taro.get_by_role("link", name="チャットの管理").click()
    await taro.get_by_role("link", name="共有された").click()
    assert await violations(taro) == []
    await taro.get_by_role("button", name="見積の質問").click()
    await expect(answers(taro)).to_have_text("東京です。")
    await expect(taro.get_by_text("hanakoさん")).to_be_visible()
    for name in ("質問を直す", "答え直す", "送信"):
        await expect(taro.get_by_role("button", name=name)).to_have_count(0)
    await expect(taro.locator("#message")).to_have_count(0)
    assert await violations(taro) == []

    # At once, and without a word from who reads it.
    await share(hanako, "見積の質問", on=False)
    await expect(taro.locator("article")).to_have_count(0)
    await expect(taro.get_by_role("status").get_by_text("共有が終わりました")).to_be_visible()
    await expect(taro.locator("#message")).to_be_visible()
    await taro.goto(f"{served.url}/#/chats/shared")
    await expect(taro.get_by_text("共有されているチャットはありません")).to_be_visible()
    watch.expected = ("404",)
    chat = (await (await hanako.request.get(f"{served.url}/jimae/chats")).json())["data"][0]["id"]
    assert (await taro.request.get(f"{served.url}/jimae/chats/{chat}")).status == 404
