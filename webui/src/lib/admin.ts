/** Shapes of administration: `jimae/admin/…`. Times are Unix seconds. */

import type { Page } from "./account";
import type { OwnGroup, Role } from "./session";
import type { ModelState } from "./types";

export interface User {
  id: string;
  name: string;
  display_name: string;
  mail: string | null;
  role: Role;
  groups: OwnGroup[];
  source: string;
  disabled: boolean;
  /** They failed to sign in too often, and have to wait until then. */
  locked_until: number | null;
  must_change_password: boolean;
  created_at: number;
  last_sign_in_at: number | null;
  /** Of their last request, with a key as well. */
  last_seen_at: number | null;
}

export type NewUser = User & { password: string | null };

export interface Group {
  id: string;
  name: string;
  purpose: string;
  source: string;
  members: number;
  created_at: number;
}

export interface Window {
  days: string[];
  from: string;
  to: string;
}

export interface Rules {
  tokens_per_day: number | null;
  tokens_per_month: number | null;
  requests_per_minute: number | null;
  answers_at_once: number | null;
  models: string[] | null;
  hours: Window[] | null;
}

export interface Limit {
  subject: string;
  kind: string;
  id: string;
  name: string;
  limits: Rules;
}

export interface PolicyTextRow {
  version: number;
  published_at: number;
  published_by: string;
  ja: string;
  en: string;
}

export interface PolicyRule {
  id: string;
  group: string | null;
  kind: string;
  models: string;
  level: string;
  action: string;
  confidence: string;
}

export interface PolicyWord {
  id: string;
  group: string | null;
  word: string;
  level: string;
  action: string;
}

export interface PolicyOverview {
  version: number;
  rules: PolicyRule[];
  words: PolicyWord[];
  trusted: string[];
  defaults: { kind: string; action: string; confidence: string }[];
}

export interface Directory {
  id: string;
  kind: "oidc" | "ldap";
  name: string;
  accounts: number;
  checked_at: number | null;
  failure: string | null;
}

export interface DirectoryTested {
  ok: boolean;
  steps: { step: string; ok: boolean; facts: string; code: string | null; message: string | null }[];
  person: {
    name: string;
    display_name: string;
    groups_there: string[];
    groups: string[];
    role: Role | null;
  } | null;
  /** What to register at a provider of OpenID Connect. */
  callback: string | null;
}

export interface AdminModel {
  id: string;
  name: string;
  state: ModelState;
  default: boolean;
  created_at: number;
  size: number;
  sha256: string | null;
  context: number | null;
  /** Bytes of memory that it takes once it is loaded, as estimated. */
  needed: number | null;
  /** Why it could not be loaded. */
  error: string | null;
  load: { elapsed: number; expected: number | null; progress: number } | null;
  memory: { estimated: number; measured: number | null } | null;
  use: { requests: number; idle: number; expires: number | null } | null;
}

export interface AdminModels extends Page<AdminModel> {
  /** What one more model can have now, and when those that nobody uses have left. */
  machine: { for_models: number; free: number; possible: number };
  folder: {
    path: string;
    exists: boolean;
    files: { file: string; size: number; model: string; known: boolean; present: boolean }[];
  };
  imports: {
    file: string;
    model: string;
    state: "running" | "done" | "failed";
    done: number;
    total: number;
    error: string | null;
  }[];
}

export interface Queue {
  at: number;
  running: number;
  waiting: number;
  most_running: number;
  most_waiting: number;
  engines: {
    model: string;
    running: number | null;
    waiting: number | null;
    kv_tokens_used: number | null;
    kv_tokens_total: number | null;
    sequences_cached: number | null;
    tokens_prefilled: number | null;
    tokens_reused: number | null;
    tokens_generated: number | null;
  }[];
  people: {
    id: string;
    name: string;
    requests: number;
    sequences: number;
    models: string[];
    seconds: number;
  }[];
}

export interface System {
  version: string;
  uptime: number;
  database: "sqlite" | "postgresql";
  data_dir: string;
  disk_total: number;
  disk_free: number;
  checks: { part: string; health: "ok" | "warning" | "failed"; value: string }[];
}

export interface Setting {
  name: string;
  value: unknown;
  default: unknown;
  source: string;
  secret: boolean;
  description: string;
}

/** A name to sign in with, as the server compares it. */
export function typedName(typed: string): string {
  return typed.normalize("NFKC").trim().toLowerCase();
}
