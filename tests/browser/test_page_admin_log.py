"""How long the log is kept, what may not be deleted, and what was: in the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from browser.asking import OpenPage, Watch, ask_and_wait, violations
from browser.keys import go_to, press
from browser.people import sign_in
from fakes.people import TERMINAL, People
from fakes.serving import Served
from jimae.service.service import Service

SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


async def at_keeping(page: Page, url: str, name: str) -> None:
    await page.goto(f"{url}/#/admin/keeping")
    await sign_in(page, name)
    await page.get_by_role("heading", name="保存期間", exact=True).wait_for()


async def question(served: Served, open_page: OpenPage, name: str) -> None:
    page = await open_page(served.url, ready="#name")
    await sign_in(page, name)
    await ask_and_wait(page, "午後の会議")


@SCHEMES
async def test_a_shorter_time_is_asked_about(
    served: Served, service: Service, people: People, open_page: OpenPage, scheme: str
) -> None:
    await people.add("root", "admin")
    page = await open_page(served.url, ready="#name", color_scheme=scheme)
    await at_keeping(page, served.url, "root")
    field = page.get_by_label(re.compile("質問と回答（日）"))
    await expect(field).to_have_value("365")
    await expect(page.get_by_text("1,826日（約5年）")).to_be_visible()
    assert await violations(page) == []
    await field.fill("90")
    await field.press("Enter")
    asked = page.get_by_role("dialog", name="保存期間を短くしますか")
    await expect(asked).to_be_visible()
    await page.keyboard.press("Escape")
    assert (await service.audit.retention()).content == 365
    await field.press("Enter")
    await asked.get_by_role("button", name="保存期間を変える").click()
    await expect(page.get_by_role("status")).to_contain_text(["保存期間を変えました。"])
    assert (await service.audit.retention()).content == 90
    await field.fill("0")
    await field.press("Enter")
    await expect(page.get_by_text("期限なし", exact=True)).to_be_visible()
    await page.reload()
    await expect(field).to_have_value("0")


@SCHEMES
async def test_a_hold_keeps_what_would_be_deleted_until_it_is_lifted(
    served: Served,
    people: People,
    open_page: OpenPage,
    watch: Watch,
    tmp_path: Path,
    scheme: str,
) -> None:
    watch.expected = ("404",)  # for the slip in a name
    await people.add("root", "admin")
    await people.add("hanako", groups=["総務部"])
    await question(served, open_page, "hanako")
    page = await open_page(served.url, ready="#name", color_scheme=scheme)
    await at_keeping(page, served.url, "root")
    holds = page.get_by_role("region", name="保全", exact=True)
    await expect(holds.get_by_text("保全しているものはありません。")).to_be_visible()

    # By keyboard alone.
    await press(page, "保全を始める")
    dialog = page.get_by_role("dialog", name="保全を始める")
    await go_to(page, "理由")
    await page.keyboard.type("訴訟 12 号")
    await go_to(page, "利用者")
    await page.keyboard.type("hanakoo")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("hanakoo")
    assert await violations(page) == []
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    row = holds.get_by_role("row", name=re.compile("訴訟 12 号"))
    await expect(row).to_contain_text("hanako")
    await expect(row).to_contain_text("root")

    deleting = page.get_by_role("region", name="質問と回答の削除")
    await deleting.get_by_label("理由").fill("本人の請求")
    await deleting.get_by_role("button", name="削除する").click()
    await expect(deleting.get_by_role("alert")).to_contain_text("どれかを指定してください")
    await deleting.get_by_label("利用者").fill("hanako")
    await deleting.get_by_role("button", name="削除する").click()
    await expect(page.get_by_role("status")).to_contain_text(["保全のため削除できません"])

    await holds.get_by_role("button", name="解除: 訴訟 12 号").click()
    asked = page.get_by_role("dialog", name="「訴訟 12 号」の保全を解除しますか")
    await asked.get_by_role("button", name="解除").click()
    await expect(row).to_have_count(0)

    await deleting.get_by_role("button", name="削除する").click()
    asked = page.get_by_role("dialog", name="2 件の内容を削除しますか")
    await expect(asked).to_contain_text("元に戻せません")
    assert await violations(page) == []
    await asked.get_by_role("button", name="削除する").click()
    certificates = page.get_by_role("region", name="削除の証明書")
    row = certificates.get_by_role("row", name=re.compile("本人の請求"))
    await expect(row).to_contain_text("質問と回答")
    assert await violations(page) == []

    async with page.expect_download() as downloading:
        await certificates.get_by_role("button", name=re.compile("^ダウンロード")).click()
    download = await downloading.value
    file = tmp_path / "certificate.json"
    await download.save_as(file)
    told = json.loads(file.read_text())
    assert download.suggested_filename == f"jimae-{told['id']}.json"
    assert (told["count"], told["reason"], told["by"]["name"]) == (2, "本人の請求", "root")
    assert told["signature"]


async def test_an_auditor_reads_and_holds_but_deletes_nothing(
    served: Served, service: Service, people: People, open_page: OpenPage
) -> None:
    await people.add("kansa", "auditor")
    await service.audit.lay_hold(TERMINAL, reason="監査")
    page = await open_page(served.url, ready="#name")
    await at_keeping(page, served.url, "kansa")
    await expect(page.get_by_text("1,826日（約5年）")).to_be_visible()
    await expect(page.get_by_role("row", name=re.compile("監査 全員 すべての期間"))).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("^解除"))).to_have_count(0)
    await expect(page.get_by_role("button", name="保存期間を変える")).to_have_count(0)
    await expect(page.get_by_role("heading", name="質問と回答の削除")).to_have_count(0)
    await expect(page.get_by_text("まだ何も削除されていません。")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("button", name="保全を始める").click()
    await page.get_by_role("dialog").get_by_label("理由").fill("期間の調査")
    await page.get_by_role("dialog").get_by_label("この日から").fill("2026-04-01")
    await page.get_by_role("dialog").get_by_label("この日まで").fill("2026-09-30")
    await page.get_by_role("dialog").get_by_role("button", name="保全を始める").click()
    row = page.get_by_role("row", name=re.compile("期間の調査"))
    await expect(row).to_contain_text(re.compile("4.*1.*〜.*9.*30"))
