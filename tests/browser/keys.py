"""Going about the page with the keyboard alone."""

from __future__ import annotations

import re

from playwright.async_api import Page

# As a screen reader would say what has the focus: its label, or its text.
FOCUSED = """() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return "";
  const labelled = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent;
  return (labelled ?? element.textContent ?? "").replace(/\\s+/g, " ").trim();
}"""
MOST_KEYS = 80


async def focused(page: Page) -> str:
    said: str = await page.evaluate(FOCUSED)
    return said


async def go_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press a key until what has this name (a regular expression for all of it) is focused."""
    seen = []
    for _ in range(MOST_KEYS):
        said = await focused(page)
        if re.fullmatch(name, said):
            return
        seen.append(said)
        await page.keyboard.press(key)
    raise AssertionError(f"{key} does not reach {name!r}, but {seen}")


async def press(page: Page, name: str, key: str = "Tab") -> None:
    await go_to(page, name, key)
    await page.keyboard.press("Enter")
