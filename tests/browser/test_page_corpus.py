"""Over five hundred attempts to run something or to reach out, by every way into the page.

Nothing may run and nothing may be asked of elsewhere: the page is watched for both while it is
open, and its elements are looked at. The browser is told to pass over the content security
policy, so that nothing is harmless for its sake alone. `scripts/prove page_xss` streams every
attempt by itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from playwright.async_api import Page, expect

from browser import payloads
from browser.asking import OpenPage, ask, message
from browser.people import sign_in
from fakes.backend import PROMPT_TOKENS, Backends, Step, done
from fakes.people import People, Person
from fakes.serving import Served
from jimae.types import CallDelta, Delta, Started

SINGLES = 16
NAMES = 8
TOGETHER = 60
PATIENCE = 30_000

# Runs in every document, the frames' too; Watch takes it for an error.
CALLED = "window.alert = (said) => console.error(`it ran: ${said}`);"
HARMFUL = """() => {
  const found = [];
  const say = (element, why) => found.push(`${why}: ${element.outerHTML.slice(0, 200)}`);
  for (const element of document.querySelectorAll("body *")) {
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) say(element, "handler");
      if (/^(href|src|action|formaction|data|srcdoc|xlink:href)$/i.test(name)) {
        const drawn = element.className.startsWith("diagram") && value.startsWith("data:image/svg");
        const ours = /^(https?:\\/\\/|mailto:|#)/i.test(value) || element.matches(".drawing-frame");
        if (!drawn && !ours) say(element, "address");
      }
    }
  }
  for (const element of document.querySelectorAll(".prose *, .column article *")) {
    const icon = element.closest("button, summary") !== null;
    if (element.matches("script,iframe,object,embed,form,style,link,meta,base,input,video,audio"))
      say(element, "element");
    if (element.matches("svg, svg *") && !icon) say(element, "drawing");
    if (element.matches("img:not(.diagram)")) say(element, "picture");
    if (element.closest(".prose") && (element.id || element.getAttribute("name")))
      say(element, "name");
  }
  return found;
}"""


def batched(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


async def opened(open_page: OpenPage, url: str, *, policy: bool = False) -> Page:
    """The page without the help of its policy, unless it is what is looked at."""
    page = await open_page(url, bypass_csp=not policy)
    await page.add_init_script(CALLED)
    await page.reload()
    await message(page).wait_for()
    return page


def streamed(text: str, pieces: random.Random | None) -> list[Step]:
    """A script that says a text in one piece, or in pieces of random length."""
    steps: list[Step] = [Started(PROMPT_TOKENS, 0)]
    at = 0
    while at < len(text):
        size = len(text) if pieces is None else pieces.randint(1, 7)
        steps.append(Delta(text[at : at + size], (1,)))
        if pieces is not None and pieces.random() < 0.3:
            steps.append(0.002)
        at += size
    return [*steps, done(1)]


async def settled(page: Page) -> None:
    """The answer has ended, and its diagrams are drawn or given up."""
    await expect(page.get_by_role("button", name="送信")).to_be_attached(timeout=PATIENCE)
    await page.wait_for_function(
        """() => document.querySelector("article[aria-busy=true]") === null &&
        [...document.querySelectorAll(".code")].every((code) =>
          code.querySelector(".code-language")?.textContent !== "mermaid" ||
          code.querySelector(".diagram, .aside") !== null)""",
        timeout=PATIENCE,
    )


async def answered(page: Page, backends: Backends, text: str, pieces: random.Random | None) -> None:
    backends["fake"].play(*streamed(text, pieces))
    before = await page.locator("article[data-turn]").count()
    await ask(page, "見せてください")
    await expect(page.locator("article[data-turn]")).not_to_have_count(before, timeout=PATIENCE)
    await settled(page)
    assert await page.evaluate(HARMFUL) == []


async def test_every_attempt_in_an_answer_is_harmless(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await opened(open_page, served.url)
    for together in batched(payloads.html() + payloads.formulas(), TOGETHER):
        await answered(page, backends, "\n\n".join(together), None)
        await page.get_by_role("button", name="新しいチャット").first.click()


@pytest.mark.parametrize("policy", [True, False], ids=["with-policy", "without"])
async def test_diagrams_are_drawn_where_they_can_do_nothing(
    served: Served, backends: Backends, open_page: OpenPage, policy: bool
) -> None:
    page = await opened(open_page, served.url, policy=policy)
    good = "```mermaid\nflowchart TD\n A[申請] --> B[許可]\n```"
    await answered(page, backends, "\n\n".join([*payloads.diagrams(), good]), None)
    drawn = page.locator(".diagram")
    assert await drawn.count() >= 1
    await expect(drawn.last).to_be_visible()
    assert await page.locator("iframe").evaluate_all(
        "all => all.map(frame => frame.getAttribute('sandbox'))"
    ) == ["allow-scripts"]


async def test_attempts_that_stream_in_pieces_are_harmless(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    chance = random.Random(20261123)  # noqa: S311
    page = await opened(open_page, served.url)
    some = payloads.html() + payloads.formulas()
    # Each takes longer, the longer its chat is.
    for attempts in batched(chance.sample(some, min(SINGLES, len(some))), 20):
        for text in attempts:
            await answered(page, backends, f"前の段落です。\n\n{text}\n\n後の段落です。", chance)
        await page.get_by_role("button", name="新しいチャット").first.click()


async def test_questions_and_names_of_files_are_text(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await opened(open_page, served.url)
    names = payloads.names()[:NAMES]
    for batch in batched(names, 5):
        for name in batch:
            # What holds control characters is no text to the page.
            content = name.replace("\1", " ").encode()
            await page.locator("input[type=file]").set_input_files(
                {"name": f"{name}.txt", "mimeType": "text/plain", "buffer": content}
            )
        await expect(page.locator("form li")).to_have_count(len(batch))
        assert await page.evaluate(HARMFUL) == []
        # The first line of a question is the title of its chat, too.
        await answered(page, backends, "はい", None)
        await message(page).fill("\n".join(batch))
        backends["fake"].play(*streamed("はい", None))
        await message(page).press("Enter")
        await settled(page)
        await page.get_by_role("button", name="新しいチャット").first.click()
        await answered(page, backends, "はい", None)
    assert await page.evaluate(HARMFUL) == []


async def test_what_a_tool_was_given_is_text(
    served: Served, backends: Backends, open_page: OpenPage
) -> None:
    page = await opened(open_page, served.url)
    for name in payloads.names()[:NAMES]:
        call = CallDelta(0, "call_1", name, f'{{"x": "{name[:20]}')
        backends["fake"].play(Started(PROMPT_TOKENS, 0), Delta("", (1,), calls=(call,)), done(1))
        await ask(page, name)
        await settled(page)
    for step in await page.locator("article details").all():
        await step.evaluate("step => { step.open = true }")
    assert await page.evaluate(HARMFUL) == []


async def import_chats(page: Page, url: str, chats: list[dict[str, Any]]) -> None:
    body = {"format": "jimae-chats/1", "chats": chats}
    made = await page.request.post(f"{url}/jimae/chats/import", data=body, timeout=60_000)
    assert (await made.json())["imported"] == len(chats), await made.text()


def kept_chat(title: str, number: int, parts: list[dict[str, str]]) -> dict[str, Any]:
    """A chat as one is exported, with one answer."""
    turn = {"id": f"turn_{number}", "parent": None, "role": "assistant", "created_at": 1.0}
    return {
        **{"id": f"chat_{number}", "title": title, "created_at": 1.0, "updated_at": 1.0 + number},
        **{"head": turn["id"], "turns": [{**turn, "parts": parts}]},
    }


async def test_what_a_tool_gave_back_is_text(served: Served, open_page: OpenPage) -> None:
    """Every attempt, as the result of a tool, its name and what it was given."""
    page = await opened(open_page, served.url)
    batches = list(batched(payloads.answers(), TOGETHER))
    chats = [
        kept_chat(
            f"道具 {number}",
            number,
            [
                part
                for index, text in enumerate(batch)
                for part in (
                    {"type": "call", "id": f"c{index}", "name": text[:200], "arguments": text},
                    {"type": "result", "id": f"c{index}", "text": text},
                )
            ],
        )
        for number, batch in enumerate(batches)
    ]
    await import_chats(page, served.url, chats)
    await page.reload()
    for number, batch in enumerate(batches):
        await page.get_by_role("button", name=f"道具 {number}", exact=True).click()
        steps = page.locator("article details")
        await expect(steps).to_have_count(len(batch))
        await steps.evaluate_all("all => all.forEach(step => { step.open = true })")
        # What an attempt was is there to be read.
        await expect(steps.first).to_contain_text(batch[0].split("\n")[0].strip())
        assert await page.evaluate(HARMFUL) == []


async def test_titles_are_text(served: Served, open_page: OpenPage) -> None:
    """Every attempt of one line, as the name of a chat: in the list, and found by searching."""
    page = await opened(open_page, served.url)
    titles = [text.replace("\n", " ")[:250] for text in payloads.html() + payloads.formulas()]
    await import_chats(
        page,
        served.url,
        [
            kept_chat(title, number, [{"type": "text", "text": "はい"}])
            for number, title in enumerate(titles)
        ],
    )
    await page.reload()
    scroller = page.get_by_role("list", name="チャット", exact=True)
    entries = page.get_by_role("navigation").locator("button.entry")
    await expect(entries.first).to_be_visible()
    seen: set[str] = set()
    for _ in range(200):
        seen.update(await entries.evaluate_all("all => all.map(each => each.title)"))
        assert await page.evaluate(HARMFUL) == []
        if len(seen) >= len({" ".join(title.split()) for title in titles}):
            break
        await scroller.evaluate("e => e.scrollBy(0, 600)")
        await page.wait_for_timeout(30)
    assert len(seen) > 0.95 * len(set(titles))
    for word in ("alert", "script", "evil"):
        await page.get_by_role("searchbox").fill(word)
        await expect(page.locator("mark").first).to_be_visible()
        assert await page.evaluate(HARMFUL) == []


async def test_names_of_groups_are_text(
    served: Served, people: People, open_page: OpenPage
) -> None:
    """Wherever the page names a group: sharing, templates, the menu, administration."""
    names = [name[:120] for name in payloads.names()[:NAMES]]
    person: Person = await people.add("root", "admin", groups=names, manages=True)
    page = await open_page(served.url, ready="#name", bypass_csp=True)
    await page.add_init_script(CALLED)
    await page.reload()
    await sign_in(page, person.name)
    await page.locator("#message").wait_for()
    await ask(page, "共有する質問")
    await page.get_by_role("button", name="「共有する質問」の操作").click()
    await page.get_by_role("menuitem", name="グループと共有").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("checkbox")).to_have_count(len(names))
    for box in await dialog.get_by_role("checkbox").all():
        await box.check()
    assert await page.evaluate(HARMFUL) == []
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog).to_have_count(0)
    await page.get_by_role("button", name="設定").click()
    await expect(page.locator("#settings strong")).to_have_text(person.name)
    assert await page.evaluate(HARMFUL) == []
    for place in ("groups", "people", "limits", "usage", "audit"):
        await page.goto(f"{served.url}/#/admin/{place}")
        await page.locator("#content :is(table, .empty, form, section)").first.wait_for()
        if place in ("groups", "people"):
            await expect(page.locator("#content")).to_contain_text(names[0])
        assert await page.evaluate(HARMFUL) == []
    await page.goto(f"{served.url}/#/work/templates")
    await page.get_by_role("button", name="複製: メール作成").click()
    groups = page.get_by_label("共有するグループ").locator("option")
    await expect(groups).to_have_count(len(names) + 1)
    assert await page.evaluate(HARMFUL) == []


async def test_templates_are_text(served: Served, open_page: OpenPage) -> None:
    names = payloads.names()[:NAMES]

    page = await opened(open_page, served.url)
    for name in names:
        field = {"name": "x", "label": name[:120], "hint": name, "kind": "choice"}
        form = {
            **{"title": name[:120], "description": name, "body": f"{name} {{{{x}}}}"},
            "fields": [{**field, "choices": [name[:120], "y"]}],
        }
        made = await page.request.post(f"{served.url}/jimae/templates", data=form)
        assert made.ok, await made.text()
    await page.goto(f"{served.url}/#/work/templates")
    await page.reload()
    await expect(page.get_by_role("button", name="編集:")).to_have_count(len(names))
    await page.get_by_role("button", name="編集:").first.click()
    await expect(page.get_by_role("dialog").locator("option")).not_to_have_count(0)
    assert await page.evaluate(HARMFUL) == []
    await page.goto(f"{served.url}/#/")
    await message(page).press("/")
    await page.get_by_role("option").first.click()
    assert await page.evaluate(HARMFUL) == []
    await page.get_by_role("button", name="入力欄に入れる").click()
    await expect(message(page)).not_to_have_value("")
    assert await page.evaluate(HARMFUL) == []


async def test_there_are_enough_of_them() -> None:
    assert len(set(payloads.answers())) >= 500


async def test_the_watch_sees_what_is_harmful(served: Served, open_page: OpenPage) -> None:
    """The proof would be worth nothing if what it looks for could not be seen."""
    page = await opened(open_page, served.url)
    await page.evaluate(
        """() => {
          const place = document.querySelector("main").appendChild(document.createElement("div"));
          place.className = "prose";
          place.innerHTML =
            "<p id=x onx=1></p><svg></svg><a href='javascript:1'>x</a><form></form>";
        }"""
    )
    found = " ".join(await page.evaluate(HARMFUL))
    for why in ("handler", "address", "element", "drawing", "name"):
        assert why in found
