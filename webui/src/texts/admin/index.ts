import type { Language } from "../../lib/types";
import { en } from "./en";
import { ja, type AdminTexts } from "./ja";

export const ADMIN: Record<Language, AdminTexts> = { ja, en };
