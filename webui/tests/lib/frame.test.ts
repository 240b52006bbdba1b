import { expect, test } from "vitest";
import { agentName } from "../../src/lib/account";
import { access, ApiError, call } from "../../src/lib/api";
import { dayStart } from "../../src/lib/audit";
import { formOf, rulesOf } from "../../src/lib/limits";
import { gateOf, type Me, type SessionBody } from "../../src/lib/session";
import { keysOf, shortcutOf } from "../../src/lib/shortcuts";

const ME: Me = {
  id: "a",
  name: "a",
  display_name: "A",
  role: "user",
  groups: [],
  must_change_password: false,
  via: "session",
};
const BODY: SessionBody = {
  mode: "accounts",
  setup: false,
  me: ME,
  csrf: "c",
  sign_in: { password: true, providers: [] },
  policy: null,
};
const policy = { version: 1, text: "x", accepted: false };

test.each<[string, Partial<SessionBody>]>([
  ["open", {}],
  ["open", { mode: "single", me: null, setup: true }],
  ["setup", { me: null, setup: true }],
  ["sign-in", { me: null }],
  ["password", { me: { ...ME, must_change_password: true }, policy }],
  ["policy", { policy }],
  ["open", { policy: { ...policy, accepted: true } }],
  ["open", { policy, me: { ...ME, role: "auditor" } }],
])("%s stands before the page", (gate, change) => {
  expect(gateOf({ ...BODY, ...change })).toBe(gate);
});

test.each<[KeyboardEventInit, EventTarget, string | null]>([
  [{ key: "?" }, document.body, "help"],
  [{ key: "?" }, document.createElement("textarea"), null],
  [{ key: "/", ctrlKey: true }, document.createElement("textarea"), "help"],
  [{ key: "k", metaKey: true }, document.body, "search"],
  [{ key: "k" }, document.body, null],
  [{ key: "O", ctrlKey: true, shiftKey: true }, document.body, "new"],
  [{ key: "o", ctrlKey: true }, document.body, null],
  [{ key: "?", isComposing: true }, document.body, null],
  [{ key: "k", ctrlKey: true, keyCode: 229 }, document.body, null],
])("%o is a shortcut", (init, target, id) => {
  const event = new KeyboardEvent("keydown", init);
  Object.defineProperty(event, "target", { value: target });
  expect(shortcutOf(event)).toBe(id);
});

test("keys are named as on the keyboard", () => {
  expect(keysOf("new", false)).toEqual(["Ctrl", "Shift", "O"]);
  expect(keysOf("search", true)).toEqual(["⌘", "K"]);
});

test("what changes something carries the token, and what reads does not", async () => {
  const sent: Headers[] = [];
  globalThis.fetch = (_: unknown, init?: RequestInit) => {
    sent.push(new Headers(init?.headers));
    return Promise.resolve(new Response("{}"));
  };
  access.csrf = "token";
  await call("GET", "x", "ja");
  await call("POST", "x", "ja", { a: 1 });
  expect(sent.map((headers) => headers.get("X-JIMAE-CSRF"))).toEqual([null, "token"]);
  expect(sent[1]!.get("Content-Type")).toBe("application/json");
});

test("an end of the session is heard, and an error brings what belongs to it", async () => {
  let heard = 0;
  access.onSignedOut = () => (heard += 1);
  const error = { error: { code: "locked", message: "あとで", param: "name" } };
  const headers = { "Retry-After": "30" };
  const init = { status: 429, headers };
  globalThis.fetch = () => Promise.resolve(new Response(JSON.stringify(error), init));
  const caught = await call("POST", "x", "ja").catch((each: unknown) => each);
  expect(caught).toBeInstanceOf(ApiError);
  expect(caught).toMatchObject({ code: "locked", param: "name", status: 429, retryAfter: 30 });
  expect(heard).toBe(0);
  globalThis.fetch = () => Promise.resolve(new Response("{}", { status: 401 }));
  await call("GET", "x", "ja").catch(() => null);
  expect(heard).toBe(1);
});

test("limits come out of their form as they went in", () => {
  const rules = {
    tokens_per_day: 1000,
    tokens_per_month: null,
    requests_per_minute: 1,
    answers_at_once: null,
    models: ["a"],
    hours: [
      { days: ["mon"], from: "08:00", to: "18:00" },
      { days: ["sat"], from: "09:00", to: "12:00" },
    ],
  };
  expect(rulesOf(formOf(rules), rules)).toEqual(rules);
  const none = { ...rules, tokens_per_day: null, requests_per_minute: null, models: null, hours: null };
  expect(rulesOf(formOf(none), none)).toEqual(none);
});

test("a browser is recognised by what it calls itself", () => {
  const edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
  expect(agentName(edge)).toBe("Edge · Windows");
  expect(agentName("curl/8.0")).toBe("curl/8.0");
  expect(agentName("")).toBe("–");
});

test("a day begins where the reader is", () => {
  expect(dayStart("")).toBe("");
  const start = Number(dayStart("2026-11-23"));
  expect(new Date(start * 1000).getHours()).toBe(0);
  expect(Number(dayStart("2026-11-23", 1)) - start).toBe(86_400);
});
