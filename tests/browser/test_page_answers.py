"""Reading an answer: formulas, diagrams, tables, copying it, judging it, comparing two."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from playwright.async_api import Page, expect

from browser.asking import OpenPage, answers, ask, ask_and_wait, violations
from fakes.backend import Backends, Queued, saying
from fakes.serving import Served

ANSWER = r"""## 見積もり

面積は \(a^2\) で、費用は$100から$200です。

$$
\frac{1}{2}
$$

| 品名 | 数 |
| --- | --: |
| 紙 | 10 |

1. 一つ
2. **二つ**

```mermaid
flowchart LR
  A[申請] --> B[許可]
```

![地図](https://evil.example/map.png)
"""
CLIPBOARD = """async () => {
  const [item] = await navigator.clipboard.read();
  const read = async type => item.types.includes(type)
    ? await (await item.getType(type)).text() : null;
  return { html: await read("text/html"), text: await read("text/plain") };
}"""


async def answered(open_page: OpenPage, served: Served, backends: Backends, **how: object) -> Page:
    backends["fake"].play(*saying(ANSWER))
    page = await open_page(served.url, permissions=["clipboard-read", "clipboard-write"], **how)
    await ask(page, "見せて")
    await expect(page.locator("math")).to_have_count(2)
    await expect(page.locator("img.diagram")).to_be_visible()
    return page


async def clipboard(page: Page) -> dict[str, str]:
    """What was copied, once it is there: a page copies while it goes on."""
    async with asyncio.timeout(10):
        while True:
            read: dict[str, str] = await page.evaluate(CLIPBOARD)
            if read["text"] is not None:
                return read
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_formulas_and_diagrams_are_drawn_and_money_is_not(
    served: Served, backends: Backends, open_page: OpenPage, scheme: str
) -> None:
    page = await answered(open_page, served, backends, color_scheme=scheme)
    await expect(answers(page)).to_contain_text("費用は$100から$200です。")
    assert await page.locator("mfrac").count() == 1
    drawn = page.locator("img.diagram")
    assert await drawn.evaluate("image => image.naturalWidth") > 50
    await page.get_by_role("button", name="図の元の文を表示").click()
    await expect(answers(page).locator("pre")).to_contain_text("flowchart LR")
    await expect(drawn).to_be_hidden()
    await page.get_by_role("button", name="図を表示").click()
    await expect(drawn).to_be_visible()
    await expect(answers(page)).to_contain_text("外部の画像は読み込みません")
    assert await violations(page) == []


async def test_an_answer_and_its_table_are_copied_in_every_form(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await answered(open_page, served, backends)
    await page.get_by_role("button", name="表をコピー").click()
    table = await clipboard(page)
    assert table["text"].replace("\r\n", "\n") == "品名\t数\n紙\t10"
    assert "<td" in table["html"]
    await page.get_by_role("button", name="回答をコピー").click()
    await expect(page.get_by_text("コピーしました").first).to_be_attached()
    assert (await clipboard(page))["text"].strip() == ANSWER.strip()

    async def copy_as(form: str) -> dict[str, str]:
        await page.get_by_role("button", name="形式を選んでコピー").click()
        await page.get_by_role("button", name=form).click()
        await page.wait_for_timeout(300)
        return await clipboard(page)

    plain = (await copy_as("書式なしのテキスト"))["text"]
    assert "1. 一つ\n2. 二つ" in plain.replace("\r\n", "\n")
    assert "**" not in plain
    word = (await copy_as("Word などの文書用"))["html"]
    for part in ("<h1", "<table", "border", "<ol>", "<math", "<b"):
        assert part in word, part
    assert "class=" not in word.partition("<h1")[2]


async def test_a_judgement_is_sent_with_its_reason_and_remembered(
    served: Served, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await page.goto(f"{served.url}/#/work/preferences")
    await page.get_by_label("評価した質問と回答").check()
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("保存しました。")).to_be_visible()
    await page.goto(f"{served.url}/#/")
    await ask_and_wait(page, "首都は?")
    await page.get_by_role("button", name="よくない回答").click()
    await page.get_by_label("内容が誤っている").check()
    await page.get_by_label("正しい回答").fill("京都ではありません")
    await page.get_by_role("button", name="送る").click()
    await expect(page.get_by_label("正しい回答")).to_have_count(0)
    async with httpx.AsyncClient(trust_env=False) as client:
        exported = await client.get(f"{served.url}/jimae/admin/feedback/export")
    (line,) = map(json.loads, exported.text.splitlines())
    assert (line["verdict"], line["reasons"]) == ("bad", ["wrong"])
    assert line["texts"] == {
        "question": "首都は?",
        "answer": "東京です。",
        "correction": "京都ではありません",
    }
    await page.reload()
    pressed = page.get_by_role("button", name="よくない回答")
    await expect(pressed).to_have_attribute("aria-pressed", "true")


async def test_two_models_answer_side_by_side_and_a_blind_vote_names_them(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    backends["fake"].default = saying("はい、**一つ目**です。")
    backends["other"].default = saying("二つ目です。")
    page = await open_page(served.url)
    await page.goto(f"{served.url}/#/work/compare")
    await page.get_by_label("質問").fill("どちらですか")
    goes_on = asyncio.Event()
    backends["fake"].play(Queued(2, 12.0), goes_on, *backends["fake"].default)
    await page.get_by_label("質問").press("Enter")
    await expect(page.get_by_text("順番を待っています（2番目、約12秒）")).to_be_visible()
    goes_on.set()
    await expect(page.get_by_text("どちらの回答がよいですか")).to_be_visible()
    sides = page.locator("section[aria-labelledby^=side]")
    shown = await sides.all_inner_texts()
    assert sorted("一つ目" in text for text in shown) == [False, True]
    assert not any("fake" in text or "other" in text for text in shown)
    await page.get_by_role("button", name="A がよい").click()
    await expect(page.get_by_text("投票しました。")).to_be_visible()
    first = "fake" if "一つ目" in shown[0] else "other"
    await expect(sides.first).to_contain_text(first)
    async with httpx.AsyncClient(trust_env=False) as client:
        (pair,) = (await client.get(f"{served.url}/jimae/comparisons")).json()["data"]
    assert pair["blind"] is True
    assert pair["first_better" if first == "fake" else "second_better"] == 1
    await expect(page.get_by_role("table")).to_contain_text("隠した")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["templates", "compare", "preferences"])
async def test_axe_finds_nothing_in_the_views(
    served: Served, open_page: OpenPage, scheme: str, view: str
) -> None:
    page = await open_page(served.url, color_scheme=scheme)
    await page.goto(f"{served.url}/#/work/{view}")
    await page.get_by_role("heading", level=1).wait_for()
    await page.wait_for_load_state("networkidle")
    assert await violations(page) == []
    if view == "templates":
        await page.get_by_role("button", name="複製: メール作成").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await violations(page) == []
