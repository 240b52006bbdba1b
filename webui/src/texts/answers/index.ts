import type { Language } from "../../lib/types";
import { en } from "./en";
import { ja, type AnswerTexts } from "./ja";

export type { AnswerTexts };

export const ANSWERS: Record<Language, AnswerTexts> = { ja, en };
