"""Administration and one's own account, by those who may and those who may not."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from browser.asking import OpenPage, Watch, violations
from browser.people import sign_in
from fakes.backend import Backends, forever
from fakes.files import write_gguf
from fakes.people import PASSWORD, People
from fakes.serving import Served
from jimae.service.service import Service
from jimae.settings import Settings

SECTIONS = (
    "overview",
    "people",
    "groups",
    "keys",
    "limits",
    "policy",
    "directories",
    "models",
    "usage",
    "audit",
    "keeping",
    "settings",
)


async def as_(page: Page, url: str, name: str, place: str) -> None:
    await page.goto(f"{url}/#/{place}")
    await sign_in(page, name)
    await page.locator("#content h1").wait_for()


async def at(page: Page, url: str, place: str) -> None:
    await page.goto(f"{url}/#/{place}")
    await page.locator("#content :is(table, .empty, form, section)").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_section(
    served: Served, people: People, open_page: OpenPage, scheme: str
) -> None:
    await people.add("root", "admin")
    await people.add("hanako", groups=["営業部"])
    page = await open_page(served.url, ready="#name", color_scheme=scheme)
    await as_(page, served.url, "root", "admin")
    for section in SECTIONS:
        await at(page, served.url, f"admin/{section}")
        found = await violations(page)
        assert found == [], f"{section}: {found}"
    for section in ("profile", "sessions", "keys", "usage", "appearance"):
        await page.goto(f"{served.url}/#/account/{section}")
        await page.locator("#content h1").wait_for()
        found = await violations(page)
        assert found == [], f"{section}: {found}"


async def test_a_person_is_added_by_keyboard_and_signs_in(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("root", "admin", groups=["営業部"])
    page = await open_page(served.url, ready="#name")
    await as_(page, served.url, "root", "admin/people")
    await page.get_by_role("button", name="利用者を追加").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.get_by_label("サインインの名前").focus()
    await page.keyboard.type("suzuki")
    await page.keyboard.press("Tab")
    await page.keyboard.type("鈴木 一郎")
    await page.get_by_role("checkbox", name="営業部").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("dialog").get_by_role("button", name="追加")).to_be_focused()
    await page.keyboard.press("Enter")
    once = page.get_by_role("dialog", name="鈴木 一郎 の最初のパスワード")
    password = await once.locator("code").inner_text()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    row = page.get_by_role("row", name=re.compile("鈴木 一郎"))
    await expect(row).to_contain_text("営業部")

    other = await open_page(served.url, ready="#name")
    await sign_in(other, "suzuki", password)
    await expect(
        other.get_by_role("heading", name="新しいパスワードを決めてください")
    ).to_be_visible()

    await page.get_by_role("button", name="停止: 鈴木 一郎").click()
    ask = page.get_by_role("dialog", name="鈴木 一郎 を停止しますか")
    assert await violations(page) == []
    await ask.get_by_role("button", name="停止").click()
    await expect(row).to_contain_text("停止中")


async def test_people_are_found_and_kept_in_the_address(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("root", "admin")
    for name in ("hanako", "taro", "jiro"):
        await people.add(name)
    page = await open_page(served.url, ready="#name")
    await as_(page, served.url, "root", "admin/people")
    await page.get_by_label("名前やメールで探す").fill("taro")
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert page.url.endswith("#/admin/people?search=taro")
    await page.reload()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_label("名前やメールで探す").fill("")
    await expect(page.locator("tbody tr")).to_have_count(4)
    names = page.locator("tbody td:first-child strong")
    await page.get_by_role("button", name="名前", exact=True).click()
    await expect(page.locator("th").first).to_have_attribute("aria-sort", "ascending")
    assert await names.all_inner_texts() == ["hanako", "jiro", "root", "taro"]
    await page.get_by_role("button", name="名前", exact=True).click()
    assert await names.all_inner_texts() == ["taro", "root", "jiro", "hanako"]


async def test_a_limit_is_said_in_words_and_holds(
    served: Served, people: People, open_page: OpenPage, watch: Watch
) -> None:
    watch.expected = ("429",)
    await people.add("root", "admin")
    page = await open_page(served.url, ready="#name")
    await as_(page, served.url, "root", "admin/limits")
    await page.get_by_role("button", name="上限を設ける").click()
    await page.get_by_label("1分間の質問").fill("1")
    await expect(page.locator(".summary")).to_have_text("1分間に 1 回まで")
    assert await violations(page) == []
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("cell", name="1分間に 1 回まで")).to_be_visible()
    said = """async () => {
      const session = await (await fetch('jimae/session')).json();
      const ask = () => fetch('v1/chat/completions', {
        method: 'POST',
        headers: {'Content-Type': 'application/json', 'X-JIMAE-CSRF': session.csrf},
        body: JSON.stringify({model: 'fake', messages: [{role: 'user', content: 'はい'}]}),
      });
      return [(await ask()).status, (await ask()).status];
    }"""
    assert await page.evaluate(said) == [200, 429]


async def test_a_key_is_shown_once(served: Served, people: People, open_page: OpenPage) -> None:
    await people.add("hanako")
    page = await open_page(served.url, ready="#name")
    await as_(page, served.url, "hanako", "account/keys")
    await page.get_by_role("button", name="APIキーを作る").click()
    await page.get_by_label("名前").fill("要約")
    await page.get_by_role("checkbox", name="文章を書かせる").check()
    await page.get_by_role("checkbox", name="モデルの一覧").check()
    assert await violations(page) == []
    await page.get_by_role("dialog").get_by_role("button", name="APIキーを作る").click()
    made = page.get_by_role("dialog", name="APIキーができました")
    key = await made.locator("code").first.inner_text()
    assert key.startswith("jm-")
    assert await violations(page) == []
    await made.get_by_role("button", name="控えました").click()
    await expect(page.get_by_role("cell", name="要約", exact=True)).to_be_visible()
    assert key not in await page.content()
    asked = "key => fetch('v1/models', {headers: {'x-api-key': key}, credentials: 'omit'})"
    assert await page.evaluate(f"async key => (await ({asked})(key)).status", key) == 200
    await page.get_by_role("button", name="失効させる: 要約").click()
    await page.get_by_role("dialog").get_by_role("button", name="失効させる").click()
    await expect(page.get_by_role("row", name=re.compile("要約"))).to_contain_text("失効")


async def test_models_are_loaded_unloaded_and_taken_in(
    served: Served, settings: Settings, service: Service, people: People, open_page: OpenPage
) -> None:
    write_gguf(settings.data_dir / "import" / "New Model.gguf")
    await people.add("root", "admin")
    page = await open_page(served.url, ready="#name")
    await as_(page, served.url, "root", "admin/models")
    row = page.get_by_role("row", name=re.compile("^other"))
    await expect(row).to_contain_text("約")
    await page.get_by_role("button", name="読み込む: other").click()
    asked = page.get_by_role("dialog", name="other を読み込みますか")
    await expect(asked).to_contain_text("今の空きは")
    assert await violations(page) == []
    await asked.get_by_role("button", name="読み込む").click()
    await expect(row).to_contain_text("すぐに使えます")
    await page.get_by_role("button", name="外す: other").click()
    await page.get_by_role("dialog").get_by_role("button", name="外す").click()
    await expect(row).to_contain_text("最初の質問で読み込みます")
    await page.get_by_role("button", name="取り込む: New Model.gguf").click()
    await expect(page.get_by_text("new-model として取り込みました。")).to_be_visible()
    await expect(page.get_by_role("row", name=re.compile("^new-model"))).to_be_visible()
    assert "new-model" in service.models.files.all()


async def test_the_queue_shows_who_and_how_many_but_no_words(
    served: Served, service: Service, backends: Backends, people: People, open_page: OpenPage
) -> None:
    root = await people.add("root", "admin")
    backends["fake"].play(*forever())
    page = await open_page(served.url, ready="#name")
    await as_(page, served.url, "root", "admin/overview")
    ask = """async () => {
      const session = await (await fetch('jimae/session')).json();
      const abort = new AbortController();
      window.stop = () => abort.abort();
      fetch('v1/chat/completions', {
        method: 'POST', signal: abort.signal,
        headers: {'Content-Type': 'application/json', 'X-JIMAE-CSRF': session.csrf},
        body: JSON.stringify({
          model: 'fake', stream: true, messages: [{role: 'user', content: '秘密の相談'}],
        }),
      }).catch(() => null);
    }"""
    await page.evaluate(ask)
    await expect(page.get_by_role("row", name=re.compile(f"^{root.name} 1"))).to_be_visible()
    assert "秘密" not in await page.content()
    await page.evaluate("window.stop()")
    await expect(page.get_by_text("今は誰も使っていません。")).to_be_visible()


async def test_rules_are_written_previewed_and_asked_for(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("root", "admin")
    page = await open_page(served.url, ready="#name")
    await as_(page, served.url, "root", "admin/policy")
    await page.get_by_role("button", name="新しい版を書く").click()
    await page.get_by_label("日本語").fill("## 規程\n\n**守る**こと")
    await page.get_by_text("表示を確かめる").first.click()
    await expect(page.get_by_role("dialog").locator(".prose strong")).to_have_text("守る")
    await page.get_by_label("English").fill("## Rules\n\nKeep them.")
    await page.get_by_role("button", name="公開する").click()
    await expect(page.get_by_text("現行")).to_be_visible()
    action = page.get_by_label("扱い: マイナンバー")
    await action.select_option("refuse")
    await expect(page.get_by_role("button", name="初期値に戻す: マイナンバー")).to_be_visible()
    await page.get_by_label("言葉", exact=True).fill("社外秘")
    await page.get_by_role("button", name="追加").click()
    await expect(page.get_by_role("cell", name="社外秘", exact=True)).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="利用規程への同意")).to_be_visible()


async def test_an_auditor_sees_the_log_and_nothing_else(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("kansa", "auditor")
    page = await open_page(served.url, ready="#name")
    await sign_in(page, "kansa")
    await expect(page.get_by_role("heading", name="監査ログ")).to_be_visible()
    assert await page.locator("nav a").all_inner_texts() == ["監査ログ", "ログの保存と削除"]
    assert await violations(page) == []
    await page.get_by_label("行為").select_option("session.")
    await page.get_by_role("button", name="探す").click()
    await expect(page.get_by_role("cell", name="サインイン").first).to_be_visible()
    await page.get_by_role("button", name=re.compile("^詳しく")).first.click()
    await expect(page.get_by_role("dialog")).to_contain_text("session.begin")
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="確かめる").click()
    await expect(page.get_by_text("改ざんなし")).to_be_visible()
    await page.goto(f"{served.url}/#/admin/people")
    await expect(page.get_by_role("heading", name="監査ログ")).to_be_visible()


async def test_a_manager_sees_their_groups_only(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("hanako", groups=["営業部"])
    await people.add("jiro", groups=["総務部"])
    await people.add("boss", "manager", groups=["営業部"], manages=True)
    page = await open_page(served.url, ready="#name")
    await as_(page, served.url, "boss", "admin/people")
    await expect(page.locator("tbody tr")).to_have_count(2)
    await expect(page.get_by_text("jiro")).to_have_count(0)
    labels = await page.locator("nav a").all_inner_texts()
    assert labels == ["利用者", "グループ", "APIキー", "利用規程と個人情報", "利用統計"]
    for place in ("groups", "keys", "policy", "usage"):
        await at(page, served.url, f"admin/{place}")
        await expect(page.get_by_role("alert")).to_have_count(0)


async def test_who_administers_nothing_sees_no_administration(
    served: Served, people: People, open_page: OpenPage
) -> None:
    await people.add("hanako")
    page = await open_page(served.url, ready="#name")
    await page.goto(f"{served.url}/#/admin/people")
    await sign_in(page, "hanako")
    await expect(page.locator("#message")).to_be_visible()
    await page.get_by_role("button", name="設定").click()
    await expect(page.get_by_role("link", name="アカウント", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="管理", exact=True)).to_have_count(0)


async def test_ones_own_account(
    served: Served, people: People, open_page: OpenPage, watch: Watch
) -> None:
    watch.expected = ("401",)  # of the page whose session is ended
    await people.add("hanako", groups=["営業部", "総務部"])
    page = await open_page(served.url, ready="#name")
    await as_(page, served.url, "hanako", "account/profile")
    await page.get_by_label("表示名").fill("山田 花子")
    await page.get_by_label("作業するグループ").select_option(label="総務部")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status")).to_contain_text("保存しました。")
    await expect(page.get_by_role("heading", name="山田 花子")).to_be_visible()

    other = await open_page(served.url, ready="#name")
    await sign_in(other, "hanako", PASSWORD)
    await other.locator("#message").wait_for()
    await page.goto(f"{served.url}/#/account/sessions")
    await expect(page.get_by_text("この端末", exact=True)).to_be_visible()
    rows = await page.locator("tbody tr").count()
    await page.get_by_role("button", name="終了").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="終了").click()
    await expect(page.locator("tbody tr")).to_have_count(rows - 1)
    await page.goto(f"{served.url}/#/account/appearance")
    await page.get_by_role("radio", name="特大").check()
    await page.get_by_role("radio", name="高い").check()
    assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "21px"
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-contrast", "more")
