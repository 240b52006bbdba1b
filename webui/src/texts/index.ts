import { en } from "./en";
import { ja, type Texts } from "./ja";
import type { Language } from "../lib/types";

export type { Texts };

export const TEXTS: Record<Language, Texts> = { ja, en };
