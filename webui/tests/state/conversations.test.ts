import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ChatRow } from "../../src/lib/chats";
import { Conversations } from "../../src/state/conversations.svelte";

function row(id: string, updated: number, more: Partial<ChatRow> = {}): ChatRow {
  return {
    id,
    title: id,
    named: false,
    folder: null,
    pinned: false,
    model: null,
    settings: { instructions: null, style: null, temperature: null },
    created_at: updated,
    updated_at: updated,
    deleted_at: null,
    running: false,
    shared_with: [],
    mine: true,
    owner_name: null,
    ...more,
  };
}

let answers: Record<string, unknown> = {};
let asked: string[] = [];

beforeEach(() => {
  sessionStorage.clear();
  answers = {};
  asked = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    const path = `${init.method ?? "GET"} ${url.replace(/^.*?\/jimae\//, "")}`;
    asked.push(path);
    const found = Object.entries(answers).find(([key]) => path.startsWith(key));
    return Response.json(found?.[1] ?? { data: [], has_more: false });
  });
});
afterEach(() => vi.unstubAllGlobals());

const page = (rows: ChatRow[], more = false) => ({ data: rows, has_more: more });

test("the list is read in pages, without a chat twice", async () => {
  const conversations = new Conversations();
  answers["GET chats?limit=200&after=b"] = page([row("b", 2), row("a", 1)]);
  answers["GET chats?limit"] = page([row("c", 3), row("b", 2)], true);
  await conversations.refresh();
  await conversations.loadMore();
  expect(conversations.list.map(({ id }) => id)).toEqual(["c", "b", "a"]);
  expect(conversations.more).toBe(false);
});

test("a chat that changed goes where its time belongs", async () => {
  const conversations = new Conversations();
  answers["GET chats?limit"] = page([row("c", 3), row("b", 2), row("a", 1)]);
  await conversations.refresh();
  answers["POST chats/a"] = { chat: row("a", 2.5, { title: "新" }), head: null, turns: [], has_more: false };
  await conversations.change(row("a", 1), { title: "新" });
  expect(conversations.list.map(({ id, title }) => `${id}${title}`)).toEqual(["cc", "a新", "bb"]);
});

test("reading the first page again keeps what is below it, and loses what is gone", async () => {
  const conversations = new Conversations();
  answers["GET chats?limit=200&after=b"] = page([row("a", 1)]);
  answers["GET chats?limit=200"] = page([row("c", 3), row("b", 2)], true);
  await conversations.refresh();
  await conversations.loadMore();
  answers["GET chats?limit=200"] = page([row("d", 4), row("b", 2)], true);
  await conversations.refresh();
  expect(conversations.list.map(({ id }) => id)).toEqual(["d", "b", "a"]);
});

test("what is thrown away is not open any more", async () => {
  const conversations = new Conversations();
  answers["GET chats?limit"] = page([row("a", 1)]);
  answers["GET chats/a"] = { chat: row("a", 1), head: null, turns: [], has_more: false };
  await conversations.refresh();
  conversations.open(row("a", 1));
  expect(conversations.current.id).toBe("a");
  await conversations.remove(row("a", 1));
  expect(conversations.list).toEqual([]);
  expect(conversations.current.row).toBeNull();
});

test("an empty chat is not begun twice", () => {
  const conversations = new Conversations();
  const { current } = conversations;
  conversations.create();
  expect(conversations.current).toBe(current);
});
