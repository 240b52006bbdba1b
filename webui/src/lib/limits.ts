/** Limits as a form has them: text that is empty where nothing is limited. */

import type { Rules, Window } from "./admin";

export const COUNTS = [
  "tokens_per_day",
  "tokens_per_month",
  "requests_per_minute",
  "answers_at_once",
] as const;
export type Count = (typeof COUNTS)[number];
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export interface LimitForm {
  counts: Record<Count, string>;
  models: string[];
  hours: boolean;
  days: string[];
  from: string;
  to: string;
}

export function formOf(rules: Rules): LimitForm {
  const window: Window | undefined = rules.hours?.[0];
  const text = (value: number | null): string => (value === null ? "" : String(value));
  return {
    counts: {
      tokens_per_day: text(rules.tokens_per_day),
      tokens_per_month: text(rules.tokens_per_month),
      requests_per_minute: text(rules.requests_per_minute),
      answers_at_once: text(rules.answers_at_once),
    },
    models: rules.models ?? [],
    hours: rules.hours !== null,
    days: window?.days ?? ["mon", "tue", "wed", "thu", "fri"],
    from: window?.from ?? "08:00",
    to: window?.to ?? "20:00",
  };
}

/** What the form says. Further windows than the first, which it does not show, are kept. */
export function rulesOf(form: LimitForm, before: Rules | null): Rules {
  const number = (text: string): number | null => (text.trim() === "" ? null : Number(text));
  const window: Window = { days: form.days, from: form.from, to: form.to };
  return {
    tokens_per_day: number(form.counts.tokens_per_day),
    tokens_per_month: number(form.counts.tokens_per_month),
    requests_per_minute: number(form.counts.requests_per_minute),
    answers_at_once: number(form.counts.answers_at_once),
    models: form.models.length === 0 ? null : form.models,
    hours: form.hours ? [window, ...(before?.hours?.slice(1) ?? [])] : null,
  };
}
