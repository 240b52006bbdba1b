/** Who is signed in, and what stands before the page. */

import { access } from "../lib/api";
import { gateOf, type Gate, type Me, type SessionBody } from "../lib/session";
import { forgetTab, onSignedOutElsewhere, tellSignedOut } from "../lib/storage";
import type { ToldFailure } from "../lib/types";
import { ask, failureOf } from "./remote.svelte";

const PATH = "jimae/session";
const RETRY_MS = 2_000;

export class Session {
  body: SessionBody | null = $state.raw(null);
  /** Why the session could not be read. */
  failure: ToldFailure | null = $state.raw(null);
  /** Somebody was signed in, and is not any more. */
  ended = $state(false);

  readonly me: Me | null = $derived(this.body?.me ?? null);
  readonly gate: Gate | null = $derived(this.body === null ? null : gateOf(this.body));
  readonly single = $derived(this.body?.mode === "single");
  /** Auditors read the log, and ask no model. */
  readonly chats = $derived(this.me?.role !== "auditor");
  readonly admin = $derived(this.me?.role === "admin");
  readonly manager = $derived(
    this.me?.role === "manager" || (this.me?.groups.some((group) => group.manages) ?? false),
  );
  readonly administers = $derived(this.admin || this.manager || this.me?.role === "auditor");

  #whose: string | null = null;

  constructor() {
    access.onSignedOut = () => this.#over();
    onSignedOutElsewhere(() => void this.#left());
  }

  /** Read it, again and again until the server answers. */
  async load(): Promise<void> {
    for (;;) {
      try {
        this.#take(await ask<SessionBody>("GET", PATH));
        return;
      } catch (error) {
        this.failure = failureOf(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async refresh(): Promise<void> {
    this.#take(await ask<SessionBody>("GET", PATH));
  }

  async signIn(name: string, password: string): Promise<void> {
    this.#take(await ask<SessionBody>("POST", PATH, { name, password }));
  }

  async signOut(): Promise<void> {
    await ask("DELETE", PATH);
    tellSignedOut();
    this.#forget();
  }

  async setUp(code: string, name: string, password: string): Promise<void> {
    await ask("POST", "jimae/setup", { code, name, password });
    await this.refresh();
  }

  /** Another person than the one whose words the page holds begins with an empty page. */
  #take(body: SessionBody): void {
    // Who is local owns the machine, and becomes the first administrator.
    const next = body.mode === "single" ? null : (body.me?.id ?? null);
    if (this.#whose !== null && next !== null && next !== this.#whose) {
      forgetTab();
      location.reload();
      return;
    }
    this.#whose = next ?? this.#whose;
    access.csrf = body.csrf;
    this.body = body;
    this.failure = null;
    if (body.me !== null) this.ended = false;
  }

  /** Nothing that the last person read stays in memory. */
  #forget(): void {
    forgetTab();
    location.replace(location.pathname);
  }

  /** Another tab signed out. It may be of another server at this address. */
  async #left(): Promise<void> {
    if (this.body?.me == null || this.single) return;
    const body = await ask<SessionBody>("GET", PATH).catch(() => null);
    if (body !== null && body.me === null) this.#forget();
  }

  #over(): void {
    if (this.body === null || this.body.me === null || this.body.mode === "single") return;
    this.ended = true;
    void this.refresh().catch(() => null);
  }
}

export const session = new Session();
