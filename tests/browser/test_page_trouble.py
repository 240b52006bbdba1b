"""What happens elsewhere while somebody reads or writes: nothing that they wrote is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Page, expect

from browser.asking import OpenPage, Watch, answers, ask, ask_and_wait
from browser.people import sign_in
from fakes.people import People
from fakes.process import Process, kill
from fakes.serving import Served
from jimae.service.accounts import sessions
from jimae.service.service import Service

MESSAGE = "#message"


async def two_tabs(open_page: OpenPage, url: str, name: str) -> tuple[Page, Page]:
    first = await open_page(url, ready="#name")
    await sign_in(first, name)
    await first.locator(MESSAGE).wait_for()
    second = await first.context.new_page()
    await second.goto(url)
    await second.locator(MESSAGE).wait_for()
    return first, second


async def test_who_signs_out_in_one_tab_is_out_in_the_other(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("hanako")
    first, second = await two_tabs(open_page, served.url, "hanako")
    await ask_and_wait(first, "秘密の質問")
    await first.locator(MESSAGE).fill("人に見せない下書き")
    await second.get_by_role("button", name="設定").click()
    await second.get_by_role("button", name="サインアウト").click()
    for page in (second, first):
        await expect(page.locator("#name")).to_be_visible()
        await expect(page.get_by_text("秘密の質問")).to_have_count(0)
        kept: str = await page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
        assert "人に見せない" not in kept


async def test_a_session_that_ended_while_a_question_was_written(
    served: Served, service: Service, people: People, open_page: OpenPage, watch: Watch
) -> None:
    """The question is sent after signing in again, and is not written twice."""
    watch.expected = ("401",)
    person = await people.add("hanako")
    page = await open_page(served.url, ready="#name")
    await sign_in(page, "hanako")
    await ask_and_wait(page, "一つ目")
    await page.locator(MESSAGE).fill("長く考えて書いた質問")
    await service.store.write(lambda session: sessions.end_all(session, person.id))
    await page.locator(MESSAGE).press("Enter")
    await expect(page.get_by_text("サインインの期限が切れました")).to_be_visible()
    await sign_in(page, "hanako")
    await expect(page.locator("article").nth(2)).to_contain_text("長く考えて書いた質問")
    await page.get_by_role("button", name="もう一度").click()
    await expect(answers(page).last).to_have_text("東京です。")
    await expect(page.get_by_text("長く考えて書いた質問")).to_have_count(1)


async def test_a_chat_that_another_tab_deletes(served: Served, open_page: OpenPage) -> None:
    """What was being written in it is still there to be sent."""
    first = await open_page(served.url)
    await ask_and_wait(first, "消される質問")
    second = await first.context.new_page()
    await second.goto(served.url)
    await second.get_by_role("button", name="消される質問", exact=True).click()
    await expect(answers(second)).to_have_text("東京です。")
    await second.locator(MESSAGE).fill("書きかけの文")
    await second.locator("input[type=file]").set_input_files(
        {"name": "添付.txt", "mimeType": "text/plain", "buffer": "中身".encode()}
    )
    await expect(second.locator("form li")).to_have_count(1)
    await first.get_by_role("button", name="「消される質問」の操作").click()
    await first.get_by_role("menuitem", name="ごみ箱へ移す").click()
    await expect(second.locator("article")).to_have_count(0)
    said = second.get_by_role("status").get_by_text("「消される質問」は、ほかの画面でごみ箱へ")
    await expect(said).to_be_visible()
    await expect(second.locator(MESSAGE)).to_have_value("書きかけの文")
    await expect(second.locator("form li")).to_have_count(1)
    await second.locator(MESSAGE).press("Enter")
    await expect(answers(second)).to_have_text("東京です。")
    # Who deletes it where they are is told so, and keeps nothing of it.
    await expect(first.get_by_text("「消される質問」をごみ箱へ移しました。")).to_be_visible()


async def test_it_is_said_everywhere_that_the_server_is_away(
    served: Served, open_page: OpenPage, watch: Watch
) -> None:
    """And not that it had a fault; what was not done stays as it was."""
    watch.expected = ("ERR_",)
    page = await open_page(served.url)
    await ask_and_wait(page, "残す質問")
    await page.get_by_role("button", name="「残す質問」の操作").click()
    await page.get_by_role("menuitem", name="ごみ箱へ移す").click()
    await page.get_by_role("link", name="チャットの管理").click()
    restore = page.get_by_role("button", name="元に戻す: 残す質問")
    await restore.wait_for()
    await page.goto(f"{served.url}/#/admin/models")
    await page.get_by_role("table").wait_for()
    await page.goto(f"{served.url}/#/chats/trash")
    await restore.wait_for()
    await page.context.set_offline(True)
    away = "サーバーにつながりませんでした。"
    await restore.click()
    await expect(page.get_by_role("status").get_by_text(away)).to_be_visible()
    await expect(restore).to_be_visible()
    await page.goto(f"{served.url}/#/admin/models")
    await expect(page.get_by_role("alert").get_by_text(away)).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.get_by_role("table")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_server_that_dies_in_mid_answer(
    tmp_path: Path, open_page: OpenPage, watch: Watch
) -> None:
    """What was written so far is gone on with; what was being typed is still there."""
    watch.expected = ("ERR_", "404")
    server = await asyncio.to_thread(Process, tmp_path, delay=0.05, drain=0)
    page = await open_page(server.url)
    await ask(page, "話して")
    # It is stored every two seconds.
    await expect(answers(page)).to_contain_text("あ" * 60)
    await page.locator(MESSAGE).fill("次の下書き")
    kill(server)
    port = urlsplit(server.url).port or 0
    server = await asyncio.to_thread(Process, tmp_path, delay=0.05, drain=0, port=port)
    try:
        go_on = page.get_by_role("button", name="続きを書く")
        await expect(go_on).to_be_enabled(timeout=30_000)
        await expect(answers(page)).to_contain_text("あ" * 20)
        await go_on.click()
        await expect(page.get_by_role("button", name="停止")).to_be_visible()
        await expect(page.locator(MESSAGE)).to_have_value("次の下書き")
    finally:
        kill(server)
        await page.close()
