"""Finding chats again: the list by day, names, folders, search, trash, files, ten thousand."""

from __future__ import annotations

import json
import time
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from browser.asking import Ime, OpenPage, answers, ask_and_wait, violations
from fakes.serving import Served
from jimae.service.items import new_id
from jimae.service.service import Service
from jimae.store.chat_tables import Chat

DAY = 86_400.0
MOST_ELEMENTS = 1_500
PLAIN = {"instructions": None, "style": None, "temperature": None}


async def keep_chats(service: Service, ages: list[float]) -> None:
    """Chats that changed so many days ago."""

    def row(number: int, age: float) -> Chat:
        changed = time.time() - age * DAY - number * 1e-3
        return Chat(
            id=new_id("chat"),
            owner="local",
            created_at=changed,
            updated_at=changed,
            title=f"チャット {number}",
            named=True,
            pinned=False,
            settings=PLAIN,
        )

    rows = [row(number, age) for number, age in enumerate(ages)]
    await service.store.write(lambda session: session.add_all(rows))


async def menu(page: Page, title: str) -> Locator:
    await page.get_by_role("button", name=f"「{title}」の操作").click()
    return page.get_by_role("menu")


async def test_names_pins_and_folders(served: Served, open_page: OpenPage) -> None:
    page = await open_page(served.url)
    await ask_and_wait(page, "見積の質問")
    chats = page.get_by_role("navigation")
    await (await menu(page, "見積の質問")).get_by_role("menuitem", name="名前を変更").click()
    name = page.get_by_role("textbox", name="チャットの名前")
    await expect(name).to_be_focused()
    # The Enter that ends a conversion does not end the name.
    await name.fill("")
    ime = await Ime.of(page)
    await ime.compose("みつもり", "見積")
    await ime.confirm("見積")
    await expect(name).to_have_value("見積")
    await name.press("Enter")
    await expect(chats.get_by_role("button", name="見積", exact=True)).to_be_visible()
    await (await menu(page, "見積")).get_by_role("menuitem", name="ピン留めする").click()
    await expect(chats.get_by_role("heading", name="ピン留め")).to_be_visible()
    await (await menu(page, "見積")).get_by_role("menuitem", name="ピン留めを外す").click()
    await expect(chats.get_by_role("heading", name="ピン留め")).to_have_count(0)
    await (await menu(page, "見積")).get_by_role("menuitem", name="フォルダーに移動").click()
    await page.get_by_label("フォルダーの名前").fill("契約")
    await page.get_by_role("button", name="保存").click()
    folder = chats.get_by_role("button", name="契約").first
    await expect(folder).to_contain_text("1")
    await expect(chats.get_by_role("button", name="見積", exact=True)).to_have_count(0)
    await folder.click()
    await expect(chats.get_by_role("button", name="見積", exact=True)).to_be_visible()
    assert await violations(page) == []


async def test_search_finds_two_characters_and_marks_them(
    served: Served, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await ask_and_wait(page, "会議は午後からですか")
    await page.get_by_role("button", name="新しいチャット").click()
    await ask_and_wait(page, "請求書の書き方")
    box = page.get_by_role("searchbox", name="チャットを検索")
    await box.fill("午後")
    results = page.get_by_role("region", name="検索結果")
    await expect(results.get_by_role("listitem")).to_have_count(2)
    await expect(results.locator("mark").first).to_have_text("午後")
    assert await violations(page) == []
    await results.get_by_role("listitem").first.get_by_role("button").click()
    await expect(page.locator("article").first).to_contain_text("会議は午後からですか")
    await box.fill("ない言葉")
    await expect(results.get_by_text("見つかりませんでした。")).to_be_visible()
    await box.press("Escape")
    await expect(results).to_have_count(0)


async def test_the_trash_gives_back_and_deletes(served: Served, open_page: OpenPage) -> None:
    page = await open_page(served.url)
    for title in ("残す質問", "消す質問"):
        await ask_and_wait(page, title)
        await (await menu(page, title)).get_by_role("menuitem", name="ごみ箱へ移す").click()
        await expect(page.get_by_text(f"「{title}」をごみ箱へ移しました。")).to_be_visible()
    await page.get_by_role("link", name="チャットの管理").click()
    main = page.get_by_role("main")
    await expect(main.get_by_role("listitem")).to_have_count(2)
    assert await violations(page) == []
    await main.get_by_role("button", name="元に戻す: 残す質問").click()
    await expect(main.get_by_role("listitem")).to_have_count(1)
    await main.get_by_role("button", name="完全に削除: 消す質問").click()
    await page.get_by_role("dialog").get_by_role("button", name="完全に削除").click()
    await expect(main.get_by_text("ごみ箱は空です。")).to_be_visible()
    await expect(page.get_by_role("status")).to_have_text("完全に削除しました。")
    await page.get_by_role("link", name="チャットへ戻る").click()
    await expect(page.get_by_role("button", name="残す質問", exact=True)).to_be_visible()


async def test_chats_are_taken_out_and_in(
    served: Served, open_page: OpenPage, tmp_path: Path
) -> None:
    page = await open_page(served.url)
    await ask_and_wait(page, "書き出す質問")
    async with page.expect_download() as download:
        await (await menu(page, "書き出す質問")).get_by_role("menuitem", name="Markdown").click()
    saved = tmp_path / "chat.md"
    await (await download.value).save_as(saved)
    written = saved.read_bytes().decode()
    assert "書き出す質問" in written
    assert "東京です。" in written
    await page.keyboard.press("Escape")
    message = {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["問い"]}}
    mapping = {"q": {"parent": None, "message": message}}
    conversation = {"conversation_id": "c", "title": "移した会話", "mapping": mapping}
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([conversation], ensure_ascii=False), encoding="utf-8")
    await page.get_by_role("link", name="チャットの管理").click()
    await page.get_by_role("link", name="書き出しと取り込み").click()
    await page.get_by_label("ファイルを選ぶ").set_input_files(file)
    await expect(page.get_by_text("1 件を取り込みました")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("link", name="チャットへ戻る").click()
    await page.get_by_role("button", name="移した会話", exact=True).click()
    await expect(page.locator("article").first).to_contain_text("問い")


async def test_days_and_arrow_keys(served: Served, service: Service, open_page: OpenPage) -> None:
    await keep_chats(service, [0, 1, 3, 400])
    page = await open_page(served.url)
    chats = page.get_by_role("navigation")
    headings = chats.get_by_role("heading")
    await expect(headings).to_have_count(4)
    assert (await headings.all_inner_texts())[:3] == ["今日", "昨日", "過去7日"]
    await chats.get_by_role("button", name="チャット 0", exact=True).focus()
    await page.keyboard.press("ArrowDown")
    await expect(chats.get_by_role("button", name="チャット 1", exact=True)).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(chats.get_by_role("button", name="「チャット 1」の操作")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="名前を変更")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(chats.get_by_role("button", name="「チャット 1」の操作")).to_be_focused()


async def test_ten_thousand_chats(served: Served, service: Service, open_page: OpenPage) -> None:
    """The list shows few of them at a time, and scrolls to the last."""
    await keep_chats(service, [number / 50 for number in range(10_000)])
    page = await open_page(served.url)
    rows = page.get_by_role("navigation").get_by_role("listitem")
    await expect(rows.nth(10)).to_be_visible()
    assert await rows.count() < 100
    scroller = page.get_by_role("list", name="チャット", exact=True)
    last = page.get_by_role("button", name="チャット 9999", exact=True)
    deadline = time.monotonic() + 60
    while not await last.count():
        await scroller.evaluate("e => e.scrollTo(0, e.scrollHeight)")
        assert time.monotonic() < deadline
        assert await page.locator("*").count() < MOST_ELEMENTS
    await last.click()
    assert await rows.count() < 100
    await expect(answers(page)).to_have_count(0)
    assert await violations(page) == []
