"""Signing in at the page."""

from __future__ import annotations

from playwright.async_api import Page

from fakes.people import PASSWORD


async def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    await page.locator("#name").fill(name)
    await page.locator("#password").fill(password)
    await page.locator("#password").press("Enter")
