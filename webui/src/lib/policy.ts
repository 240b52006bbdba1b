/** What the rules of the server would do with a text, before it is sent. */

import { call } from "./api";
import type { Language } from "./types";

export interface PersonalFinding {
  kind: string;
  action: "warn" | "mask" | "refuse";
}

/** Personal data that the rules would act on. Nothing of the text is kept by the server. */
export async function findingsIn(
  text: string,
  model: string | null,
  language: Language,
  signal: AbortSignal,
): Promise<PersonalFinding[]> {
  const body = model === null ? { text } : { text, model };
  const answer = await call<{ findings: PersonalFinding[] }>(
    "POST",
    "jimae/policy/check",
    language,
    body,
    signal,
  );
  return answer.findings;
}
