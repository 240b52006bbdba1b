/** Who is signed in, and what they may do: the shapes of `/jimae/session`. */

export type Role = "user" | "manager" | "admin" | "auditor";

export interface OwnGroup {
  id: string;
  name: string;
  purpose: string;
  manages: boolean;
}

export interface Me {
  id: string;
  name: string;
  display_name: string;
  role: Role;
  groups: OwnGroup[];
  must_change_password: boolean;
  via: string;
}

export interface Provider {
  id: string;
  name: string;
}

export interface PolicyText {
  version: number | string;
  text: string;
  accepted: boolean;
}

export interface SessionBody {
  mode: "single" | "accounts";
  /** There is no administrator yet, and one can be made with the code at the terminal. */
  setup: boolean;
  me: Me | null;
  csrf: string | null;
  sign_in: { password: boolean; providers: Provider[] };
  policy: PolicyText | null;
}

/** What stands before everything else, or "open" when nothing does. */
export type Gate = "setup" | "sign-in" | "password" | "policy" | "open";

export function gateOf(body: SessionBody): Gate {
  if (body.mode === "single") return "open";
  if (body.me === null) return body.setup ? "setup" : "sign-in";
  if (body.me.must_change_password) return "password";
  if (body.policy !== null && !body.policy.accepted && body.me.role !== "auditor") return "policy";
  return "open";
}
