/** What is attached to questions that are not sent yet: one list for each chat. */

import { MOST_ATTACHMENTS, readFile, tidyName, type DraftAttachment } from "../lib/attachments";

/** What could not be attached, and why. */
export type Refusal = { kind: "not-text" | "too-large"; name: string } | { kind: "too-many" };

class Drafts {
  #lists: Record<string, DraftAttachment[]> = $state({});
  #made = 0;

  of(chat: string): readonly DraftAttachment[] {
    return this.#lists[chat] ?? [];
  }

  /** Attach files; returns why some were not. */
  async addFiles(chat: string, files: Iterable<File>): Promise<Refusal[]> {
    const refused: Refusal[] = [];
    for (const file of files) {
      const read = await readFile(file);
      if (read.kind !== "text") refused.push({ kind: read.kind, name: read.name });
      else if (!this.add(chat, read.name, read.text, read.encoding)) {
        return [...refused, { kind: "too-many" }];
      }
    }
    return refused;
  }

  /** Attach a text; false when there are as many as there may be. */
  add(chat: string, name: string, text: string, encoding: string): boolean {
    const list = this.of(chat);
    if (list.length >= MOST_ATTACHMENTS) return false;
    this.#made += 1;
    const made = { id: this.#made, name: tidyName(name), text, encoding };
    this.#lists[chat] = [...list, made];
    return true;
  }

  remove(chat: string, id: number): void {
    this.#lists[chat] = this.of(chat).filter((each) => each.id !== id);
  }

  /** What was attached to one question goes with another. */
  move(from: string, to: string): void {
    const list = this.of(from);
    if (list.length > 0) this.#lists[to] = [...this.of(to), ...list].slice(0, MOST_ATTACHMENTS);
    delete this.#lists[from];
  }

  /** What was attached, which then belongs to the question that is sent. */
  take(chat: string): { name: string; text: string }[] {
    const taken = this.of(chat).map(({ name, text }) => ({ name, text }));
    delete this.#lists[chat];
    return taken;
  }
}

export const drafts = new Drafts();
