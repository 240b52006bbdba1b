/** Questions to the person before something is done, and short words after it. */

export interface Question {
  title: string;
  /** What will happen; the thing itself is named in it. */
  words: string;
  action: string;
  danger: boolean;
}

class Asking {
  question: Question | null = $state.raw(null);
  #answer: ((yes: boolean) => void) | null = null;

  confirm(question: Question): Promise<boolean> {
    this.answer(false);
    this.question = question;
    return new Promise((resolve) => (this.#answer = resolve));
  }

  answer(yes: boolean): void {
    this.#answer?.(yes);
    this.#answer = null;
    this.question = null;
  }
}

class Told {
  words = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(words: string): void {
    this.words = words;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.words = ""), 6_000);
  }
}

export const asking = new Asking();
export const told = new Told();
