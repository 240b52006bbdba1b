/** What is known of the models of this server: the shape of `jimae/models`. */

import type { Language, ModelState } from "./types";

type Both<T> = Record<Language, T>;

export interface ModelCard {
  id: string;
  name: string;
  state: ModelState;
  default: boolean;
  /** Bytes of its file. */
  size: number;
  /** Sum of its file, if it was checked when it came. */
  sha256: string | null;
  parameters: number | null;
  description: Both<string> | null;
  good_at: Both<string[]> | null;
  licence: { spdx: string; url: string; commercial: string; note: Both<string> | null } | null;
  /** Japanese scores, 0 to 1. */
  scores: { swallow: number | null; mt_bench: number | null };
  /** Tokens per second for one reader, measured here on answers; null before the first. */
  speed: number | null;
  writes: boolean;
}

export interface ModelCards {
  data: ModelCard[];
  /** Where scores come from. */
  attribution: string;
}
