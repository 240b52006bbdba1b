/** What somebody thinks of answers, and which of two models they prefer. */

import { call } from "./api";
import type { Language } from "./types";

export type Verdict = "good" | "bad";
export const REASONS = [
  "wrong",
  "unclear",
  "incomplete",
  "too-long",
  "language",
  "unsafe",
  "other",
] as const;
export type Reason = (typeof REASONS)[number];

export interface Judgement {
  turn: string;
  model: string;
  verdict: Verdict;
  reasons: Reason[];
  question: string;
  answer: string;
  comment: string;
  correction: string;
}

export interface Judged {
  turn: string;
  verdict: Verdict;
  reasons: Reason[];
  /** Whether its texts are kept, too. */
  kept: boolean;
}

export function judge(judgement: Judgement, language: Language): Promise<Judged> {
  return call("POST", "jimae/feedback", language, judgement);
}

export function takeBack(turn: string, language: Language): Promise<unknown> {
  return call("DELETE", `jimae/feedback/${encodeURIComponent(turn)}`, language);
}

export type Vote = "first" | "second" | "both" | "neither";

export interface Ballot {
  first: string;
  second: string;
  vote: Vote;
  blind: boolean;
  question: string;
  first_answer: string;
  second_answer: string;
}

export interface Pair {
  first: string;
  second: string;
  blind: boolean;
  first_better: number;
  second_better: number;
  both: number;
  neither: number;
}

export function vote(ballot: Ballot, language: Language): Promise<{ kept: boolean }> {
  return call("POST", "jimae/comparisons", language, ballot);
}
