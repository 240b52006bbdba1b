"""Choosing a model: what it is good at, its size, speed, licence and scores, from real entries."""

from __future__ import annotations

import os

import pytest
from playwright.async_api import expect

from browser.asking import OpenPage, violations
from fakes.backend import Backends, saying
from fakes.files import write_gguf
from fakes.serving import serving
from jimae.catalogue.registry import load
from jimae.service.service import Service
from jimae.settings import Settings

MODELS = ("gemma4-e2b", "qwen2.5-coder-1.5b")


@pytest.fixture
def with_models(settings: Settings) -> Settings:
    """Two models of the catalogue, whose files are as large as theirs and hold nothing."""
    for model in MODELS:
        weights = settings.data_dir / "models" / f"{model}.gguf"
        write_gguf(weights)
        os.truncate(weights, load().get(model).size)
    models = settings.models.model_copy(update={"default": MODELS[0]})
    return settings.model_copy(update={"models": models})


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_a_model_is_chosen_by_what_is_known_of_it(
    with_models: Settings, backends: Backends, open_page: OpenPage, language: str
) -> None:
    texts = {
        "ja": ("モデルの選択", "まだ測っていません", "毎秒", "送信"),
        "en": ("Choose a model", "Not measured yet", "tokens per second", "Send"),
    }
    choose, unmeasured, rate, send = texts[language]
    backends[MODELS[0]].play(*saying("あ" * 40, delay=0.002))
    locale = {"ja": "ja-JP", "en": "en-US"}[language]
    async with serving(with_models, Service(with_models, backends.make)) as served:
        page = await open_page(served.url, locale=locale)
        picker = page.locator("[popovertarget=models]")
        await expect(picker).to_contain_text(choose)
        await picker.click()
        listed = page.locator("#models label")
        await expect(listed).not_to_have_count(0)
        for model in MODELS:
            entry = load().get(model)
            said = listed.filter(has_text=entry.name.partition(" (")[0])
            good_at = entry.good_at.ja if language == "ja" else entry.good_at.en
            description = entry.description.ja if language == "ja" else entry.description.en
            for words in (*good_at, description, entry.licence.spdx, unmeasured):
                await expect(said).to_contain_text(words)
            await expect(said).to_contain_text(f"{entry.size / 2**30:.1f} GB")
            for score in (entry.scores.swallow, entry.scores.mt_bench):
                if score is not None:
                    await expect(said).to_contain_text(f"{100 * score:.1f}".removesuffix(".0"))
        assert await violations(page) == []
        # The speed is that of answers that were given here.
        await page.keyboard.press("Escape")
        await page.locator("#message").fill("速さは?")
        await page.get_by_role("button", name=send).click()
        await expect(page.get_by_role("button", name=send)).to_be_visible()
        await expect(page.locator("article .prose").last).to_contain_text("あ" * 40)
        await picker.click()
        first = listed.filter(has_text=load().get(MODELS[0]).name.partition(" (")[0])
        await expect(first).to_contain_text(rate)
        await expect(first).not_to_contain_text(unmeasured)
        second = listed.filter(has_text=load().get(MODELS[1]).name.partition(" (")[0])
        await second.locator("input").check()
        await page.keyboard.press("Escape")
        await expect(picker).to_be_focused()
        await expect(picker).not_to_contain_text(load().get(MODELS[0]).name.partition(" (")[0])
