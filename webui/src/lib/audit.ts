/** Shapes of the audit log: `jimae/admin/audit…`. Times are Unix seconds. */

export interface AuditRecord {
  seq: number;
  id: string;
  at: number;
  at_jst: string;
  act: string;
  outcome: string;
  target: string | null;
  account: { id: string; name: string; role: string };
  group: { id: string; name: string | null; purpose: string | null } | null;
  via: string;
  address: string;
  session: string | null;
  key: { id: string; name: string } | null;
  model: { id: string; gguf_sha256: string | null; template_sha256: string | null } | null;
  begin: string | null;
  details: Record<string, unknown>;
  content: "none" | "here" | "encrypted" | "deleted";
  commitment: string | null;
  digest: string;
  previous: string;
  hash: string;
}

export interface AuditCheck {
  state: "none" | "running" | "done" | "failed";
  by: string | null;
  begun_at: number | null;
  ended_at: number | null;
  done: number;
  total: number;
  report: {
    ok: boolean;
    first: number;
    last: number;
    records: number;
    removed: number;
    signed: number;
    breaks: { kind: string; first: number; last: number; message: string }[];
    more_breaks: number;
  } | null;
  error: string | null;
}

/** The beginning of a day where the reader is, as the server takes it; empty stays empty. */
export function dayStart(day: string, plus = 0): string {
  if (day === "") return "";
  const [year, month, date] = day.split("-").map(Number);
  return String(new Date(year!, month! - 1, date! + plus).getTime() / 1000);
}

/** Days; 0 for ever. */
export interface Retention {
  metadata: number;
  content: number;
}

export interface Named {
  id: string;
  name: string;
}

export interface Hold {
  id: string;
  reason: string;
  account: Named | null;
  group: Named | null;
  since: number | null;
  until: number | null;
  by: Named;
  created_at: number;
}

/** How many contents a deletion would delete, and how many a hold keeps. */
export interface Deletable {
  contents: number;
  held: number;
}

/** What was deleted, signed; the whole of it is what is downloaded. */
export interface Certificate {
  id: string;
  kind: string;
  at: string;
  at_jst: string;
  by: Named;
  why: "retention" | "request";
  reason: string;
  count: number;
}

export interface Deletion {
  certificates: Certificate[];
  deleted: number;
  held: number;
}
