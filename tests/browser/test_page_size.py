"""What the page costs, in what can be counted: requests, bytes, elements.

Seconds and frames are measured by `scripts/measure page_opening page_scrolling`.
"""

from __future__ import annotations

from playwright.async_api import Request, expect

from browser.asking import OpenPage, ask, ask_and_wait
from browser.chromium import DESKTOP
from fakes.backend import Backends, done
from fakes.serving import Served
from jimae.types import Delta, Started

MOST_REQUESTS = 24
# As they are sent on loopback, where nothing compresses them.
MOST_KILOBYTES = 400
LINES = 2_000
PARAGRAPH = "**訓練**の目的は、通報を確かめることです。\n\n- 一つ目\n- 二つ目\n\n"

# Those that the page has sent before one can write and the model is known.
USABLE = """
window.before = null;
new MutationObserver(() => {
  if (window.before !== null || !document.querySelector("#message")) return;
  if (!document.querySelector(".choice .dot.ready")) return;
  window.before = performance.getEntriesByType("resource").concat(
    performance.getEntriesByType("navigation"));
}).observe(document, { childList: true, subtree: true, attributes: true });
"""
SENT = "window.before?.reduce((sum, each) => sum + each.encodedBodySize, 0) ?? null"
# Of an answer that is long: the parts that the browser has to lay out and paint.
DRAWN = """() => [...document.querySelectorAll(".prose .block")].filter((block) =>
  (block.firstElementChild ?? block).checkVisibility({ contentVisibilityAuto: true })).length"""


# Parts of it whose height is not known yet.
GUESSED = """[...document.querySelectorAll(".prose .block:nth-child(n + 41)")].filter((block) =>
  !block.style.containIntrinsicBlockSize).length"""


async def test_little_is_fetched_before_the_page_can_be_used(
    served: Served, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    await page.add_init_script(USABLE)
    await page.reload()
    await page.wait_for_function("() => window.before !== null")
    count = await page.evaluate("() => window.before.length")
    kilobytes = await page.evaluate(f"() => ({SENT}) / 1024")
    assert count <= MOST_REQUESTS, [request.url for request in requests]
    assert 60 < kilobytes <= MOST_KILOBYTES


async def test_of_a_long_answer_only_what_is_near_is_drawn(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    count = LINES // PARAGRAPH.count("\n")
    parts = [Delta(f"{number}。{PARAGRAPH}", (1,)) for number in range(count)]
    backends["fake"].play(Started(7, 0), *parts, done(count))
    page = await open_page(served.url)
    await ask(page, "長く")
    await expect(page.get_by_role("button", name="答え直す")).to_be_visible(timeout=60_000)
    blocks = page.locator(".prose .block")
    assert await blocks.count() >= 2 * count - 1
    scroller = page.get_by_role("region", name="会話")
    from_end = "e => e.scrollHeight - e.clientHeight - e.scrollTop"
    # It was followed to its end, through parts that were never drawn whole.
    assert await scroller.evaluate(from_end) < 2
    assert await page.evaluate(DRAWN) < 150
    await scroller.evaluate("e => e.scrollTo(0, 0)")
    await page.wait_for_timeout(200)
    assert await page.evaluate(DRAWN) < 150
    # The last of them is there to be read, found and copied all the same.
    assert f"{count - 1}。訓練" in await page.locator(".prose").last.text_content()
    height = await scroller.evaluate("e => e.scrollHeight")
    assert height > DESKTOP["height"] * 20
    # In idle moments the rest was laid out: its heights are known before it is seen.
    await page.wait_for_function(f"() => ({GUESSED}) === 0")
    height = await scroller.evaluate("e => e.scrollHeight")
    await scroller.evaluate("e => e.scrollTo(0, e.scrollHeight / 2)")
    await page.wait_for_timeout(200)
    assert abs(await scroller.evaluate("e => e.scrollHeight") - height) <= 2
    await page.get_by_role("button", name="最新へ").click()
    await expect(blocks.last).to_be_in_viewport()
    await ask_and_wait(page, "そのあとも")
