/** The place in the page that is shown. */

import { link, parse, type Route } from "../lib/route";

export class Router {
  route: Route = $state.raw(parse(location.hash));
  /** How often the place changed: the first one is where the page was opened. */
  changes = $state(0);

  constructor() {
    addEventListener("hashchange", () => {
      this.route = parse(location.hash);
      this.changes += 1;
    });
  }

  get area(): string {
    return this.route.parts[0] ?? "";
  }

  go(parts: readonly string[], query: Record<string, string> = {}): void {
    location.hash = link(parts, query);
  }

  /** Say in the address what is looked for, without a step in the history. */
  refine(query: Record<string, string>): void {
    const said = link(this.route.parts, query);
    if (said === location.hash) return;
    history.replaceState(history.state, "", said);
    this.route = parse(said);
  }
}

export const router = new Router();
