"""Testing directories in the page, with a real LDAP server and a real provider."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Route, expect

from browser.asking import OpenPage, violations
from browser.keys import go_to, press
from browser.people import sign_in
from fakes import oidc
from fakes.people import People
from fakes.serving import Served
from fakes.slapd import BASE, READER, READER_PASSWORD, Slapd, slapd
from jimae.settings import Settings
from jimae.settings.directories import LdapSettings, OidcSettings

PUBLIC = "https://ai.example.jp"
CALLBACK = f"{PUBLIC}/jimae/session/providers/web/callback"


@pytest.fixture(scope="module")
def ldap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with slapd(tmp_path_factory.mktemp("slapd")) as running:
        yield running


@pytest.fixture(scope="module")
def provider() -> Iterator[oidc.Provider]:
    with oidc.provider(CALLBACK) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, ldap: Slapd, provider: oidc.Provider) -> Settings:
    def known(password: str, title: str) -> LdapSettings:
        return LdapSettings(
            title=title,
            url=ldap.url,
            ca_file=ldap.tls.ca,
            bind_dn=READER,
            bind_password=password,
            base=f"ou=people,{BASE}",
            groups_base=f"ou=groups,{BASE}",
            groups={"総務部": "総務課"},
            roles={"ai-admins": "admin"},
        )

    return settings.model_copy(
        update={
            "server": settings.server.model_copy(update={"public_url": PUBLIC}),
            "ldap": {
                "house": known(READER_PASSWORD, "庁内の名簿"),
                "wrong": known("wrong", "古い名簿"),
            },
            "oidc": {
                "web": OidcSettings(issuer=provider.issuer, client_id="jimae", title="職員"),
            },
        }
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_ldap_server_is_tested_by_keyboard_and_somebody_looked_up(
    served: Served, people: People, open_page: OpenPage, scheme: str
) -> None:
    await people.add("root", "admin")
    page = await open_page(served.url, ready="#name", color_scheme=scheme)
    await page.goto(f"{served.url}/#/admin/directories")
    await sign_in(page, "root")
    row = page.get_by_role("row", name=re.compile("^庁内の名簿"))
    await expect(row).to_contain_text("未確認")
    await press(page, "接続を確かめる: 庁内の名簿")
    dialog = page.get_by_role("dialog", name="庁内の名簿 の接続")
    await expect(dialog.get_by_role("status").first).to_contain_text("問題ありません")
    await expect(dialog.get_by_role("listitem")).to_have_count(4)
    assert await violations(page) == []
    await go_to(page, "人を調べる")
    await page.keyboard.type("sakura")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_text("総務課")).to_be_visible()
    await expect(dialog.get_by_text("利用者", exact=True)).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await expect(row).to_contain_text("応答あり")


async def test_who_is_looked_up_while_the_first_test_runs_is_found(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("root", "admin")
    page = await open_page(served.url, ready="#name")
    await page.goto(f"{served.url}/#/admin/directories")
    await sign_in(page, "root")
    typed = asyncio.Event()

    async def slowly(route: Route) -> None:
        await typed.wait()
        await route.continue_()

    await page.route("**/directories/*/test", slowly)
    await page.get_by_role("button", name="接続を確かめる: 庁内の名簿").click()
    dialog = page.get_by_role("dialog", name="庁内の名簿 の接続")
    await dialog.get_by_label("人を調べる").fill("sakura")
    await page.keyboard.press("Enter")
    typed.set()
    await expect(dialog.get_by_text("総務課")).to_be_visible()


async def test_what_is_wrong_is_said_with_the_way_out(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("root", "admin")
    page = await open_page(served.url, ready="#name", locale="en-GB")
    await page.goto(f"{served.url}/#/admin/directories")
    await sign_in(page, "root")
    await page.get_by_role("button", name="Test: 古い名簿").click()
    dialog = page.get_by_role("dialog", name="Testing 古い名簿")
    await expect(dialog.get_by_role("status").first).to_contain_text("Something is wrong")
    failed = dialog.get_by_role("listitem").last
    await expect(failed).to_contain_text("The account that looks people up")
    await expect(failed).to_contain_text("bind_password")
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    row = page.get_by_role("row", name=re.compile("^古い名簿"))
    await expect(row).to_contain_text("refuses the account")
    await page.goto(f"{served.url}/#/admin/audit")
    await expect(page.get_by_role("cell", name="Directory tested")).to_be_visible()


async def test_a_provider_is_tested_and_says_what_to_register(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("root", "admin")
    page = await open_page(served.url, ready="#name")
    await page.goto(f"{served.url}/#/admin/directories")
    await sign_in(page, "root")
    await page.get_by_role("button", name="接続を確かめる: 職員").click()
    dialog = page.get_by_role("dialog", name="職員 の接続")
    await expect(dialog.get_by_role("status").first).to_contain_text("問題ありません")
    await expect(dialog.get_by_text("RSA key-1")).to_be_visible()
    await expect(dialog.get_by_text(CALLBACK)).to_be_visible()
    await expect(dialog.get_by_label("人を調べる")).to_have_count(0)
    assert await violations(page) == []
