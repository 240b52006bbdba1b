"""What is around every view: addresses, keys, sizes, installing, proxies, a server that is away."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from browser.asking import OpenPage, Watch, ask_and_wait, violations
from browser.chromium import DESKTOP, PHONE
from browser.people import sign_in
from fakes.nginx import nginx
from fakes.people import People
from fakes.serving import Served, serving
from jimae.service.service import Service
from jimae.settings import Settings


async def test_the_shortcuts_are_listed(served: Served, open_page: OpenPage) -> None:
    page = await open_page(served.url)
    await page.locator("body").click(position={"x": 900, "y": 30})
    await page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="キーボードでできること")
    await expect(listed).to_contain_text("新しいチャット")
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await expect(listed).to_have_count(0)
    await page.locator("#message").focus()
    await page.keyboard.type("?")
    await expect(page.locator("#message")).to_have_value("?")
    await page.keyboard.press("Control+/")
    await expect(listed).to_be_visible()


async def test_sizes_and_contrast(served: Served, open_page: OpenPage) -> None:
    page = await open_page(served.url)
    ink = "getComputedStyle(document.body).color"
    before = await page.evaluate(ink)
    await page.keyboard.press("Control+,")
    await page.get_by_role("radio", name="高い").check()
    assert await page.evaluate(ink) == "rgb(0, 0, 0)" != before
    await page.get_by_role("radio", name="暗い").check()
    assert await page.evaluate(ink) == "rgb(255, 255, 255)"
    await page.get_by_role("radio", name="大", exact=True).check()
    assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "18px"
    assert await violations(page) == []
    await page.reload()
    await page.locator("#message").wait_for()
    assert await page.evaluate(ink) == "rgb(255, 255, 255)"


async def test_colours_of_the_system(served: Served, open_page: OpenPage) -> None:
    page = await open_page(served.url, forced_colors="active")
    assert await violations(page) == []
    border = await page.get_by_role("button", name="送信").evaluate(
        "e => getComputedStyle(e).borderTopStyle"
    )
    assert border != ""


async def test_a_phone_administers_too(served: Served, people: People, open_page: OpenPage) -> None:
    await people.add("root", "admin")
    page = await open_page(
        served.url, ready="#name", viewport=PHONE, is_mobile=True, has_touch=True
    )
    assert await violations(page) == []
    await sign_in(page, "root")
    await page.locator("#message").wait_for()
    for place in ("admin/people", "admin/overview", "admin/models", "account/profile"):
        await page.goto(f"{served.url}/#/{place}")
        await page.locator("#content :is(table, .empty, form, section)").first.wait_for()
        # Once its styles are there.
        await page.wait_for_function(
            "width => document.documentElement.scrollWidth === width", arg=PHONE["width"]
        )
        assert await violations(page) == []


async def test_going_back_and_forth_moves_the_focus(served: Served, open_page: OpenPage) -> None:
    page = await open_page(served.url)
    await page.get_by_role("button", name="設定").click()
    await page.get_by_role("link", name="管理", exact=True).click()
    await page.get_by_role("link", name="モデル", exact=True).click()
    await expect(page.get_by_role("heading", name="モデル", exact=True)).to_be_focused()
    await expect(page).to_have_title("モデル – 管理 – jimae")
    await page.go_back()
    await expect(page.get_by_role("heading", name="稼働状況")).to_be_focused()
    await page.get_by_role("link", name="チャットへ戻る").click()
    await expect(page.locator("#message")).to_be_visible()


async def test_it_can_be_installed(served: Served, open_page: OpenPage) -> None:
    page = await open_page(served.url)
    manifest = await page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href)"
        ".then(async r => ({type: r.headers.get('content-type'), body: await r.json()}))"
    )
    assert manifest["type"].startswith("application/manifest+json")
    assert manifest["body"]["display"] == "standalone"
    for icon in manifest["body"]["icons"]:
        size = await page.evaluate(
            "src => new Promise((done, failed) => { const image = new Image();"
            " image.onload = () => done(image.naturalWidth); image.onerror = failed;"
            " image.src = src; })",
            icon["src"],
        )
        assert icon["sizes"] in ("any", f"{size}x{size}")
    session = await page.context.new_cdp_session(page)
    found = await session.send("Page.getInstallabilityErrors")
    errors = [one["errorId"] for one in found["installabilityErrors"]]
    assert [one for one in errors if one != "in-incognito"] == []


async def test_a_server_that_is_away_is_told_of_and_nothing_is_kept(
    settings: Settings, service: Service, open_page: OpenPage, watch: Watch
) -> None:
    watch.expected = ("ERR_CONNECTION_REFUSED", "ERR_FAILED")
    async with serving(settings, service) as served:
        page = await open_page(served.url)
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        await page.reload()
        await ask_and_wait(page, "秘密の質問")
        kept: list[str] = await page.evaluate(
            "caches.keys().then(names => Promise.all(names.map(name =>"
            " caches.open(name).then(cache => cache.keys())))).then(all =>"
            " all.flat().map(request => new URL(request.url).pathname))"
        )
        assert sorted(kept) == ["/mark.svg", "/offline.css", "/offline.html"]
        url = served.url
    await page.goto(url)
    await expect(page.get_by_role("heading", name="サーバーにつながりません")).to_be_visible()
    assert await violations(page) == []


@pytest.fixture
def proxied(settings: Settings) -> Settings:
    """The settings of a server behind a proxy on this machine."""
    server = settings.server.model_copy(update={"trusted_proxies": ("127.0.0.1/32",)})
    return settings.model_copy(update={"server": server})


async def test_behind_nginx_below_a_folder(
    proxied: Settings, backends: object, tmp_path: Path, open_page: OpenPage, browser: Browser
) -> None:
    service = Service(proxied, backends.make)  # type: ignore[attr-defined]
    folder = tmp_path / "nginx"
    folder.mkdir()
    async with serving(proxied, service) as served:
        await People(service).add("root", "admin")
        async with nginx(folder, served) as before:
            page = await open_page(f"{before.url}/tools/chat/", ready="#name")
            await sign_in(page, "root")
            await page.locator("#message").wait_for()
            assert await ask_below(page) != ""
            cookies = await page.context.cookies()
            assert [each.get("path") for each in cookies] == ["/tools/chat"]
            await page.goto(f"{before.url}/tools/chat/#/admin/people")
            await expect(page.get_by_role("row", name="root")).to_be_visible()
            await page.get_by_role("button", name="設定", exact=True).click()
            await page.get_by_role("button", name="サインアウト").click()
            await expect(page.locator("#name")).to_be_visible()
            assert page.url.startswith(f"{before.url}/tools/chat/")


async def ask_below(page: Page) -> str:
    await page.locator("#message").fill("首都は?")
    await page.locator("#message").press("Enter")
    answer = page.locator("article .prose").last
    await expect(answer).not_to_be_empty()
    return await answer.inner_text()


async def test_a_tablet_and_a_wide_screen(served: Served, open_page: OpenPage) -> None:
    for width in (768, DESKTOP["width"], 2200):
        page = await open_page(served.url, viewport={"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth") == width


LINES = """cell => {
  const words = document.createRange();
  words.selectNode(document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode());
  return words.getClientRects().length;
}"""


async def test_on_a_phone_the_section_is_in_sight_and_words_are_whole(
    served: Served, service: Service, open_page: OpenPage
) -> None:
    await People(service).add("root", "admin")
    page = await open_page(served.url, ready="#name", viewport=PHONE, is_mobile=True)
    await page.goto(f"{served.url}/#/admin/audit")
    await sign_in(page, "root")
    sections = page.get_by_role("navigation")
    await expect(sections.get_by_text("監査ログ")).to_be_in_viewport(ratio=1)
    await page.goto(f"{served.url}/#/admin/people")
    await expect(sections.get_by_text("利用者")).to_be_in_viewport(ratio=1)
    role = page.get_by_role("cell", name="管理者", exact=True)
    assert await role.evaluate(LINES) == 1


async def test_the_way_back_takes_one_line_on_a_phone(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("root", "admin")
    page = await open_page(served.url, ready="#name", viewport=PHONE, locale="en-GB")
    await page.goto(f"{served.url}/#/admin/overview")
    await sign_in(page, "root")
    back = page.get_by_role("link", name="Back to the chat")
    await back.wait_for()
    box = await back.bounding_box()
    assert box is not None
    assert box["height"] < 44
    title = page.get_by_role("banner").get_by_text("Administration", exact=True)
    assert await title.evaluate(LINES) == 1
    await back.click()
    await page.locator("#message").wait_for()
