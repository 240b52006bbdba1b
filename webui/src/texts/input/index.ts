import type { Language } from "../../lib/types";
import { en } from "./en";
import { ja, type InputTexts } from "./ja";

export type { InputTexts };

export const INPUT: Record<Language, InputTexts> = { ja, en };
