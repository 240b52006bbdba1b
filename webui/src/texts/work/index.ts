import type { Language } from "../../lib/types";
import { en } from "./en";
import { ja, type WorkTexts } from "./ja";

export type { WorkTexts };

export const WORK: Record<Language, WorkTexts> = { ja, en };
