"""A person's way through the page with real models behind it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import Page, expect

from browser.asking import Ime, OpenPage, answers, ask, message
from browser.chromium import PHONE
from browser.real import PATIENCE, serving_weights

pytestmark = [pytest.mark.weights, pytest.mark.timeout(300)]

FIRST, SECOND = "qwen2.5-coder-0.5b", "smollm2-135m"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving_weights(tmp_path_factory.mktemp("real"), FIRST, SECOND) as url:
        yield url


async def finished(page: Page) -> None:
    await expect(page.get_by_role("button", name="送信")).to_be_visible(timeout=PATIENCE)


async def test_from_the_first_key_to_another_model(real: str, open_page: OpenPage) -> None:
    page = await open_page(real, permissions=["clipboard-read", "clipboard-write"])
    await expect(page.get_by_text("サインインなし")).to_be_visible()

    # Typed with an input method; only the Enter after the conversion sends.
    await message(page).click()
    ime = await Ime.of(page)
    await ime.compose("にほん", "日本")
    await ime.confirm("日本")
    await ime.compose("の首都はどこですか")
    await ime.confirm("の首都はどこですか?")
    await expect(message(page)).to_have_value("日本の首都はどこですか?")
    assert await page.locator("article").count() == 0
    await page.keyboard.press("Enter")
    await finished(page)
    answer = await answers(page).inner_text()
    assert any("\u3040" <= sign <= "\u9fff" for sign in answer), answer
    # The speed is shown beside it only if the answer took long enough to tell.
    await expect(page.get_by_text(re.compile(r"^\d+ トークン( ·|$)"))).to_be_visible()

    # Copied as it was written.
    await page.get_by_role("button", name="回答をコピー").click()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() != ""

    # Streams, is stopped in the middle, and the model is free again.
    await ask(page, "1から1000までの数を、一行に一つずつ、省略せずにすべて書いてください。")
    grown = await watch_growth(page)
    await page.get_by_role("button", name="停止").click()
    await finished(page)
    assert len(grown) >= 3, grown
    await free(real)
    stopped = await answers(page).last.inner_text()
    await page.wait_for_timeout(500)
    assert await answers(page).last.inner_text() == stopped

    # Another chat, another model, which is loaded for it.
    await page.get_by_role("button", name="新しいチャット").click()
    await page.get_by_role("button", name="モデルの選択").click()
    await page.get_by_role("radio", name="SmolLM2").check()
    await page.keyboard.press("Escape")
    await ask(page, "Say hello.")
    await expect(answers(page)).not_to_be_empty(timeout=PATIENCE)
    await (
        page.get_by_role("button", name="停止")
        .or_(page.get_by_role("button", name="回答をコピー"))
        .first.click()
    )
    await finished(page)
    models = await page.evaluate("fetch('api/status').then(r => r.json()).then(s => s.models)")
    assert {each["id"]: each["state"] for each in models} == {FIRST: "ready", SECOND: "ready"}


async def watch_growth(page: Page) -> list[int]:
    """The different lengths that an answer had while it was written."""
    lengths: list[int] = []
    end = time.monotonic() + PATIENCE / 1000
    while len(lengths) < 3 and time.monotonic() < end:
        length = len("".join(await answers(page).nth(1).all_inner_texts()))
        if length > (lengths[-1] if lengths else 0):
            lengths.append(length)
        await asyncio.sleep(0.05)
    return lengths


async def free(url: str) -> None:
    """Wait until no sequence runs."""
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(3):
        while (await client.get(f"{url}/api/status")).json()["queue"]["running"]:
            await asyncio.sleep(0.05)


async def test_on_a_phone_in_english(real: str, open_page: OpenPage) -> None:
    page = await open_page(real, viewport=PHONE, is_mobile=True, has_touch=True, locale="en-US")
    await message(page).tap()
    await page.keyboard.type("What is the capital of Japan?")
    await page.get_by_role("button", name="Send").tap()
    await expect(page.get_by_role("button", name="Copy the answer")).to_be_visible(timeout=PATIENCE)
    assert (await answers(page).inner_text()).strip() != ""
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
