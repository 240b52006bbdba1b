"""Coming in: the first administrator, signing in and out, new passwords, rules of use."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from browser.asking import Ime, OpenPage, Watch, violations
from browser.people import sign_in
from fakes.people import PASSWORD, TERMINAL, People
from fakes.serving import Served
from jimae.service.accounts import sessions, setup
from jimae.service.policy import texts
from jimae.service.service import Service

# By its id: `asking.message` is the only field of a page, and these have others before it.
MESSAGE = "#message"
NEW = "brown-fox-jumps-over-dogs"


async def test_the_first_run_ends_with_a_question(
    served: Served, service: Service, open_page: OpenPage
) -> None:
    code = await service.store.write(lambda session: setup.new_code(session, TERMINAL))
    page = await open_page(served.url)
    await page.get_by_role("button", name="設定").click()
    await page.get_by_role("link", name="アカウントを作って共有する").click()
    await expect(page.get_by_role("heading", name="はじめに管理者を作ります")).to_be_focused()
    assert await violations(page) == []
    await page.get_by_label("一度だけのコード").fill("wrong")
    await page.get_by_label("管理者の名前").fill("tanaka")
    await page.get_by_label("パスワード", exact=True).fill(NEW)
    await page.get_by_label("パスワード（確認）").fill(NEW + "x")
    await page.get_by_role("button", name="管理者を作る").click()
    await expect(page.get_by_text("一致していません")).to_be_visible()
    await page.get_by_label("一度だけのコード").fill(code)
    await page.get_by_label("パスワード（確認）").fill(NEW)
    await page.get_by_role("button", name="管理者を作る").click()
    await expect(page.get_by_role("heading", name="使うモデルを選びます")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("radio", name="other").check()
    await page.get_by_role("button", name="このモデルで始める").click()
    await expect(page.get_by_role("button", name="モデルの選択: other")).to_be_visible()
    await expect(page.locator(MESSAGE)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_in_and_out(served: Served, people: People, open_page: OpenPage, scheme: str) -> None:
    await people.add("hanako")
    page = await open_page(served.url, ready="#name", color_scheme=scheme)
    assert await violations(page) == []
    assert await page.locator("#name").get_attribute("autocomplete") == "username"
    assert await page.locator("#password").get_attribute("autocomplete") == "current-password"
    await sign_in(page, "hanako")
    await expect(page.locator(MESSAGE)).to_be_visible()
    await page.get_by_role("button", name="設定").click()
    await expect(page.locator("#settings").get_by_text("利用者")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("button", name="サインアウト").click()
    await expect(page.locator("#name")).to_be_focused()
    await page.reload()
    await expect(page.locator("#name")).to_be_visible()


async def test_wrong_passwords_are_told_with_the_time_to_wait(
    served: Served, people: People, open_page: OpenPage, watch: Watch
) -> None:
    watch.expected = ("401", "429")
    await people.add("hanako")
    page = await open_page(served.url, ready="#name")
    for _ in range(12):
        await sign_in(page, "hanako", "not-the-password")
        await expect(page.get_by_role("alert")).to_be_visible()
        await expect(page.locator("#password")).to_have_value("")
        if await page.get_by_role("button", name="サインイン").is_disabled():
            break
    await expect(page.get_by_role("alert")).to_contain_text("試せません")
    assert await violations(page) == []


async def test_the_end_of_a_conversion_sends_nothing(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("はなこ")
    page = await open_page(served.url, ready="#name")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#name").focus()
    ime = await Ime.of(page)
    await ime.compose("はなこ")
    await ime.confirm("はなこ")
    await expect(page.get_by_role("alert")).to_have_count(0)
    await expect(page.locator("#name")).to_have_value("はなこ")
    await page.keyboard.press("Enter")
    await expect(page.locator(MESSAGE)).to_be_visible()


async def test_a_password_that_has_to_be_changed(
    served: Served, service: Service, people: People, open_page: OpenPage
) -> None:
    await people.add("hanako", must_change_password=True)
    page = await open_page(served.url, ready="#name")
    await sign_in(page, "hanako")
    await expect(
        page.get_by_role("heading", name="新しいパスワードを決めてください")
    ).to_be_focused()
    assert await violations(page) == []
    await page.get_by_label("今のパスワード").fill(PASSWORD)
    await page.get_by_label("新しいパスワード", exact=True).fill(NEW)
    await page.get_by_label("新しいパスワード（確認）").fill(NEW)
    await page.get_by_role("button", name="変更して続ける").click()
    await expect(page.locator(MESSAGE)).to_be_visible()


async def test_rules_of_use_are_read_first(
    served: Served, service: Service, people: People, open_page: OpenPage
) -> None:
    await people.add("hanako")
    words = {"ja": "# 利用規程\n\n**個人情報**を入力しないこと。", "en": "# Rules\n\nBe kind."}
    await service.store.write(lambda session: texts.publish(session, TERMINAL, **words))
    page = await open_page(served.url, ready="#name")
    await sign_in(page, "hanako")
    await expect(page.get_by_role("heading", name="利用規程への同意")).to_be_focused()
    await expect(page.locator(".prose strong")).to_have_text("個人情報")
    assert await violations(page) == []
    go_on = page.get_by_role("button", name="同意して続ける")
    await expect(go_on).to_be_disabled()
    await page.get_by_role("checkbox").check()
    await go_on.click()
    await expect(page.locator(MESSAGE)).to_be_visible()
    await page.reload()
    await expect(page.locator(MESSAGE)).to_be_visible()


async def test_a_session_that_was_ended_keeps_the_draft(
    served: Served, service: Service, people: People, open_page: OpenPage, watch: Watch
) -> None:
    watch.expected = ("401",)
    person = await people.add("hanako")
    page = await open_page(served.url, ready="#name")
    await sign_in(page, "hanako")
    await page.locator(MESSAGE).fill("書きかけの質問")
    await end_everything(service, person.id)
    await page.get_by_role("button", name="モデルの選択").click()
    await expect(page.get_by_text("サインインの期限が切れました")).to_be_visible()
    await sign_in(page, "hanako")
    await expect(page.locator(MESSAGE)).to_have_value("書きかけの質問")


async def end_everything(service: Service, account: str) -> None:
    await service.store.write(lambda session: sessions.end_all(session, account))


async def test_somebody_else_finds_nothing_of_the_last_one(
    served: Served, service: Service, people: People, open_page: OpenPage, watch: Watch
) -> None:
    watch.expected = ("401",)
    person = await people.add("hanako")
    await people.add("taro")
    page = await open_page(served.url, ready="#name")
    await sign_in(page, "hanako")
    await page.locator(MESSAGE).fill("人に見せない下書き")
    await end_everything(service, person.id)
    await page.get_by_role("button", name="モデルの選択").click()
    await sign_in(page, "taro")
    await expect(page.locator(MESSAGE)).to_have_value("")
    kept: str = await page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    assert "人に見せない" not in kept


async def test_everything_by_keyboard(served: Served, people: People, open_page: OpenPage) -> None:
    await people.add("hanako")
    page = await open_page(served.url, ready="#name")
    await expect(page.locator("#name")).to_be_focused()
    await page.keyboard.type("hanako")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator(MESSAGE)).to_be_visible()
    await page.keyboard.press("Control+Shift+M")
    await expect(page.locator(MESSAGE)).to_be_focused()
    await page.keyboard.type("keyboard")
    await page.keyboard.press("Enter")
    await expect(page.locator("article .prose")).not_to_be_empty()
    await page.keyboard.press("Control+,")
    await expect(page.locator("#settings")).to_be_visible()
    await focus_by_tab(page, "サインアウト")
    await page.keyboard.press("Enter")
    await expect(page.locator("#name")).to_be_focused()


async def focus_by_tab(page: Page, name: str) -> None:
    for _ in range(60):
        said: str = await page.evaluate("document.activeElement?.textContent.trim() ?? ''")
        if said == name:
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}")
