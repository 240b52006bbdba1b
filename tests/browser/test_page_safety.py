"""Answers are text: nothing in them runs, loads or looks like something else."""

from __future__ import annotations

from playwright.async_api import expect

from browser.asking import OpenPage, answers, ask_and_wait
from fakes.backend import Backends, saying
from fakes.serving import Served, serving
from jimae.service.service import Service
from jimae.settings import Settings

HOSTILE = """<script>window.hit = 1</script>
<img src=x onerror="window.hit = 1">
<svg onload="window.hit = 1"><style>* { display: none }</style>

![地図](https://evil.example/pixel.png)
[押す](javascript:window.hit=1) [見る](https://evil.example/page)

| a | b |
| --: | :-: |
| <iframe srcdoc="<script>parent.hit = 1</script>"> | 1 |

```html
<img src=x onerror="window.hit = 1">
```
"""


async def test_nothing_in_an_answer_runs_or_loads(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    # Silence of the policy and the origins of all requests are checked when the page closes.
    backends["fake"].play(*saying(HOSTILE, delay=0.001))
    page = await open_page(served.url)
    text = await ask_and_wait(page, HOSTILE)
    assert '<img src=x onerror="window.hit = 1">' in text
    await expect(answers(page).locator(".hljs-tag").first).to_be_visible()
    assert await page.evaluate("window.hit") is None
    assert await page.locator("article :is(img, svg[onload], iframe, script, style)").count() == 0
    links = answers(page).get_by_role("link")
    assert await links.evaluate_all("all => all.map(a => a.href)") == [
        "https://evil.example/pixel.png",
        "https://evil.example/page",
    ]
    await expect(links.last).to_have_attribute("rel", "noopener noreferrer")
    await expect(answers(page).locator(".link-host").last).to_have_text("evil.example")


async def test_the_page_works_below_a_folder(
    settings: Settings, backends: Backends, open_page: OpenPage
) -> None:
    backends["fake"].play(*saying("```python\nprint(1)\n```"))
    async with serving(settings, Service(settings, backends.make), prefix="/tools/chat") as served:
        page = await open_page(f"{served.url}/tools/chat/")
        await ask_and_wait(page, "コードを")
        await expect(answers(page).locator(".hljs-built_in")).to_have_text("print")
