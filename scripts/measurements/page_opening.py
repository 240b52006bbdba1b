"""From an address to a page that can be used, on loopback: first paint, and the field to write in.

Medians over openings with an empty cache, by the browser's own marks. Usable is when the field is
there, the model is known and a key can be typed into it. At most one second is wanted.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright

from browser.chromium import CHROMIUM, DESKTOP, FLAGS
from fakes.backend import FakeBackend
from fakes.files import write_gguf
from fakes.serving import serving
from jimae.service.service import Service
from jimae.settings import load

OPENINGS = 15
# When the field of the message and the name of the model have both come.
USABLE = """
new MutationObserver((_, observer) => {
  const ready = document.querySelector("#message") && document.querySelector(".choice .dot.ready");
  if (!ready) return;
  observer.disconnect();
  window.usable = performance.now();
}).observe(document, { childList: true, subtree: true, attributes: true });
"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


async def told(page: Page, milliseconds: str) -> float:
    """What an expression says once it says something. The page's policy lets no function be made
    of a text, with which Playwright would wait."""
    while (found := await page.evaluate(milliseconds)) is None:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return float(found)


async def main() -> None:
    painted: list[float] = []
    usable: list[float] = []
    with tempfile.TemporaryDirectory() as data_dir:
        write_gguf(Path(data_dir) / "models" / "fake.gguf")
        settings = load(environ={}, overrides={"data_dir": data_dir, "models.default": "fake"})
        backend = FakeBackend("fake")
        service = Service(settings, lambda *_: backend)
        async with serving(settings, service) as served, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for _ in range(OPENINGS):
                context = await browser.new_context(locale="ja-JP", viewport=DESKTOP)
                await context.add_init_script(USABLE)
                page = await context.new_page()
                await page.goto(served.url)
                usable.append(await told(page, "window.usable ?? null"))
                painted.append(await told(page, PAINTED))
                await context.close()
            await browser.close()
    for name, times in (("first paint", painted), ("usable", usable)):
        print(f"{name:12} median {statistics.median(times):6.0f} ms, worst {max(times):6.0f} ms")


if __name__ == "__main__":
    asyncio.run(main())
