"""Japanese input in every field of the page: the Enter that ends a conversion only ends it.

The tables below name every text field of the page's sources, and where somebody meets it. A field
that is in no table, and one that no test came by, fails.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
from playwright.async_api import Locator, Page, expect

from browser.asking import Ime, OpenPage, ask_and_wait
from browser.people import sign_in
from browser.test_page_chats import menu
from browser.test_page_ime import FIREFOX, SAFARI
from fakes.backend import Backends
from fakes.people import TERMINAL, People
from fakes.serving import Served
from jimae.service.accounts import setup
from jimae.service.service import Service
from jimae.settings import LdapSettings, Settings

SOURCES = Path(__file__).parents[2] / "webui" / "src"

# Source: the fields that it declares, each as the place where it was met and its name there.
ALONE = {
    "components/ChatEntry": ["chats: チャットの名前"],
    "components/Composer": ["chat: メッセージ"],
    "components/FeedbackForm": ["feedback: 理由（任意）", "feedback: 正しい回答（任意）"],
    "components/FolderMenu": ["folder: フォルダーの名前"],
    "components/MoveDialog": ["move: フォルダーの名前"],
    "components/QuestionMessage": ["question: 直した質問"],
    "components/Sidebar": ["chat: チャットを検索"],
    "components/TemplateDialog": ["templates: 名前や説明で探す"],
    "components/TemplateEditor": [
        "editor: 名前",
        "editor: 説明",
        "editor: 本文",
        "editor: 表示する名前",
        "editor: 選択肢（一行に一つ）",
        "editor: 記入例",
    ],
    "components/TemplateFields": ["template: してほしいことと期限"],
    "views/Setup": ["setup: 一度だけのコード", "setup: 管理者の名前"],
    "views/work/Compare": ["compare: 質問"],
    "views/work/Preferences": ["preferences: いつも伝えること"],
}
COMING_IN = {
    "components/NewPassword": ["password: 今のパスワード"],
    "components/PasswordTwice": [
        "password: 新しいパスワード",
        "password: 新しいパスワード（確認）",
    ],
    "views/SignIn": ["sign-in: 名前", "sign-in: パスワード"],
}
SIGNED_IN = {
    "components/AdminFinder": ["finder: 画面・利用者・キー・設定など"],
    "components/AuditDeletion": ["keeping: 利用者", "keeping: グループ", "keeping: 理由"],
    "components/AuditHolds": ["hold: 理由", "hold: 利用者", "hold: グループ"],
    "components/AuditRetention": ["keeping: 記録（日）", "keeping: 質問と回答（日）"],
    "components/DirectoryTest": ["directory: 人を調べる"],
    "components/LimitDialog": ["limit: 1分間の質問"],
    "components/NewKeyDialog": ["key: 名前"],
    "components/PersonDelete": [
        "deletion: 引き継ぐ人のサインインの名前",
        "deletion: 確認のため「hanako」と入力してください",
    ],
    "components/PersonForm": ["person: サインインの名前", "person: 表示名", "person: メール"],
    "components/PolicyTexts": ["rules: 日本語"],
    "components/PolicyWords": ["policy: 言葉"],
    "views/account/Profile": ["profile: 表示名"],
    "views/admin/Audit": ["audit: 利用者", "audit: モデル", "audit: 言葉"],
    "views/admin/Groups": ["groups: 名前や目的で探す", "group: 名前", "group: 利用目的"],
    "views/admin/Keys": ["keys: 名前・先頭・持ち主で探す"],
    "views/admin/People": ["people: 名前やメールで探す"],
    "views/admin/Settings": ["settings: 名前や説明で探す"],
}

# What wraps a field for others declares none itself.
WRAPPERS = ("TextField", "PasswordField", "SearchField", "Combobox")
TAG = re.compile(rf"<(?:input|textarea|{'|'.join(WRAPPERS)})\b")
UNTYPED = re.compile(r"""\btype="(?:checkbox|radio|date|time|file)\"""")
FIELDS = "textarea:visible, input:visible:not([readonly], [type=checkbox], [type=radio])" + "".join(
    f":not([type={kind}])" for kind in ("date", "time", "file")
)
NAME = "field => (field.ariaLabel ?? field.labels[0].firstChild.textContent).trim()"
# Whatever a form or a request does while somebody converts is one too much.
COUNT = """() => {
  window.acted = [];
  const act = (event) => window.acted.push(`${event.type} ${event.target.className}`);
  addEventListener("submit", act, true);
  addEventListener("invalid", act, true);
  addEventListener("hashchange", () => window.acted.push(location.hash));
}"""
# Some browser may send a form on the key itself, if the page lets it.
LET = """field => field.dispatchEvent(new KeyboardEvent('keydown',
  { bubbles: true, cancelable: true, key: 'Enter', keyCode: 229 }))"""


def declared() -> Iterator[str]:
    """The source of each text field of the page, once for each."""
    for source in SOURCES.rglob("*.svelte"):
        if source.stem in WRAPPERS:
            continue
        text = source.read_text(encoding="utf-8")
        for found in TAG.finditer(text):
            if not UNTYPED.search(tag(text, found.start())):
                yield str(source.relative_to(SOURCES).with_suffix(""))


def tag(text: str, start: int) -> str:
    """The opening tag that begins there; a `>` within braces does not end it."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if text[at] == ">" and depth == 0:
            return text[start:at]
    raise ValueError(text[start : start + 80])


async def test_the_tables_name_every_field_of_the_sources() -> None:
    named = {
        source: len(fields)
        for table in (ALONE, COMING_IN, SIGNED_IN)
        for source, fields in table.items()
    }
    assert named == dict(Counter(declared()))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a directory that does not answer: the page has a form for it all the same."""
    away = LdapSettings(
        url="ldaps://127.0.0.1:9", base="dc=example", user_dn="uid={name}", timeout_seconds=1
    )
    return settings.model_copy(update={"ldap": {"house": away}})


@dataclass
class Trial:
    """Converts in the fields of a page, and knows in which."""

    page: Page
    ime: Ime
    tried: set[str] = field(default_factory=set)

    @classmethod
    async def on(cls, page: Page) -> Self:
        await page.evaluate(COUNT)
        return cls(page, await Ime.of(page))

    async def every_field(self, place: str, within: Locator | None = None) -> None:
        scope = within or self.page.locator("body")
        await scope.locator(FIELDS).first.wait_for()
        # Fields may follow from those above them: a template's from its text.
        for each in reversed(await scope.locator(FIELDS).all()):
            self.tried.add(f"{place}: {await each.evaluate(NAME)}")
            await self.only_ends_the_conversion(each)

    async def only_ends_the_conversion(self, field: Locator) -> None:
        """Chromium's own events, and those of Safari and Firefox as they send them."""
        before = await self.page.locator("dialog[open]").count()
        await field.fill("")
        await field.focus()
        # A field for a number takes no other text.
        kept = "" if await field.get_attribute("type") == "number" else "日本"
        await self.ime.compose("にほん", "日本")
        await self.ime.confirm("日本")
        await expect(field).to_have_value(kept)
        for events in (SAFARI, FIREFOX):
            await field.evaluate(events)
        if await field.evaluate("field => field.tagName === 'INPUT' && field.form !== null"):
            assert not await field.evaluate(LET), await field.evaluate(NAME)
        await expect(field).to_have_value(kept)
        await expect(field).to_be_focused()
        assert await self.page.evaluate("window.acted") == []
        assert await self.page.locator("dialog[open]").count() == before
        await field.fill("")

    async def go(self, place: str) -> None:
        await self.page.evaluate("place => { location.hash = place; }", f"#/{place}")
        await self.page.evaluate("new Promise(r => setTimeout(r, 300))")
        await self.page.evaluate("window.acted = []")

    def came_by(self, table: dict[str, list[str]]) -> None:
        missed = {name for names in table.values() for name in names} - self.tried
        assert missed == set(), f"not among {sorted(self.tried)}"


async def test_alone(
    served: Served, service: Service, backends: Backends, open_page: OpenPage
) -> None:
    await service.store.write(lambda session: setup.new_code(session, TERMINAL))
    page = await open_page(served.url)
    await ask_and_wait(page, "首都は?")
    trial = await Trial.on(page)
    dialog = page.get_by_role("dialog")
    await trial.every_field("chat")
    await page.get_by_role("button", name="質問を直す").click()
    await trial.every_field("question", page.locator("article").first)
    await page.get_by_role("button", name="やめる").click()
    await page.get_by_role("button", name="よくない回答").click()
    await page.get_by_label("正しい回答").wait_for()
    await trial.every_field("feedback", page.locator("main"))

    await page.locator("#message").focus()
    await page.keyboard.press("/")
    await expect(dialog.get_by_role("option").first).to_be_visible()
    await trial.every_field("templates", dialog)
    await dialog.get_by_role("option", name="メール作成").click()
    await trial.every_field("template", dialog)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")

    await (await menu(page, "首都は?")).get_by_role("menuitem", name="名前を変更").click()
    await trial.every_field("chats", page.get_by_role("list", name="チャット"))
    await page.keyboard.press("Escape")
    await (await menu(page, "首都は?")).get_by_role("menuitem", name="フォルダーに移動").click()
    await trial.every_field("move", dialog)
    await page.get_by_label("フォルダーの名前").fill("契約")
    await page.get_by_role("button", name="保存").click()
    await page.get_by_role("button", name="フォルダー「契約」の操作").click()
    await page.get_by_role("menuitem", name="フォルダーの名前を変更").click()
    await page.evaluate("window.acted = []")
    await trial.every_field("folder", dialog)
    await page.keyboard.press("Escape")

    await trial.go("work/templates")
    await page.get_by_role("button", name="複製: メール作成").click()
    await trial.every_field("editor", dialog)
    await page.keyboard.press("Escape")
    for place in ("work/compare", "work/preferences", "setup"):
        await trial.go(place)
        await trial.every_field(place.removeprefix("work/"))

    trial.came_by(ALONE)
    assert backends["fake"].started == 1


async def test_coming_in(served: Served, people: People, open_page: OpenPage) -> None:
    await people.add("hanako", must_change_password=True)
    page = await open_page(served.url, ready="#name")
    trial = await Trial.on(page)
    await trial.every_field("sign-in")
    await sign_in(page, "hanako")
    await page.locator("#new-password").wait_for()
    await page.evaluate("window.acted = []")
    await trial.every_field("password")
    # Shown, a password is a text like any other.
    await page.get_by_role("button", name="パスワードを表示").first.click()
    await trial.every_field("password")
    trial.came_by(COMING_IN)


async def test_signed_in(served: Served, people: People, open_page: OpenPage) -> None:
    await people.add("root", "admin", groups=["総務課"])
    await people.add("hanako")
    page = await open_page(served.url, ready="#name")
    await sign_in(page, "root")
    await page.locator("#message").wait_for()
    trial = await Trial.on(page)

    async def opened(place: str, button: str, name: str) -> None:
        await trial.go(place)
        await page.get_by_role("button", name=button).click()
        await trial.every_field(name, page.get_by_role("dialog"))
        await page.keyboard.press("Escape")

    await opened("admin/overview", "管理内の検索", "finder")
    await opened("account/keys", "APIキーを作る", "key")
    await opened("admin/people", "利用者を追加", "person")
    await opened("admin/groups", "グループを追加", "group")
    await opened("admin/limits", "上限を設ける", "limit")
    await opened("admin/policy", "新しい版を書く", "rules")
    await opened("admin/keeping", "保全を始める", "hold")
    await opened("admin/directories", "接続を確かめる: house", "directory")
    await trial.go("admin/people")
    await page.get_by_role("button", name="詳しく: hanako").click()
    await page.get_by_role("dialog").get_by_role("button", name="削除", exact=True).click()
    dialog = page.get_by_role("dialog", name="hanako を削除しますか")
    await dialog.get_by_label("ほかの人に引き継ぐ").check()
    await trial.every_field("deletion", dialog)
    await page.keyboard.press("Escape")
    for section in ("people", "groups", "keys", "policy", "audit", "keeping", "settings"):
        await trial.go(f"admin/{section}")
        await trial.every_field(section, page.locator("#content"))
    await trial.go("account/profile")
    await trial.every_field("profile", page.locator("#content"))
    trial.came_by(SIGNED_IN)
