import type { Language } from "../../lib/types";
import { en } from "./en";
import { ja, type GateTexts } from "./ja";

export const GATE: Record<Language, GateTexts> = { ja, en };
