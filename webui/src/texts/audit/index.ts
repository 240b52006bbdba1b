import type { Language } from "../../lib/types";
import { en } from "./en";
import { ja, type AuditTexts } from "./ja";

export const AUDIT: Record<Language, AuditTexts> = { ja, en };
