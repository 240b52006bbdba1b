"""Takes the pictures of the page for the documentation: `scripts/screenshots`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from browser.chromium import CHROMIUM, FLAGS, PHONE
from fakes.backend import FakeBackend, saying
from fakes.files import write_gguf
from fakes.serving import serving
from jimae.service.service import Service
from jimae.settings import load

FOLDER = Path(__file__).parents[2] / "docs" / "images"
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


async def main() -> None:
    with tempfile.TemporaryDirectory() as data_dir:
        write_gguf(Path(data_dir) / "models" / f"{MODEL}.gguf")
        settings = load(environ={}, overrides={"data_dir": data_dir, "models.default": MODEL})
        backend = FakeBackend(MODEL)
        # At once, so that the pictures claim no speed.
        backend.default = saying(ANSWER)
        service = Service(settings, lambda *_: backend)
        async with serving(settings, service) as served, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            await asyncio.gather(
                answered(browser, served.url, "chat-light", color_scheme="light"),
                answered(browser, served.url, "chat-dark", color_scheme="dark"),
                empty_phone(browser, served.url, "phone"),
            )
            await browser.close()


async def answered(browser: Browser, url: str, name: str, **options: str) -> None:
    page = await opened(browser, url, viewport=TALL, **options)
    await page.locator("#message").fill(QUESTION)
    await page.locator("#message").press("Enter")
    await expect(page.get_by_text("答え直す")).to_be_visible(timeout=60_000)
    await expect(page.locator(".hljs-string").first).to_be_visible()
    await page.get_by_role("region", name="会話").evaluate("e => e.scrollTo(0, 0)")
    await take(page, name)


async def empty_phone(browser: Browser, url: str, name: str) -> None:
    page = await opened(
        browser, url, viewport=PHONE, device_scale_factor=1.5, is_mobile=True, has_touch=True
    )
    await take(page, name)


async def opened(browser: Browser, url: str, **options: object) -> Page:
    page = await browser.new_page(locale="ja-JP", **options)  # type: ignore[arg-type]
    await page.goto(url)
    await page.get_by_text("サインインなし").wait_for(state="attached")
    return page


async def take(page: Page, name: str) -> None:
    await page.wait_for_timeout(500)  # for the fonts and the last frame
    await page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(main())
