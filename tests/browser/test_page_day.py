"""A day in an office: from the first start of a server to signing out, with real models.

None of the small models that tests run on reasons or calls tools: those answers are in
`test_page_answers`, written beforehand.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from browser.asking import OpenPage, answers, ask, message
from browser.people import sign_in
from browser.real import PATIENCE, serving_weights
from browser.test_page_input import drop
from fakes.people import People, people_of

pytestmark = [pytest.mark.weights, pytest.mark.timeout(300)]

FIRST, SECOND = "qwen2.5-coder-0.5b", "smollm2-135m"
LONG = "1から1000までの数を、一行に一つずつ、省略せずにすべて書いてください。"
SHORT = "日本の首都はどこですか。都市の名前だけを答えてください。"
TITLE = SHORT.partition("。")[0]


@dataclass
class Office:
    """A server that was just started for the first time."""

    url: str
    data_dir: Path
    started: float  # when somebody typed `jimae serve`


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    started = time.monotonic()
    data_dir = tmp_path_factory.mktemp("office")
    with serving_weights(data_dir, FIRST, SECOND) as url:
        yield Office(url, data_dir, started)


@pytest_asyncio.fixture(loop_scope="session")
async def people(office: Office) -> AsyncIterator[People]:
    async with people_of(office.data_dir) as people:
        yield people


async def finished(page: Page) -> None:
    await expect(page.get_by_role("button", name="送信")).to_be_visible(timeout=PATIENCE)


async def answered(page: Page, question: str) -> str:
    before = await answers(page).count()
    await ask(page, question)
    await expect(answers(page)).to_have_count(before + 1, timeout=PATIENCE)
    await finished(page)
    said = (await answers(page).last.inner_text()).strip()
    assert said != ""
    return said


async def grows_beyond(answer: Locator, length: int) -> str:
    """Wait until an answer is longer than that; returns it."""
    async with asyncio.timeout(PATIENCE / 1000):
        while len(text := await answer.inner_text(timeout=PATIENCE)) <= length:
            await asyncio.sleep(0.05)
    return text


async def test_the_first_answer_comes_within_two_minutes_of_the_first_start(
    office: Office, people: People, open_page: OpenPage
) -> None:
    page = await open_page(office.url)
    await expect(page.locator("html")).to_have_attribute("lang", "ja")
    await page.get_by_role("button", name="設定").click()
    await page.get_by_role("link", name="アカウントを作って共有する").click()
    await page.get_by_label("一度だけのコード").fill(await people.setup_code())
    await page.get_by_label("管理者の名前").fill("tanaka")
    for label in ("パスワード", "パスワード（確認）"):
        await page.get_by_label(label, exact=True).fill("brown-fox-jumps-over-dogs")
    await page.get_by_role("button", name="管理者を作る").click()
    await page.get_by_role("radio", name="Qwen2.5-Coder 0.5B").check()
    await page.get_by_role("button", name="このモデルで始める").click()
    await page.locator("#message").wait_for()
    answer = await answered(page, "日本の首都はどこですか?")
    assert re.search(r"[\u3040-\u9fff]", answer), answer
    assert time.monotonic() - office.started < 120


async def test_a_day(office: Office, people: People, open_page: OpenPage, tmp_path: Path) -> None:
    await people.add("kacho", "admin")
    for name in ("hanako", "taro"):
        await people.add(name, groups=["総務課"])
    boss = await open_page(office.url, ready="#name")
    await boss.goto(f"{office.url}/#/admin/overview")
    await sign_in(boss, "kacho")
    page = await open_page(office.url, ready="#name")
    await sign_in(page, "hanako")
    await page.locator("#message").wait_for()

    await stops_goes_on_and_reloads(page, boss)
    answer = await asks_again_and_otherwise(page)
    await judges(page)
    await shares(page)
    await attaches_a_file(page)
    await fills_a_template(page)
    await searches(page)
    await compares(page, office.url)
    file = await exports(page, tmp_path)

    other = await open_page(office.url, ready="#name")
    await sign_in(other, "taro")
    await reads_what_is_shared(other, answer)
    await imports_and_goes_on(other, file, answer)

    await signs_out(page)


async def stops_goes_on_and_reloads(page: Page, boss: Page) -> None:
    """A stop makes room at once; what is gone on with survives a reload."""
    await ask(page, LONG)
    await grows_beyond(answers(page), 10)
    await expect(boss.get_by_role("row", name=re.compile("^hanako 1"))).to_be_visible()
    await page.get_by_role("button", name="停止").click()
    await expect(page.locator("article").get_by_text("ここで停止しました。")).to_be_visible()
    await expect(boss.get_by_text("今は誰も使っていません。")).to_be_visible()
    stopped = await answers(page).inner_text()
    await page.get_by_role("button", name="続きを書く").click()
    going = await grows_beyond(answers(page), len(stopped) + 5)
    assert begins_as(stopped, going)
    await page.reload()
    again = await grows_beyond(answers(page), len(going) + 5)
    assert begins_as(going, again)
    await page.get_by_role("button", name="停止").click()
    await finished(page)


def begins_as(before: str, after: str) -> bool:
    """Whether a longer answer is the same up to where it was. The Markdown of its last line may
    mean something else by now, and so may the spaces."""
    shown, longer = ("".join(text.split()) for text in (before, after))
    return longer.startswith(shown[:-3])


async def asks_again_and_otherwise(page: Page) -> str:
    """Every version stays; returns the first answer."""
    await page.get_by_role("button", name="新しいチャット").click()
    first = await answered(page, SHORT)
    await page.get_by_role("button", name="答え直す").click()
    versions = page.get_by_role("group", name="別の版")
    await expect(versions).to_contain_text("2 / 2", timeout=PATIENCE)
    await finished(page)
    await versions.get_by_role("button", name="前の版").click()
    await expect(answers(page)).to_have_text(first, use_inner_text=True)
    await page.get_by_role("button", name="質問を直す").click()
    await page.get_by_role("textbox", name="直した質問").fill(SHORT.replace("日本", "フランス"))
    await page.get_by_role("textbox", name="直した質問").press("Enter")
    await expect(page.locator("article").first).to_contain_text("フランスの首都")
    await finished(page)
    await versions.first.get_by_role("button", name="前の版").click()
    await expect(page.locator("article").first).to_contain_text("日本の首都")
    await expect(answers(page)).to_have_text(first, use_inner_text=True)
    return first


async def judges(page: Page) -> None:
    await page.get_by_role("button", name="よくない回答").click()
    await page.get_by_label("正しい回答").fill("東京です。")
    await page.get_by_role("button", name="送る").click()
    await expect(page.get_by_label("正しい回答")).to_have_count(0)


def operations(page: Page) -> Locator:
    """The button beside the chat with the short question."""
    return page.get_by_role("button", name=re.compile(f"^「{TITLE}.*の操作$"))


async def shares(page: Page) -> None:
    await operations(page).click()
    await page.get_by_role("menuitem", name="グループと共有").click()
    await page.get_by_role("checkbox", name="総務課").check()
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def attaches_a_file(page: Page) -> None:
    """As the office's other programs write it."""
    await page.get_by_role("button", name="新しいチャット").click()
    await drop(page, "名簿.csv", "氏名,部署\n髙橋㈱①,総務課\n".encode("cp932"))
    await expect(page.locator("form li")).to_contain_text("Shift_JIS")
    await answered(page, "添付した名簿は何人ですか。数字だけで答えてください。")
    asked = page.locator("article").first
    await asked.locator("summary").click()
    await expect(asked.locator("pre")).to_contain_text("髙橋㈱①,総務課")


async def fills_a_template(page: Page) -> None:
    await page.get_by_role("button", name="新しいチャット").click()
    await message(page).press("/")
    dialog = page.get_by_role("dialog", name="定型プロンプト")
    await dialog.get_by_role("option", name="翻訳").click()
    await dialog.get_by_label("文章").fill("会議は午後からです。")
    await dialog.get_by_role("button", name="入力欄に入れる").click()
    await message(page).press("Enter")
    await grows_beyond(answers(page), 3)
    stop = page.get_by_role("button", name="停止")
    await stop.or_(page.get_by_role("button", name="回答をコピー")).first.click()
    await finished(page)


async def searches(page: Page) -> None:
    """For two characters of the file, and of the form."""
    box = page.get_by_role("searchbox", name="チャットを検索")
    results = page.get_by_role("region", name="検索結果")
    for word in ("午後", "髙橋"):
        await box.fill(word)
        await expect(results.locator("mark").first).to_have_text(word)
    await box.press("Escape")


async def compares(page: Page, url: str) -> None:
    """Without the names of the models, until the vote."""
    await page.goto(f"{url}/#/work/compare")
    await page.get_by_label("質問").fill("Say hello.")
    await page.get_by_label("質問").press("Enter")
    await expect(page.get_by_text("どちらの回答がよいですか")).to_be_visible(timeout=PATIENCE)
    sides = page.locator("section[aria-labelledby^=side]")
    assert all("\n" in text.strip() for text in await sides.all_inner_texts())
    await page.get_by_role("button", name="A がよい").click()
    await expect(page.get_by_text("投票しました。")).to_be_visible()
    for model in ("Qwen", "SmolLM2"):
        await expect(sides.filter(has_text=model)).to_have_count(1)
    await page.goto(f"{url}/#/")


async def exports(page: Page, folder: Path) -> Path:
    async with page.expect_download() as download:
        await operations(page).click()
        await page.get_by_role("menuitem", name="JSON").click()
    file = folder / "chat.json"
    await (await download.value).save_as(file)
    await page.keyboard.press("Escape")
    return file


async def reads_what_is_shared(page: Page, answer: str) -> None:
    await page.get_by_role("link", name="チャットの管理").click()
    await page.get_by_role("link", name="共有されたチャット").click()
    await page.get_by_role("button", name=re.compile(TITLE)).click()
    await expect(answers(page)).to_have_text(answer, use_inner_text=True)
    await expect(page.get_by_text("hanakoさんが共有しているチャットです")).to_be_visible()


async def imports_and_goes_on(page: Page, file: Path, answer: str) -> None:
    await page.get_by_role("link", name="チャットの管理").click()
    await page.get_by_role("link", name="書き出しと取り込み").click()
    await page.get_by_label("ファイルを選ぶ").set_input_files(file)
    await expect(page.get_by_text("1 件を取り込みました")).to_be_visible()
    await page.get_by_role("link", name="チャットへ戻る").click()
    chats = page.get_by_role("navigation")
    await chats.get_by_role("button", name=re.compile(f"^{TITLE}")).click()
    await expect(answers(page)).to_have_text(answer, use_inner_text=True)
    await answered(page, "もう一度、一語で答えてください。")


async def signs_out(page: Page) -> None:
    await page.get_by_role("button", name="設定").click()
    await page.get_by_role("button", name="サインアウト").click()
    await expect(page.locator("#name")).to_be_focused()
    await page.reload()
    await expect(page.locator("#name")).to_be_visible()
    assert "髙橋" not in await page.content()
