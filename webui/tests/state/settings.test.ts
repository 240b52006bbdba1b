import { beforeEach, expect, test, vi } from "vitest";
import { preferredLanguage, Settings } from "../../src/state/settings.svelte";

beforeEach(() => localStorage.clear());

test.each([
  ["ja", "ja"],
  ["ja-JP", "ja"],
  ["en-US", "en"],
  ["de", "en"],
  ["jam", "en"],
])("a browser in %s gets %s", (asked, given) => expect(preferredLanguage(asked)).toBe(given));

test("choices are remembered", () => {
  new Settings().choose({ language: "ja", sendKey: "ctrl-enter", theme: "dark", model: "m" });
  const { language, sendKey, theme, model } = new Settings();
  expect({ language, sendKey, theme, model }).toEqual({
    language: "ja",
    sendKey: "ctrl-enter",
    theme: "dark",
    model: "m",
  });
});

test("a remembered value that is no choice is passed over", () => {
  localStorage.setItem("jimae.choices", '{"language":"xx","sendKey":3,"theme":null,"model":{}}');
  const { language, sendKey, theme, model } = new Settings();
  expect({ language, sendKey, theme, model }).toEqual({
    language: "en",
    sendKey: "enter",
    theme: "auto",
    model: null,
  });
});

test("durations are as rough as an estimate", () => {
  const settings = new Settings();
  settings.choose({ language: "ja" });
  expect(settings.duration(0.2)).toBe("1秒");
  expect(settings.duration(12.4)).toBe("12秒");
  expect(settings.duration(200)).toBe("3分");
});

test("dates are written as the browser writes the language", () => {
  const languages = vi.spyOn(navigator, "languages", "get");
  const settings = new Settings();
  const date = (): string => settings.date(Date.UTC(2026, 10, 30, 12) / 1000);
  settings.choose({ language: "en" });
  languages.mockReturnValue(["ja-JP", "en-GB", "en-US"]);
  expect(date()).toBe("30 Nov 2026");
  languages.mockReturnValue(["en-US"]);
  expect(date()).toBe("Nov 30, 2026");
  settings.choose({ language: "ja" });
  expect(date()).toBe("2026/11/30");
  languages.mockRestore();
});

test("a failure without a sentence gets one", () => {
  const settings = new Settings();
  settings.choose({ language: "ja" });
  expect(settings.failure("unreachable")).toBe("サーバーにつながりませんでした。");
  expect(settings.failure("http_500")).toBe("サーバーで問題が起きました。 (コード: http_500)");
});
