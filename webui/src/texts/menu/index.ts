import type { Language } from "../../lib/types";
import { en } from "./en";
import { ja, type MenuTexts } from "./ja";

export type { MenuTexts };

export const MENU: Record<Language, MenuTexts> = { ja, en };
