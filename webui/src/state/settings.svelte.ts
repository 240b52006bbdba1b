/** What the person chose for this browser, and the texts that follow from it. */

import { loadChoices, saveChoices } from "../lib/storage";
import type { Contrast, Language, SendKey, TextSize, Theme } from "../lib/types";
import { TEXTS, type Texts } from "../texts";

const LANGUAGES: readonly Language[] = ["ja", "en"];
const SEND_KEYS: readonly SendKey[] = ["enter", "ctrl-enter"];
const THEMES: readonly Theme[] = ["auto", "light", "dark"];
const CONTRASTS: readonly Contrast[] = ["auto", "more"];
const TEXT_SIZES: readonly TextSize[] = ["small", "normal", "large", "larger"];

/** Characters from which on a paste becomes an attachment; 0 is never. */
export const LONG_PASTES: readonly number[] = [0, 2_000, 4_000, 8_000];

type Choice = "language" | "sendKey" | "theme" | "contrast" | "textSize" | "longPaste" | "model";

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
  contrast: Contrast = $state("auto");
  textSize: TextSize = $state("normal");
  longPaste = $state(4_000);
  /** The id of the chosen model; null follows the server's default. */
  model: string | null = $state(null);

  readonly texts: Texts = $derived(TEXTS[this.language]);

  constructor() {
    const kept = loadChoices();
    this.language = oneOf(LANGUAGES, kept.language) ?? preferredLanguage(navigator.language);
    this.sendKey = oneOf(SEND_KEYS, kept.sendKey) ?? "enter";
    this.theme = oneOf(THEMES, kept.theme) ?? "auto";
    this.contrast = oneOf(CONTRASTS, kept.contrast) ?? "auto";
    this.textSize = oneOf(TEXT_SIZES, kept.textSize) ?? "normal";
    this.longPaste = LONG_PASTES.find((each) => each === kept.longPaste) ?? 4_000;
    this.model = typeof kept.model === "string" ? kept.model : null;
  }

  /** Change some choices and remember them. */
  choose(change: Partial<Pick<Settings, Choice>>): void {
    Object.assign(this, change);
    const { language, sendKey, theme, contrast, textSize, longPaste, model } = this;
    saveChoices({ language, sendKey, theme, contrast, textSize, longPaste, model });
  }

  /** As the browser writes that language: 30 Nov or Nov 30. */
  get #locale(): string {
    return navigator.languages.find((each) => each.startsWith(this.language)) ?? this.language;
  }

  /** What is said of a failure of which only the code is known. */
  failure(code: string): string {
    const { errors, errorCode } = this.texts;
    return errors[code] ?? `${errors.unknown} (${errorCode(code)})`;
  }

  /** Several names in one line. */
  list(names: readonly string[]): string {
    return names.join(this.language === "ja" ? "、" : ", ");
  }

  number(value: number, digits = 0): string {
    return value.toLocaleString(this.#locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  }

  /** A size in bytes, in the units that people buy memory in. */
  bytes(count: number): string {
    const gib = count / 2 ** 30;
    if (gib >= 1) return `${this.number(gib, gib < 10 ? 1 : 0)} GB`;
    const mib = count / 2 ** 20;
    return mib >= 1 ? `${this.number(mib)} MB` : `${this.number(count / 1024)} KB`;
  }

  /** A time in Unix seconds, in the zone of the reader. */
  time(seconds: number): string {
    return new Date(seconds * 1000).toLocaleString(this.#locale, {
      dateStyle: "medium",
      timeStyle: "short",
    });
  }

  date(seconds: number): string {
    return new Date(seconds * 1000).toLocaleDateString(this.#locale, { dateStyle: "medium" });
  }

  /** A span of seconds, as roughly as an estimate deserves. */
  duration(seconds: number): string {
    const time = this.texts.time;
    if (seconds < 90) return time.seconds(this.number(Math.max(1, Math.round(seconds))));
    return time.minutes(this.number(Math.round(seconds / 60)));
  }
}

export const settings = new Settings();
