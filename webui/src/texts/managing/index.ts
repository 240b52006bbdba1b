import type { Language } from "../../lib/types";
import { en } from "./en";
import { ja, type ManagingTexts } from "./ja";

export type { ManagingTexts };

export const MANAGING: Record<Language, ManagingTexts> = { ja, en };
