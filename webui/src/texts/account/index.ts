import type { Language } from "../../lib/types";
import { en } from "./en";
import { ja, type AccountTexts } from "./ja";

export const ACCOUNT: Record<Language, AccountTexts> = { ja, en };
