"""Takes the pictures of the page for the documentation: `scripts/screenshots`."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect
from sqlalchemy.orm import Session

from browser.chromium import CHROMIUM, DESKTOP, FLAGS, PHONE
from browser.people import sign_in
from fakes.backend import FakeBackend, saying
from fakes.files import write_gguf
from fakes.people import TERMINAL, People
from fakes.serving import Served, serving
from jimae.catalogue.registry import load as load_catalogue
from jimae.service.accounts import setup
from jimae.service.service import Service
from jimae.settings import load
from jimae.store.account_tables import Account
from jimae.store.usage_tables import LedgerEntry

FOLDER = Path(__file__).parents[2] / "docs" / "images"
SHORT = DESKTOP
TALL = {"width": 1280, "height": 1010}  # the whole answer
MODEL = "qwen2.5-coder-1.5b"

QUESTION = "来週の防災訓練の準備を、担当の表と、出欠を集計するPythonの例つきでまとめてください。"
ANSWER = """## 防災訓練の準備

訓練の目的は、**「通報・避難・点呼」**の三つを確かめることです。次の順に進めます。

| 日 | すること | 担当 | 所要 |
| --- | --- | --- | ---: |
| 月 | 案内のメールを送る | 総務課 | 30分 |
| 水 | 出欠を集計し、班を分ける | 各課の担当 | 1時間 |
| 金 | 放送設備と消火器を点検する | 管財係 | 2時間 |

出欠は、次の短いプログラムで集計できます。

```python
import csv
from collections import Counter

with open("attendance.csv", encoding="utf-8-sig") as file:
    rows = list(csv.DictReader(file))

print(Counter(row["課"] for row in rows if row["出欠"] == "出席"))
```
"""


QUESTION_EN = (
    "How do I greet the guests of a school festival? Three sentences, and a plan as a table."
)
ANSWER_EN = """Good morning, and welcome to our **autumn festival**. The pupils have prepared for \
weeks, and are eager to show you what they made. Please take your time, and enjoy the day.

| Time | What | Where |
| --- | --- | --- |
| 9:30 | Opening, with the head teacher | Sports hall |
| 10:00 | Stalls and exhibitions | All classrooms |
| 14:00 | Concert of the brass band | Sports hall |
"""

PEOPLE = (
    ("tanaka", "田中 明", "admin", ["情報システム課"]),
    ("suzuki", "鈴木 一郎", "manager", ["総務課"]),
    ("yamada", "山田 花子", "user", ["総務課", "企画課"]),
    ("sato", "佐藤 健", "user", ["企画課"]),
    ("kansa", "監査室", "auditor", []),
)
DAYS = (3, 8, 12, 9, 15, 4, 2, 14, 18, 17, 21, 19)


async def main() -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        await alone(browser)
        await in_english(browser)
        await together(browser)
        await browser.close()


async def alone(browser: Browser) -> None:
    """Without accounts: the chat, and how one begins."""
    async with written_answers(ANSWER) as (served, service):
        await service.store.write(lambda session: setup.new_code(session, TERMINAL))
        page = await opened(browser, served.url, viewport=TALL)
        await page.goto(f"{served.url}/#/setup")
        await page.locator("#code").wait_for()
        await take(page, "first-run")
        await page.goto(f"{served.url}/#/begin")
        await page.get_by_role("radio").first.wait_for()
        await take(page, "first-model")
        await empty_phone(browser, served.url, "phone")
        for scheme in ("light", "dark"):
            page = await opened(browser, served.url, viewport=TALL, color_scheme=scheme)
            await answered(page, QUESTION)
            await expect(page.locator(".hljs-string").first).to_be_visible()
            await page.get_by_role("region", name="会話").evaluate("e => e.scrollTo(0, 0)")
            await take(page, f"chat-{scheme}")


async def in_english(browser: Browser) -> None:
    async with written_answers(ANSWER_EN) as (served, _):
        page = await opened(browser, served.url, locale="en-GB", viewport=SHORT)
        await answered(page, QUESTION_EN)
        await take(page, "chat-en")


async def together(browser: Browser) -> None:
    """With accounts: signing in, and administration."""
    async with written_answers(ANSWER) as (served, service):
        people = People(service)
        for name, shown, role, groups in PEOPLE:
            person = await people.add(name, role, groups=groups, manages=role == "manager")
            await service.store.write(partial(_rename, person.id, shown))
        await service.store.write(_use)
        page = await opened(browser, served.url, "#name", viewport=SHORT)
        await take(page, "sign-in")
        await signed_in(page, "yamada")
        await answered(page, QUESTION)
        await service.accounts.presence.write()
        for language, locale in (("", "ja-JP"), ("-en", "en-GB")):
            page = await opened(browser, served.url, "#name", locale=locale, viewport=SHORT)
            await signed_in(page, "tanaka")
            for place in ("people", "usage", "settings?search=engine"):
                await page.goto(f"{served.url}/#/admin/{place}")
                await page.locator("#content table").first.wait_for(state="attached")
                await take(page, f"{place.partition('?')[0]}{language}")
        page = await opened(browser, served.url, "#name", viewport=SHORT, color_scheme="dark")
        await signed_in(page, "tanaka")
        await page.goto(f"{served.url}/#/admin/audit")
        await page.locator("#content table").wait_for()
        await take(page, "audit-dark")


async def signed_in(page: Page, name: str) -> None:
    await sign_in(page, name)
    await page.locator("#message").wait_for()


async def answered(page: Page, question: str) -> None:
    await page.locator("#message").fill(question)
    await page.locator("#message").press("Enter")
    await expect(page.locator(".prose table")).to_be_visible(timeout=60_000)
    again = page.get_by_text("答え直す").or_(page.get_by_text("Answer anew"))
    await expect(again).to_be_visible(timeout=60_000)


@asynccontextmanager
async def written_answers(answer: str) -> AsyncIterator[tuple[Served, Service]]:
    """A server whose answers are written beforehand: at once, so that no picture claims a
    speed."""
    with tempfile.TemporaryDirectory() as data_dir:
        weights = Path(data_dir) / "models" / f"{MODEL}.gguf"
        write_gguf(weights)
        os.truncate(weights, load_catalogue().get(MODEL).size)
        settings = load(environ={}, overrides={"data_dir": data_dir, "models.default": MODEL})
        backend = FakeBackend(MODEL)
        backend.default = saying(answer)
        service = Service(settings, lambda *_: backend)
        async with serving(settings, service) as served:
            yield served, service


def _rename(account_id: str, shown: str, session: Session) -> None:
    session.get_one(Account, account_id).display_name = shown


def _use(session: Session) -> None:
    """Some days of use, made up."""
    today = date.today()
    for back, count in enumerate(reversed(DAYS)):
        for number in range(count):
            session.add(
                LedgerEntry(
                    id=f"use_{back}_{number}",
                    owner="local",
                    created_at=0.0,
                    group_id=None,
                    key_id=None,
                    model=MODEL,
                    day=str(today - timedelta(days=back)),
                    prompt_tokens=420 + 37 * number,
                    completion_tokens=260 + 11 * number,
                    cached_tokens=0,
                    waited=0.4,
                    seconds=9.0,
                    outcome="done",
                    code=None,
                )
            )


async def empty_phone(browser: Browser, url: str, name: str) -> None:
    page = await opened(
        browser, url, viewport=PHONE, device_scale_factor=1.5, is_mobile=True, has_touch=True
    )
    await take(page, name)


async def opened(browser: Browser, url: str, ready: str = "#message", **options: object) -> Page:
    options = {"locale": "ja-JP", "timezone_id": "Asia/Tokyo", **options}
    page = await browser.new_page(**options)  # type: ignore[arg-type]
    await page.goto(url)
    await page.locator(ready).wait_for()
    return page


async def take(page: Page, name: str) -> None:
    await page.wait_for_timeout(500)  # for the fonts and the last frame
    await page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(main())
