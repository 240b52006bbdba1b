/** Whether the server is there, what it says of itself, and its models. */

import { ApiError, getStatus } from "../lib/api";
import type { Model, Status, ToldFailure } from "../lib/types";
import { failureOf } from "./remote.svelte";
import { settings } from "./settings.svelte";

const LOADING_POLL_MS = 2_000;
const LOST_POLL_MS = [1_000, 2_000, 3_000, 5_000];

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export class Server {
  status: Status | null = $state.raw(null);
  reachable = $state(true);
  /** Why an answering server does not tell its status. */
  problem: ToldFailure | null = $state.raw(null);
  /** Set when a lost server answered again, until the next question. */
  cameBack = $state(false);

  readonly models: Model[] = $derived(this.status?.models ?? []);
  /** The model that the next question goes to. */
  readonly model: Model | null = $derived(
    this.models.find((model) => model.id === settings.model) ??
      this.models.find((model) => model.default) ??
      this.models[0] ??
      null,
  );
  readonly singleUser = $derived(this.status?.mode === "single-user");

  #waiting = false;
  #following = false;

  /** Read the status now; while a model is loading, keep reading it. */
  async refresh(): Promise<void> {
    await this.#read();
    if (!this.reachable) void this.lost();
    else if (this.#loading) void this.#follow();
  }

  /** The server did not answer: ask until it does. */
  async lost(): Promise<void> {
    this.reachable = false;
    this.cameBack = false;
    if (this.#waiting) return;
    this.#waiting = true;
    for (let tries = 0; !this.reachable; tries += 1) {
      await pause(LOST_POLL_MS[Math.min(tries, LOST_POLL_MS.length - 1)]!);
      await this.#read();
    }
    this.#waiting = false;
    this.cameBack = true;
    if (this.#loading) void this.#follow();
  }

  async #read(): Promise<void> {
    try {
      this.status = await getStatus(settings.language);
      this.reachable = true;
      this.problem = null;
    } catch (error) {
      const failure = error instanceof ApiError ? error : new ApiError("unknown", String(error));
      this.reachable = !failure.unreachable;
      this.problem = failure.unreachable ? null : failureOf(failure);
    }
  }

  get #loading(): boolean {
    return this.models.some((model) => model.state === "loading" || model.state === "restarting");
  }

  async #follow(): Promise<void> {
    if (this.#following) return;
    this.#following = true;
    while (this.#loading && this.reachable) {
      await pause(LOADING_POLL_MS);
      await this.#read();
    }
    this.#following = false;
    if (!this.reachable) void this.lost();
  }
}

export const server = new Server();
