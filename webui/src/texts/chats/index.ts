import type { Language } from "../../lib/types";
import { en } from "./en";
import { ja, type ChatTexts } from "./ja";

export type { ChatTexts };

export const CHAT_TEXTS: Record<Language, ChatTexts> = { ja, en };
