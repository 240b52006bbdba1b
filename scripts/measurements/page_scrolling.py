"""How smoothly the page scrolls: a list of 10,000 chats, and an answer of 2,000 lines.

The wheel turns as a hand turns it, and the page's own requestAnimationFrame tells when each frame
was begun. Told are the share of frames that came later than 33 ms after the one before (one of two
was missed at 60 a second), the longest, and the main thread's work for each frame. An empty page
that is as tall scrolls first: what this machine, which draws without a graphics card, can do.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from browser.chromium import CHROMIUM, DESKTOP, FLAGS
from fakes.backend import FakeBackend, Step, done
from fakes.files import write_gguf
from fakes.serving import serving
from jimae.service.items import new_id
from jimae.service.service import Service
from jimae.settings import load
from jimae.store.chat_tables import Chat
from jimae.types import Delta, Started

CHATS = 10_000
LINES = 2_000
TURNS = 240
STEP_PIXELS = 240
LATE_MS = 33.4
FRAMES = """() => {
  window.frames_ = [];
  let last = performance.now();
  const frame = (now) => {
    window.frames_.push(now - last);
    last = now;
    window.watching = requestAnimationFrame(frame);
  };
  window.watching = requestAnimationFrame(frame);
}"""
STOP = "() => { cancelAnimationFrame(window.watching); return window.frames_.slice(2); }"
PART = """## {number} 番目の手順

訓練の目的は、**「通報・避難・点呼」**の三つを確かめることです。次の順に進めます。

1. 案内のメールを送る。返事は金曜日までに受け取ります。
2. 出欠を集計し、班を分ける。`Counter` を使うと早く済みます。

| 日 | すること | 担当 |
| --- | --- | ---: |
| 月 | 案内 | 総務課 |
| 水 | 集計 | 各課 |

```python
from collections import Counter
print(Counter(row["課"] for row in rows if row["出欠"] == "出席"))
```

"""
BLANK = "<body style='height:400000px;background:linear-gradient(#fff,#888)'>"


def long_answer() -> list[Step]:
    parts = [PART.format(number=number) for number in range(LINES // PART.count("\n") + 1)]
    return [Started(7, 0), *(Delta(part, (1,)) for part in parts), done(len(parts))]


async def keep_chats(service: Service) -> None:
    def row(number: int) -> Chat:
        changed = time.time() - number * 1800.0
        return Chat(
            id=new_id("chat"),
            owner="local",
            created_at=changed,
            updated_at=changed,
            title=f"{number} 番目のチャット、見積と請求について",
            named=True,
            pinned=False,
            settings={"instructions": None, "style": None, "temperature": None},
        )

    rows = [row(number) for number in range(CHATS)]
    await service.store.write(lambda session: session.add_all(rows))


async def scrolled(page: Page, what: str, x: float, y: float, direction: int = 1) -> None:
    """Turn the wheel over a place, and tell of the frames meanwhile."""
    await page.mouse.move(x, y)
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = await busy(session)
    await page.evaluate(FRAMES)
    for _ in range(TURNS):
        await page.mouse.wheel(0, direction * STEP_PIXELS)
        await asyncio.sleep(1 / 60)
    frames: list[float] = await page.evaluate(STOP)
    work = 1000 * (await busy(session) - before) / len(frames)
    late = sum(frame > LATE_MS for frame in frames) / len(frames)
    print(
        f"{what:34} {len(frames):5} frames, median {statistics.median(frames):5.1f} ms, "
        f"over 33 ms {100 * late:5.1f}%, longest {max(frames):6.1f} ms, work {work:4.1f} ms each",
        flush=True,
    )


async def busy(session: object) -> float:
    told = await session.send("Performance.getMetrics")  # type: ignore[attr-defined]
    return next(each["value"] for each in told["metrics"] if each["name"] == "TaskDuration")


async def main() -> None:
    with tempfile.TemporaryDirectory() as data_dir:
        write_gguf(Path(data_dir) / "models" / "fake.gguf")
        settings = load(environ={}, overrides={"data_dir": data_dir, "models.default": "fake"})
        backend = FakeBackend("fake")
        backend.play(*long_answer())
        service = Service(settings, lambda *_: backend)
        async with serving(settings, service) as served, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            blank = await browser.new_page(viewport=DESKTOP)
            await blank.set_content(BLANK)
            await scrolled(blank, "an empty page", 640, 400)
            await blank.close()

            page = await browser.new_page(locale="ja-JP", viewport=DESKTOP)
            await page.goto(served.url)
            await page.locator("#message").fill("訓練の準備は?")
            await page.locator("#message").press("Enter")
            await expect(page.get_by_text("答え直す")).to_be_visible(timeout=60_000)
            print(f"{LINES} lines of Markdown are {await page.locator('*').count()} elements")
            await page.locator(".scroller").evaluate("e => e.scrollTo(0, 0)")
            await page.wait_for_timeout(2_000)
            await scrolled(page, "the answer, down for the first time", 700, 400)
            await scrolled(page, "the answer, up again", 700, 400, -1)

            await keep_chats(service)
            await page.reload()
            await page.get_by_role("navigation").get_by_role("listitem").nth(10).wait_for()
            await scrolled(page, "the chats, while they are read in", 130, 500)
            rows = await page.get_by_role("navigation").get_by_role("listitem").count()
            await scrolled(page, "the chats, up again", 130, 500, -1)
            print(f"{CHATS} chats stand as {rows} lines at most")
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
