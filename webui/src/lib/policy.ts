/** What the rules of the server would do with a text, before it is sent. */

import { call } from "./api";
import type { Language } from "./types";

type Action = "warn" | "mask" | "refuse";

/** Personal data of a kind, or a word that is not to be sent, and what the rules do with it. */
export interface Finding {
  kind: string;
  word: string | null;
  action: Action;
}

interface Checked {
  findings: { kind: string; action: Action }[];
  words: { word: string; action: Action }[];
}

/** What the rules would act on. Nothing of the text is kept by the server. */
export async function findingsIn(
  text: string,
  model: string | null,
  language: Language,
  signal: AbortSignal,
): Promise<Finding[]> {
  const body = model === null ? { text } : { text, model };
  const path = "jimae/policy/check";
  const { findings, words } = await call<Checked>("POST", path, language, body, signal);
  return [
    ...findings.map(({ kind, action }) => ({ kind, word: null, action })),
    ...words.map(({ word, action }) => ({ kind: "word", word, action })),
  ];
}
