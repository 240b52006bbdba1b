/** What the person chose for this browser, and the texts that follow from it. */

import { loadChoices, saveChoices } from "../lib/storage";
import type { Language, SendKey, Theme } from "../lib/types";
import { TEXTS, type Texts } from "../texts";

const LANGUAGES: readonly Language[] = ["ja", "en"];
const SEND_KEYS: readonly SendKey[] = ["enter", "ctrl-enter"];
const THEMES: readonly Theme[] = ["auto", "light", "dark"];

function oneOf<T extends string>(allowed: readonly T[], value: unknown): T | null {
  return allowed.find((each) => each === value) ?? null;
}

/** Japanese for a browser that asks for it, English for all others. */
export function preferredLanguage(browserLanguage: string): Language {
  return /^ja(-|$)/i.test(browserLanguage) ? "ja" : "en";
}

export class Settings {
  language: Language = $state("ja");
  sendKey: SendKey = $state("enter");
  theme: Theme = $state("auto");
  /** The id of the chosen model; null follows the server's default. */
  model: string | null = $state(null);

  readonly texts: Texts = $derived(TEXTS[this.language]);

  constructor() {
    const kept = loadChoices();
    this.language = oneOf(LANGUAGES, kept.language) ?? preferredLanguage(navigator.language);
    this.sendKey = oneOf(SEND_KEYS, kept.sendKey) ?? "enter";
    this.theme = oneOf(THEMES, kept.theme) ?? "auto";
    this.model = typeof kept.model === "string" ? kept.model : null;
  }

  /** Change some choices and remember them. */
  choose(change: Partial<Pick<Settings, "language" | "sendKey" | "theme" | "model">>): void {
    Object.assign(this, change);
    const { language, sendKey, theme, model } = this;
    saveChoices({ language, sendKey, theme, model });
  }

  number(value: number, digits = 0): string {
    return value.toLocaleString(this.language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  }

  /** A span of seconds, as roughly as an estimate deserves. */
  duration(seconds: number): string {
    const time = this.texts.time;
    if (seconds < 90) return time.seconds(this.number(Math.max(1, Math.round(seconds))));
    return time.minutes(this.number(Math.round(seconds / 60)));
  }
}

export const settings = new Settings();
