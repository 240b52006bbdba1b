/** Shapes of what concerns oneself: `jimae/me/…`. Times are Unix seconds. */

export interface Page<T> {
  data: T[];
  has_more: boolean;
}

export interface SessionRow {
  id: string;
  created_at: number;
  seen_at: number;
  address: string;
  agent: string;
  current: boolean;
}

export interface KeyRow {
  id: string;
  name: string;
  prefix: string;
  account: { id: string; name: string };
  areas: string[];
  models: string[];
  state: "active" | "expired" | "revoked";
  created_at: number;
  expires_at: number | null;
  used_at: number | null;
  revoked_at: number | null;
}

export type NewKey = KeyRow & { key: string };

export interface LimitPart {
  of: string;
  name: string;
  count: string;
  limit: number;
  used: number;
  left: number;
  returns_at: number | null;
}

export interface UsageLine {
  id: string | null;
  name: string;
  requests: number;
  stopped: number;
  failed: number;
  refused: number;
  prompt_tokens: number;
  completion_tokens: number;
  cached_tokens: number;
  waited_mean: number;
  waited_p50: number;
  waited_p95: number;
  seconds_mean: number;
}

export interface Usage {
  time_zone: string;
  limits: LimitPart[];
  models: string[] | null;
  days: UsageLine[];
}

/** "Chrome · Windows" of what a browser calls itself; the rest is nothing to recognise it by. */
export function agentName(agent: string): string {
  const browsers: [RegExp, string][] = [
    [/Edg\//, "Edge"],
    [/Firefox\//, "Firefox"],
    [/Chrom(e|ium)\//, "Chrome"],
    [/Safari\//, "Safari"],
  ];
  const systems: [RegExp, string][] = [
    [/Windows/, "Windows"],
    [/iPhone|iPad/, "iOS"],
    [/Android/, "Android"],
    [/Mac OS/, "macOS"],
    [/Linux/, "Linux"],
  ];
  const of = (known: [RegExp, string][]): string | undefined =>
    known.find(([pattern]) => pattern.test(agent))?.[1];
  const found = [of(browsers), of(systems)].filter((name) => name !== undefined);
  return found.length > 0 ? found.join(" · ") : agent.slice(0, 40) || "–";
}
