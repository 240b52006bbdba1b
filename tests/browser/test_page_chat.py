"""Asking, reading, stopping and coming back, as a person does it."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from browser.asking import OpenPage, Watch, answers, ask, ask_and_wait, message
from browser.chromium import DESKTOP
from fakes.backend import Backends, forever, saying
from fakes.serving import Served, serving
from jimae.errors import JimaeError
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.types import ChatPrompt, Delta, Prefill, Queued, Started


async def test_an_answer_streams_and_the_next_question_carries_the_chat(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    go = asyncio.Event()
    first, rest = Delta("東京", (1, 2)), saying("です。**日本の首都。**")[2:]
    backends["fake"].play(Started(7, 0), first, go, *rest)
    page = await open_page(served.url)
    await ask(page, "日本の首都は?")
    await expect(answers(page)).to_have_text("東京")
    await expect(message(page)).to_have_value("")
    go.set()
    await expect(answers(page).locator("strong")).to_have_text("日本の首都。")
    await expect(page.get_by_text("13 トークン")).to_be_visible()
    await ask_and_wait(page, "人口は?")
    prompt = backends["fake"].requests[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    assert [(message.role, message.content[0].text) for message in prompt.messages] == [
        ("user", "日本の首都は?"),
        ("assistant", "東京です。**日本の首都。**"),
        ("user", "人口は?"),
    ]


@pytest.mark.parametrize("way", ["button", "escape"])
async def test_stop_frees_the_model_and_keeps_the_text(
    served: Served, backends: Backends, open_page: OpenPage, way: str
) -> None:
    backends["fake"].play(*forever())
    page = await open_page(served.url)
    await ask(page, "話し続けて")
    await expect(answers(page)).to_contain_text("ああ")
    if way == "button":
        await page.get_by_role("button", name="停止").click()
    else:
        await message(page).press("Escape")
    await expect(page.get_by_text("ここで停止しました。").first).to_be_visible()
    await expect(answers(page)).to_contain_text("ああ")
    async with asyncio.timeout(2):
        while backends["fake"].active:
            await asyncio.sleep(0.01)
    assert backends["fake"].cancelled == 1
    assert "東京" in await ask_and_wait(page, "では首都は?")


async def test_waiting_is_told(served: Served, backends: Backends, open_page: OpenPage) -> None:
    reading, answering = asyncio.Event(), asyncio.Event()
    backends["fake"].play(
        Queued(2, 12.0), reading, Started(9, 0), Prefill(512, 2050), answering, *saying("はい")[2:]
    )
    page = await open_page(served.url)
    await ask(page, "長い文章です")
    await expect(page.get_by_text("順番を待っています（2番目、約12秒）")).to_be_visible()
    reading.set()
    await expect(page.get_by_text("文章を読んでいます 24%")).to_be_visible()
    answering.set()
    await expect(answers(page)).to_have_text("はい")


async def test_a_model_that_loads_is_told(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    backends["other"].load_seconds = 1.5
    page = await open_page(served.url)
    await page.get_by_role("button", name="モデルの選択").click()
    await page.get_by_role("radio", name="other").check()
    await page.keyboard.press("Escape")
    await ask(page, "こんにちは")
    await expect(page.locator("article").get_by_text("モデルを読み込んでいます")).to_be_visible()
    await expect(answers(page)).to_have_text("東京です。")
    assert backends["other"].finished == 1
    assert backends["fake"].started == 0
    await page.reload()
    await expect(page.get_by_role("button", name="モデルの選択: other")).to_be_visible()


async def test_an_error_is_told_under_what_came_and_again_works(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    error = JimaeError("worker_died", model="fake", reason="SIGKILL")
    backends["fake"].play(*saying("途中まで")[:-1], error)
    page = await open_page(served.url)
    await ask(page, "首都は?")
    notice = page.get_by_role("alert")
    await expect(notice).to_contain_text(error.message("ja"))
    await expect(answers(page)).to_have_text("途中まで")
    await notice.get_by_role("button", name="もう一度").click()
    await expect(answers(page)).to_have_text("東京です。")
    await expect(notice).to_have_count(0)


async def test_a_reload_in_the_middle_is_read_on(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    go = asyncio.Event()
    backends["fake"].play(Started(7, 0), Delta("前半", (1, 2)), go, *saying("と後半")[2:])
    page = await open_page(served.url)
    await ask(page, "話し続けて")
    await expect(answers(page)).to_have_text("前半")
    await message(page).fill("書きかけの文")
    await page.reload()
    await expect(message(page)).to_have_value("書きかけの文")
    await expect(page.locator("article").first).to_contain_text("話し続けて")
    await expect(answers(page)).to_have_text("前半")
    await expect(page.get_by_role("button", name="停止")).to_be_visible()
    go.set()
    await expect(answers(page)).to_have_text("前半と後半")
    await expect(page.get_by_role("button", name="送信")).to_be_visible()
    assert backends["fake"].started == 1


async def test_two_tabs_see_the_same(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    go = asyncio.Event()
    backends["fake"].play(Started(7, 0), Delta("前半", (1, 2)), go, *saying("と後半")[2:])
    first = await open_page(served.url)
    second = await first.context.new_page()
    await second.goto(served.url)
    await ask(first, "同じ質問")
    await expect(answers(first)).to_have_text("前半")
    await second.get_by_role("button", name="同じ質問 回答中", exact=True).click()
    await expect(answers(second)).to_have_text("前半")
    go.set()
    for page in (first, second):
        await expect(answers(page)).to_have_text("前半と後半")
    # What one tab asks shows in the other, where the same chat is open.
    await expect(second.get_by_role("button", name="回答中")).to_have_count(0)
    await ask_and_wait(second, "続きの質問")
    await expect(first.locator("article").nth(2)).to_contain_text("続きの質問")
    await expect(answers(first).last).to_have_text("東京です。")


async def test_edit_and_regenerate_keep_what_was_there(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    for said in ("一の答え", "別の答え", "直した答え"):
        backends["fake"].play(*saying(said))
    page = await open_page(served.url)
    await ask_and_wait(page, "一の質問")
    await page.get_by_role("button", name="答え直す").click()
    await expect(answers(page)).to_have_text("別の答え")
    versions = page.get_by_role("group", name="別の版")
    await expect(versions).to_contain_text("2 / 2")
    await versions.get_by_role("button", name="前の版").click()
    await expect(answers(page)).to_have_text("一の答え")
    # Whoever walked by keyboard goes on walking there.
    await expect(versions.get_by_role("button", name="次の版")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(answers(page)).to_have_text("別の答え")
    await page.get_by_role("button", name="質問を直す").click()
    edited = page.get_by_role("textbox", name="直した質問")
    await expect(edited).to_be_focused()
    await edited.fill("直した質問です")
    await edited.press("Enter")
    await expect(answers(page)).to_have_text("直した答え")
    await expect(page.locator("article").first).to_contain_text("直した質問です")
    await versions.first.get_by_role("button", name="前の版").click()
    await expect(page.locator("article").first).to_contain_text("一の質問")
    await expect(answers(page)).to_have_text("別の答え")
    await page.reload()
    await expect(answers(page)).to_have_text("別の答え")


async def test_a_cut_answer_is_gone_on_with(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    backends["fake"].play(*saying("一、二、", reason="length"))
    backends["fake"].play(*saying("三。"))
    page = await open_page(served.url)
    await ask_and_wait(page, "数えて")
    await expect(page.get_by_text("長さの上限に達したため、ここで切れています。")).to_be_visible()
    await page.get_by_role("button", name="続きを書く").click()
    await expect(answers(page)).to_have_text("一、二、三。")
    await expect(page.get_by_role("button", name="続きを書く")).to_have_count(0)


async def test_chats_stand_side_by_side(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await ask_and_wait(page, "一つ目の質問")
    await page.get_by_role("button", name="新しいチャット").click()
    await expect(answers(page)).to_have_count(0)
    await expect(message(page)).to_be_focused()
    await ask_and_wait(page, "二つ目の質問")
    chats = page.get_by_role("navigation")
    await chats.get_by_role("button", name="一つ目の質問", exact=True).click()
    await expect(page.locator("article").first).to_contain_text("一つ目の質問")
    await chats.get_by_role("button", name="「一つ目の質問」の操作").click()
    await page.get_by_role("menuitem", name="ごみ箱へ移す").click()
    await expect(chats.get_by_text("一つ目の質問")).to_have_count(0)
    await expect(page.locator("article")).to_have_count(0)


async def test_an_answer_goes_on_while_another_chat_is_open(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    go = asyncio.Event()
    backends["fake"].play(Started(7, 0), Delta("前半", (1, 2)), go, *saying("と後半")[2:])
    page = await open_page(served.url)
    await ask(page, "背景の質問")
    await expect(answers(page)).to_have_text("前半")
    await page.get_by_role("button", name="新しいチャット").click()
    go.set()
    await page.get_by_role("button", name="背景の質問", exact=True).click()
    await expect(answers(page)).to_have_text("前半と後半")


async def test_answers_and_code_are_copied(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    answer = "**手順**です。\n\n```python\nprint('東京')  # <b>\n```\n"
    backends["fake"].play(*saying(answer))
    page = await open_page(served.url, permissions=["clipboard-read", "clipboard-write"])
    await ask_and_wait(page, "書いて")
    clipboard = "navigator.clipboard.readText()"
    code = page.get_by_role("button", name="コードをコピー")
    await code.click()
    await expect(code).to_contain_text("コピーしました")
    await expect(page.get_by_role("status").get_by_text("コピーしました")).to_have_count(1)
    assert await page.evaluate(clipboard) == "print('東京')  # <b>\n"
    whole = page.get_by_role("button", name="回答をコピー")
    await whole.click()
    await expect(whole).to_contain_text("コピーしました")
    assert await page.evaluate(clipboard) == answer


async def test_a_server_that_goes_away_is_waited_for(
    settings: Settings, backends: Backends, open_page: OpenPage, watch: Watch
) -> None:
    watch.expected = ("ERR_CONNECTION_REFUSED",)
    async with serving(settings, Service(settings, backends.make)) as first:
        page = await open_page(first.url)
    await ask(page, "誰かいますか")
    lost = page.get_by_role("alert").filter(has_text="サーバーにつながりません").first
    await expect(lost).to_be_visible()
    await expect(page.locator("article").first).to_contain_text("誰かいますか")
    backends["fake"].loaded()
    async with serving(settings, Service(settings, backends.make), port=first.port):
        await expect(page.get_by_text("サーバーにつながりました。")).to_be_visible()
        await page.get_by_role("button", name="もう一度").click()
        await expect(answers(page)).to_have_text("東京です。")


async def test_the_end_is_followed_only_while_the_reader_is_there(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    half, rest = asyncio.Event(), asyncio.Event()
    lines = [Delta(f"{number} 行目です。\n\n", (1,)) for number in range(120)]
    backends["fake"].play(
        Started(7, 0), *lines[:40], half, *lines[40:80], rest, *lines[80:], *saying("終わり")[2:]
    )
    page = await open_page(served.url)
    scroller = page.get_by_role("region", name="会話")
    from_end = "e => e.scrollHeight - e.clientHeight - e.scrollTop"
    await ask(page, "長く")
    await expect(answers(page)).to_contain_text("39 行目")
    assert await scroller.evaluate(from_end) < 2
    await scroller.evaluate("e => e.scrollTo(0, 300)")
    latest = page.get_by_role("button", name="最新へ")
    await expect(latest).to_be_visible()
    # What is far is not laid out, so that its height may change: what is read may not move.
    read = answers(page).get_by_text("9 行目です。", exact=True)
    before = await read.evaluate("e => e.getBoundingClientRect().top")
    assert 0 < before < DESKTOP["height"]
    half.set()
    await expect(answers(page)).to_contain_text("79 行目")
    assert abs(await read.evaluate("e => e.getBoundingClientRect().top") - before) < 2
    await latest.click()
    await expect(latest).to_have_count(0)
    rest.set()
    await expect(answers(page)).to_contain_text("終わり")
    assert await scroller.evaluate(from_end) < 2
