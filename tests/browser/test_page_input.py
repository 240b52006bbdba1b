"""Writing a question: tables, files, long texts, templates, quotes, and what goes with it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from browser.asking import OpenPage, answers, ask_and_wait, message
from fakes.backend import Backends, saying
from fakes.serving import Served
from jimae.types import ChatPrompt

EXCEL_HTML = (
    "<html xmlns:x='urn:schemas-microsoft-com:office:excel'><body><table style='width:9pt'>"
    "<tr><td>品名</td><td>備考</td></tr><tr><td>紙|A4</td><td>青<br>赤</td></tr></table></body></html>"
)
EXCEL_TEXT = '品名\t備考\n紙|A4\t"青\n赤"\n'
TABLE = "| 品名 | 備考 |\n| --- | --- |\n| 紙\\|A4 | 青<br>赤 |"
PASTE = """(field, { text, html }) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  if (html) data.setData("text/html", html);
  field.focus();
  const event = new ClipboardEvent("paste",
    { clipboardData: data, bubbles: true, cancelable: true });
  if (field.dispatchEvent(event)) document.execCommand("insertText", false, text);
}"""
DROP = """(form, { name, bytes }) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name));
  for (const kind of ["dragover", "drop"])
    form.dispatchEvent(
      new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


async def paste(page: Page, text: str, html: str = "") -> None:
    await message(page).evaluate(PASTE, {"text": text, "html": html})


async def drop(page: Page, name: str, content: bytes) -> None:
    await page.locator("form").evaluate(DROP, {"name": name, "bytes": list(content)})


def sent(backends: Backends) -> str:
    """What the model was asked last."""
    prompt = backends["fake"].requests[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    return "\n".join(part.text for part in prompt.messages[-1].content)


@pytest.mark.parametrize("html", [EXCEL_HTML, ""], ids=["formatted", "text"])
async def test_a_table_from_a_spreadsheet_becomes_markdown_and_undo_brings_the_paste_back(
    served: Served, open_page: OpenPage, html: str
) -> None:
    page = await open_page(served.url)
    await message(page).fill("前 ")
    await message(page).press("End")
    await paste(page, EXCEL_TEXT, html)
    await expect(message(page)).to_have_value(f"前 {TABLE}")
    await expect(page.get_by_text("表をMarkdownにしました")).to_be_visible()
    await page.keyboard.press("Control+z")
    await expect(message(page)).to_have_value(f"前 {EXCEL_TEXT.rstrip()}")
    await page.keyboard.press("Control+Shift+z")
    await expect(message(page)).to_have_value(f"前 {TABLE}")


async def test_words_are_pasted_as_they_are(served: Served, open_page: OpenPage) -> None:
    page = await open_page(served.url)
    await paste(page, "普通の\n文", "<p>普通の</p><p>文</p>")
    await expect(message(page)).to_have_value("普通の\n文")


@pytest.mark.parametrize(
    ("encoding", "shown"), [("cp932", "Shift_JIS"), ("euc_jp", "EUC-JP"), ("utf-16", "UTF-16")]
)
async def test_a_dropped_file_is_read_shown_and_sent(
    served: Served, backends: Backends, open_page: OpenPage, encoding: str, shown: str
) -> None:
    text = "氏名,金額\n山田太郎,1200\n" + ("髙橋㈱①,3\n" if encoding != "euc_jp" else "")
    page = await open_page(served.url)
    await drop(page, "一覧.csv", text.encode(encoding))
    chip = page.locator("form li")
    await expect(chip).to_contain_text("一覧.csv")
    await expect(chip).to_contain_text(shown)
    await expect(chip).to_contain_text("トークン")
    await ask_and_wait(page, "合計は?")
    assert "合計は?" in sent(backends)
    assert "一覧.csv" in sent(backends)
    assert text.strip() in sent(backends)
    await expect(page.locator("form li")).to_have_count(0)
    asked = page.locator("article").first
    await expect(asked).to_contain_text("一覧.csv")
    await page.reload()
    await expect(asked).to_contain_text("一覧.csv")
    await asked.locator("summary").click()
    await expect(asked.locator("pre")).to_contain_text("山田太郎,1200")


async def test_what_is_no_text_is_refused_and_a_file_can_be_taken_off(
    served: Served, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await drop(page, "図.png", b"\x89PNG\r\n\x1a\n\0\0")
    await expect(page.get_by_text("「図.png」は文字のファイルではない")).to_be_visible()
    await expect(page.get_by_role("button", name="送信")).to_be_disabled()
    await drop(page, "メモ.txt", "メモ".encode())
    await expect(page.get_by_role("button", name="送信")).to_be_enabled()
    await page.get_by_role("button", name="「メモ.txt」を外す").click()
    await expect(page.locator("form li")).to_have_count(0)
    await expect(message(page)).to_be_focused()


async def test_a_long_paste_becomes_an_attachment_unless_that_is_turned_off(
    served: Served, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await paste(page, "長い文。" * 1_001)
    await expect(page.locator("form li")).to_contain_text("貼り付けた文章1.txt")
    await expect(message(page)).to_have_value("")
    await page.goto(f"{served.url}/#/work/preferences")
    await page.get_by_label("長い文章を貼り付けたとき").select_option("0")
    await page.goto(f"{served.url}/#/")
    await paste(page, "長い文。" * 1_001)
    await expect(message(page)).to_have_value("長い文。" * 1_001)


async def test_too_much_is_told_with_figures_before_it_is_sent(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await drop(page, "長い.txt", ("あ" * 5_000).encode())
    told = page.get_by_text("このモデルが一度に読める4,096トークンを超えています")
    await expect(told).to_be_visible()
    await message(page).fill("要約して")
    await message(page).press("Enter")
    assert backends["fake"].started == 0
    await page.get_by_role("button", name="「長い.txt」を外す").click()
    await expect(told).to_have_count(0)


async def test_personal_data_is_told_of_before_it_is_sent(
    served: Served, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await message(page).fill(
        "山田さんの電話番号は090-1234-5678、メールは taro@example.co.jp です。"
    )
    await expect(page.get_by_text("送る前に確かめてください")).to_be_visible()
    await expect(page.get_by_text("電話番号、").or_(page.get_by_text("電話番号 "))).to_be_visible()
    await message(page).fill("こんにちは、よろしくお願いします。")
    await expect(page.get_by_text("送る前に確かめてください")).to_have_count(0)


async def test_a_selection_of_an_answer_is_quoted_in_the_next_question(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    backends["fake"].play(*saying("首都は**東京**です。\n\n人口は多いです。"))
    page = await open_page(served.url)
    await ask_and_wait(page, "日本について")
    await message(page).fill("もっと詳しく")
    await answers(page).locator("p").first.select_text()
    await page.get_by_role("button", name="引用して質問").click()
    await expect(message(page)).to_have_value("> 首都は東京です。\n\nもっと詳しく")
    await expect(message(page)).to_be_focused()


@pytest.mark.parametrize("slash", ["/", "／"])
async def test_a_slash_opens_the_templates_and_a_form_fills_the_question(
    served: Served, backends: Backends, open_page: OpenPage, slash: str
) -> None:
    page = await open_page(served.url)
    await message(page).press_sequentially(slash)
    dialog = page.get_by_role("dialog", name="定型プロンプト")
    await expect(dialog.get_by_role("option")).to_have_count(10)
    await page.keyboard.type("あいさつ")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await dialog.get_by_label("場面").fill("開会式")
    await dialog.get_by_label("日付").fill("2026-11-23")
    await expect(dialog.get_by_text("令和8年11月23日（月）")).to_be_visible()
    await dialog.get_by_label("話す人").fill("市長")
    await dialog.get_by_label("聞く人").fill("来場者")
    await dialog.get_by_label("必ず入れること").fill("お礼")
    await dialog.get_by_role("button", name="入力欄に入れる").click()
    await expect(dialog).to_have_count(0)
    await expect(message(page)).to_be_focused()
    filled = await message(page).input_value()
    assert "- 場面: 開会式\n- 日付: 令和8年11月23日（月）\n" in filled
    assert "{{" not in filled
    await message(page).press("Enter")
    await expect(answers(page)).to_have_text("東京です。")
    assert "開会式" in sent(backends)


async def test_a_template_of_ones_own_is_made_used_and_deleted(
    served: Served, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await page.goto(f"{served.url}/#/work/templates")
    await page.get_by_role("button", name="新しく作る").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("名前", exact=True).fill("議会の案内")
    await dialog.get_by_label("本文").fill("{{day}}の議会について案内文を書いてください。")
    await dialog.get_by_label("表示する名前").fill("日")
    await dialog.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("議会の案内")).to_be_visible()
    await page.goto(f"{served.url}/#/")
    await message(page).press_sequentially("/")
    await page.get_by_role("option", name="議会の案内").click()
    await page.get_by_role("dialog").get_by_label("日").fill("明日")
    await page.get_by_role("button", name="入力欄に入れる").click()
    await expect(message(page)).to_have_value("明日の議会について案内文を書いてください。")
    await page.goto(f"{served.url}/#/work/templates")
    await page.get_by_role("button", name="削除: 議会の案内").click()
    await page.get_by_role("dialog").get_by_role("button", name="削除").click()
    await expect(page.get_by_text("議会の案内")).to_have_count(0)


async def test_how_to_be_answered_is_shown_and_told_to_the_model(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await open_page(served.url)
    await page.goto(f"{served.url}/#/work/preferences")
    await page.get_by_label("文体").select_option("dearu")
    await page.get_by_label("いつも伝えること").fill("結論を先に書いてください。")
    shown = await page.locator(".prompt").inner_text()
    assert "である" in shown
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("保存しました。")).to_be_visible()
    await page.goto(f"{served.url}/#/")
    await ask_and_wait(page, "首都は?")
    prompt = backends["fake"].requests[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    assert (prompt.messages[0].role, prompt.messages[0].content[0].text) == ("system", shown)
