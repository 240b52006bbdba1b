"""How busy the page's main thread is while an answer streams at 100 tokens per second.

Chromium's own count of what its main thread did (Performance.getMetrics: TaskDuration, with what
of it were scripts, styles and layout) over the middle of an answer with prose, lists, tables and
code. Less than 30% is wanted. The server and the browser share this machine.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import CDPSession, async_playwright

from browser.chromium import CHROMIUM, DESKTOP, FLAGS
from fakes.backend import FakeBackend, Step, done
from fakes.files import write_gguf
from fakes.serving import serving
from jimae.service.service import Service
from jimae.settings import load
from jimae.types import Delta, Started

RATE = 100.0
WARM_SECONDS = 5.0
SECONDS = 20.0
CHARACTERS = 2  # of a token, as Japanese has them
PART = """## 防災訓練の準備

訓練の目的は、**「通報・避難・点呼」**の三つを確かめることです。次の順に進めます。

1. 案内のメールを送る。返事は金曜日までに受け取ります。
2. 出欠を集計し、班を分ける。

| 日 | すること | 担当 |
| --- | --- | ---: |
| 月 | 案内 | 総務課 |
| 水 | 集計 | 各課 |

```python
from collections import Counter
print(Counter(row["課"] for row in rows if row["出欠"] == "出席"))
```

"""
METRICS = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


def script() -> list[Step]:
    tokens = int(RATE * (WARM_SECONDS + SECONDS + 5))
    text = (PART * (tokens * CHARACTERS // len(PART) + 1))[: tokens * CHARACTERS]
    steps: list[Step] = [Started(7, 0)]
    for start in range(0, len(text), CHARACTERS):
        steps += [Delta(text[start : start + CHARACTERS], (1,)), 1 / RATE]
    return [*steps, done(tokens)]


async def metrics(session: CDPSession) -> dict[str, float]:
    told = await session.send("Performance.getMetrics")
    return {each["name"]: each["value"] for each in told["metrics"]}


async def main() -> None:
    with tempfile.TemporaryDirectory() as data_dir:
        write_gguf(Path(data_dir) / "models" / "fake.gguf")
        settings = load(environ={}, overrides={"data_dir": data_dir, "models.default": "fake"})
        backend = FakeBackend("fake")
        backend.play(*script())
        service = Service(settings, lambda *_: backend)
        async with serving(settings, service) as served, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = await browser.new_page(locale="ja-JP", viewport=DESKTOP)
            await page.goto(served.url)
            await page.locator("#message").fill("訓練の準備は?")
            await page.locator("#message").press("Enter")
            await page.locator("article .prose").wait_for()
            await asyncio.sleep(WARM_SECONDS)
            session = await page.context.new_cdp_session(page)
            # The time of the thread, not of the clock: others may use the machine, too.
            await session.send("Performance.enable", {"timeDomain": "threadTicks"})
            before = await metrics(session)
            shown = len(await page.locator("article .prose").last.inner_text())
            await asyncio.sleep(SECONDS)
            after = await metrics(session)
            more = len(await page.locator("article .prose").last.inner_text()) - shown
            await browser.close()
    seconds = SECONDS
    print(f"over {seconds:.1f} s, {more / seconds:.0f} characters a second shown")
    for name in METRICS:
        print(f"{name:22} {100 * (after[name] - before[name]) / seconds:5.1f}%")


if __name__ == "__main__":
    asyncio.run(main())
