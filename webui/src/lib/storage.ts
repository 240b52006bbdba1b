/**
 * What the page keeps in the browser: drafts and the open chat as long as the tab, choices as
 * long as the browser. Chats are on the server.
 */

const OURS = "jimae.";
const CURRENT = "jimae.current";
const DRAFT = "jimae.draft.";
const CHOICES = "jimae.choices";
const SIGNED_OUT = "jimae.signed-out";

/** Tells whether it was kept; a full or forbidden storage is not an error of the page. */
function put(area: () => Storage, key: string, value: string): boolean {
  try {
    area().setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

function take(area: () => Storage, key: string): unknown {
  try {
    const value = area().getItem(key);
    return value === null ? null : (JSON.parse(value) as unknown);
  } catch {
    return null;
  }
}

const tab = (): Storage => sessionStorage;
const browser = (): Storage => localStorage;

/** The chat that this tab shows. */
export function loadCurrent(): string | null {
  const id = take(tab, CURRENT);
  return typeof id === "string" ? id : null;
}

export function saveCurrent(id: string | null): boolean {
  return put(tab, CURRENT, JSON.stringify(id));
}

export function loadDraft(id: string): string {
  const draft = take(tab, DRAFT + id);
  return typeof draft === "string" ? draft : "";
}

export function saveDraft(id: string, text: string): boolean {
  return put(tab, DRAFT + id, JSON.stringify(text));
}

export function forgetChat(id: string): void {
  try {
    sessionStorage.removeItem(DRAFT + id);
  } catch {
    // Storage is forbidden: then nothing was kept either.
  }
}

/** Forget all that somebody wrote here; what they chose for this browser stays. */
export function forgetTab(): void {
  for (const area of [tab, browser]) {
    try {
      const keys = Object.keys(area()).filter((key) => key.startsWith(OURS) && key !== CHOICES);
      for (const key of keys) area().removeItem(key);
    } catch {
      // Storage is forbidden: then nothing was kept either.
    }
  }
}

/** Tell the other tabs that somebody signed out. */
export function tellSignedOut(): void {
  put(browser, SIGNED_OUT, JSON.stringify(Date.now()));
}

export function onSignedOutElsewhere(act: () => void): void {
  addEventListener("storage", (event) => {
    if (event.key === SIGNED_OUT && event.newValue !== null) act();
  });
}

export function loadChoices(): Record<string, unknown> {
  const value = take(browser, CHOICES);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

export function saveChoices(choices: object): boolean {
  return put(browser, CHOICES, JSON.stringify(choices));
}
