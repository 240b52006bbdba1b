/** One question to two models, their answers, and a vote. */

import { isAbort } from "../lib/api";
import { complete } from "../lib/completions";
import { vote, type Vote } from "../lib/feedback";
import type { ToldFailure, Wait } from "../lib/types";
import { failureOf } from "./remote.svelte";
import { server } from "./server.svelte";
import { settings } from "./settings.svelte";

export interface Side {
  model: string;
  text: string;
  running: boolean;
  wait: Wait | null;
  failure: ToldFailure | null;
  /** Tokens a second, once the answer has ended. */
  speed: number | null;
}

export class Comparison {
  question = $state("");
  blind = $state(true);
  sides: Side[] = $state([]);
  voted: Vote | null = $state(null);
  /** Whether the texts were kept with the vote. */
  kept = $state(false);

  readonly running = $derived(this.sides.some((side) => side.running));
  readonly complete = $derived(
    this.sides.length === 2 &&
      this.sides.every((side) => !side.running && side.failure === null && side.text !== ""),
  );
  /** Names stay hidden until there is a vote. */
  readonly named = $derived(!this.blind || this.voted !== null);

  #abort = new AbortController();
  #asked = "";

  /** Ask both at once. Blind, chance decides which of them is the first. */
  async ask(first: string, second: string): Promise<void> {
    const turned = this.blind && crypto.getRandomValues(new Uint8Array(1))[0]! % 2 === 1;
    const models = turned ? [second, first] : [first, second];
    this.#abort = new AbortController();
    this.#asked = this.question.trim();
    this.voted = null;
    this.sides = models.map((model) => ({
      ...{ model, text: "", running: true, wait: null, failure: null, speed: null },
    }));
    await Promise.all(this.sides.map((side) => this.#answer(side)));
  }

  stop(): void {
    this.#abort.abort();
  }

  /** Throws ApiError. */
  async vote(said: Vote): Promise<void> {
    const [first, second] = this.sides as [Side, Side];
    const { kept } = await vote(
      {
        ...{ first: first.model, second: second.model, vote: said, blind: this.blind },
        ...{ question: this.#asked, first_answer: first.text, second_answer: second.text },
      },
      settings.language,
    );
    this.kept = kept;
    this.voted = said;
  }

  async #answer(side: Side): Promise<void> {
    const ask = { model: side.model, messages: [{ role: "user" as const, content: this.#asked }] };
    let begun = 0;
    let seconds = 0;
    try {
      for await (const event of complete(ask, settings.language, this.#abort.signal)) {
        if (event.kind === "wait") {
          // How far it is stands in the server's status.
          if (event.wait.kind === "loading" && side.wait?.kind !== "loading") void server.refresh();
          side.wait = event.wait;
        } else if (event.kind === "text") {
          if (side.text === "") begun = performance.now();
          side.wait = null;
          side.text += event.text;
          seconds = (performance.now() - begun) / 1_000;
        } else if (event.kind === "usage" && seconds > 0.5) {
          side.speed = (event.usage.completionTokens - 1) / seconds;
        }
      }
    } catch (error) {
      if (!isAbort(error)) side.failure = failureOf(error);
    } finally {
      side.running = false;
      side.wait = null;
    }
  }
}
