"""What a person does on the page, as functions, and what the page must not do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from playwright.async_api import CDPSession, Locator, Page, expect

AXE = Path(__file__).parents[2] / "webui" / "node_modules" / "axe-core" / "axe.min.js"


def message(page: Page) -> Locator:
    return page.get_by_role("textbox")


def answers(page: Page) -> Locator:
    return page.locator("article .prose")


async def ask(page: Page, text: str) -> None:
    await message(page).fill(text)
    await message(page).press("Enter")


async def ask_and_wait(page: Page, text: str) -> str:
    """Ask, wait for the whole answer and return its text."""
    # While an answer is written, the button stops it.
    await expect(page.get_by_role("button", name="送信")).to_be_visible()
    before = await answers(page).count()
    await ask(page, text)
    await expect(answers(page)).to_have_count(before + 1)
    await expect(page.get_by_role("button", name="送信")).to_be_visible()
    return await answers(page).last.inner_text()


async def violations(page: Page) -> list[str]:
    """What axe finds, one line each."""
    # Run as the debugger does: the page's own policy lets no such script in.
    if await page.evaluate("window.axe === undefined"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate("axe.run()")
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


class Ime:
    """An input method: the events that Chromium gets from the system's own."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    @classmethod
    async def of(cls, page: Page) -> Ime:
        return cls(await page.context.new_cdp_session(page))

    async def compose(self, *readings: str) -> None:
        """Type and convert: each reading replaces the one before it."""
        for reading in readings:
            await self._key("Process", "rawKeyDown")
            await self._session.send(
                "Input.imeSetComposition",
                {"text": reading, "selectionStart": len(reading), "selectionEnd": len(reading)},
            )

    async def confirm(self, text: str) -> None:
        """The Enter that ends the conversion: the input method takes its keydown."""
        await self._key("Enter", "rawKeyDown")
        await self._session.send("Input.insertText", {"text": text})
        await self._key("Enter", "keyUp", code=13)

    async def _key(self, key: str, kind: str, code: int = 229) -> None:
        await self._session.send(
            "Input.dispatchKeyEvent", {"type": kind, "key": key, "windowsVirtualKeyCode": code}
        )


@dataclass
class Watch:
    """What a page did: errors it told the console, and where it sent requests."""

    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    # Failed requests are told to the console by the browser itself.
    expected: tuple[str, ...] = ()

    def on(self, page: Page) -> None:
        page.on("console", lambda told: self._told(told.type, told.text))
        page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))
        page.on("request", lambda request: self._asked(request.url))

    def _told(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not any(part in text for part in self.expected):
            self.errors.append(text)

    def _asked(self, url: str) -> None:
        if urlsplit(url).scheme not in {"data", "blob"}:
            self.hosts.add(urlsplit(url).netloc)


class OpenPage(Protocol):
    """Opens the page of a server, and waits for what is `ready` there. Options are those of a
    browser context."""

    async def __call__(self, url: str, ready: str = "#message", **options: object) -> Page: ...
