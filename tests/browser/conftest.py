"""A real browser on the real page, and a watch for what must never happen on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from browser.asking import OpenPage, Watch
from browser.chromium import CHROMIUM, DESKTOP, FLAGS
from fakes.backend import Backends
from fakes.people import People
from fakes.serving import Served, serving
from jimae.api.page import page_directory
from jimae.service.service import Service
from jimae.settings import Settings

# Tells the console of anything that the content security policy had to stop.
WATCH_POLICY = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


# A deadline for a machine that does something else besides, not a speed.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the browser, and shares one over the session."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def what_is_needed() -> None:
    if not CHROMIUM.is_file():
        pytest.skip(f"no {CHROMIUM}: apt-get install chromium")
    if not (page_directory() / "index.html").is_file():
        pytest.skip("the page is not built: cd webui && npm ci && npm run build")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(what_is_needed: None) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, watch: Watch) -> AsyncIterator[OpenPage]:
    """Every page that a test opens must stay silent and at home."""
    contexts: list[BrowserContext] = []
    homes: set[str] = set()

    async def open_(url: str, ready: str = "#message", **options: object) -> Page:
        settings = {"locale": "ja-JP", "viewport": DESKTOP, "color_scheme": "light", **options}
        context = await browser.new_context(**settings)
        contexts.append(context)
        context.set_default_timeout(10_000)
        await context.add_init_script(WATCH_POLICY)
        page = await context.new_page()
        watch.on(page)
        homes.add(urlsplit(url).netloc)
        await page.goto(url)
        await page.locator(ready).first.wait_for()
        return page

    yield open_
    for context in contexts:
        await context.close()
    assert watch.errors == []
    assert watch.hosts <= homes


@pytest.fixture
def service(settings: Settings, backends: Backends) -> Service:
    """What `served` serves, and starts."""
    return Service(settings, backends.make)


@pytest.fixture
def people(served: Served, service: Service) -> People:
    return People(service)


@pytest_asyncio.fixture(loop_scope="session")
async def served(settings: Settings, service: Service) -> AsyncIterator[Served]:
    """The server with scripted models, in the loop that the browser lives in."""
    async with serving(settings, service) as served:
        yield served
