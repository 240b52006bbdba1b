import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Turn } from "../../src/lib/chats";
import { textOf } from "../../src/lib/chats";
import { loadDraft } from "../../src/lib/storage";
import { canGoOn, Chat } from "../../src/state/chat.svelte";
import { bytes } from "../streams";

const STATUS = { version: "1", mode: "single-user", models: [], queue: { running: 0, waiting: 0 } };
const ROW = {
  id: "chat_1",
  title: "",
  named: false,
  folder: null,
  pinned: false,
  model: null,
  settings: { instructions: null, style: null, temperature: null },
  created_at: 1,
  updated_at: 1,
  deleted_at: null,
  running: false,
  shared_with: [],
  mine: true,
  owner_name: null,
};

function turn(id: string, role: "user" | "assistant", text = "", more: Partial<Turn> = {}): Turn {
  return {
    id,
    parent: null,
    role,
    created_at: 1,
    parts: text === "" ? [] : [{ type: "text", text }],
    model: "fake",
    status: "completed",
    reason: null,
    error: null,
    usage: null,
    timings: null,
    run: null,
    siblings: [id],
    ...more,
  };
}

const running = (id: string, run: string, after = -1, text = ""): Turn =>
  turn(id, "assistant", text, { status: "running", run: { id: run, after } });

/** A server whose answer is written by the test. */
class Writing {
  body!: ReadableStreamDefaultController<Uint8Array>;
  asked: { method: string; path: string; body: Record<string, unknown> }[] = [];
  read: string[] = [];
  answers: Record<string, unknown> = {};
  #number = 0;

  constructor() {
    vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
      const path = url.replace(/^.*?\/(api|jimae)\//, "$1/");
      if (path === "api/status") return Response.json(STATUS);
      if (path.includes("/events")) {
        this.read.push(path);
        return new Response(new ReadableStream<Uint8Array>({ start: (one) => void (this.body = one) }));
      }
      const method = init.method ?? "GET";
      const body = typeof init.body === "string" ? JSON.parse(init.body) : {};
      this.asked.push({ method, path, body });
      const found = Object.entries(this.answers).find(([key]) => `${method} ${path}`.startsWith(key));
      if (found?.[1] === "lost") throw new TypeError("network");
      if (found !== undefined) return Response.json(await found[1]);
      if (path === "jimae/chats") return Response.json(ROW);
      const asked = { question: turn("q1", "user", "質問"), answer: running("a1", "run_1") };
      return Response.json(asked);
    });
  }

  async send(...events: object[]): Promise<void> {
    for (const event of events) {
      this.body.enqueue(bytes(`id: ${this.#number}\ndata: ${JSON.stringify(event)}\n\n`));
      this.#number += 1;
    }
    await settle();
  }
}

/** Let everything that was sent be read. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

const part = { type: "part", index: 0, part: { type: "text", text: "" } };
const delta = (text: string): object => ({ type: "delta", index: 0, text });
const last = (chat: Chat) => chat.messages.at(-1)!;

beforeEach(() => sessionStorage.clear());
afterEach(() => vi.unstubAllGlobals());

async function asking(text = "質問"): Promise<{ chat: Chat; server: Writing }> {
  const server = new Writing();
  const chat = new Chat();
  chat.write(text);
  await chat.send();
  await settle();
  return { chat, server };
}

test("an answer waits, streams and ends", async () => {
  const { chat, server } = await asking();
  expect(chat.draft).toBe("");
  expect(chat.messages.map((message) => message.id)).toEqual(["q1", "a1"]);
  await server.send({ type: "wait", wait: { kind: "queued", position: 2, seconds: null } });
  expect(last(chat).wait).toEqual({ kind: "queued", position: 2, seconds: null });
  await server.send(part, delta("東"));
  expect(last(chat).wait).toBeNull();
  expect(textOf(last(chat))).toBe("東");
  await server.send(delta("京"), { type: "end", turn: turn("a1", "assistant", "東京") });
  expect(textOf(last(chat))).toBe("東京");
  expect(chat.running).toBeNull();
});

test("what is sent twice is asked once: a lost request keeps its key", async () => {
  const server = new Writing();
  server.answers["POST jimae/chats/chat_1/ask"] = "lost";
  const chat = new Chat();
  chat.write("質問");
  await chat.send();
  expect(last(chat)).toMatchObject({ status: "failed", error: { code: "unreachable" } });
  server.answers = {};
  await chat.again();
  const [first, second] = server.asked.filter(({ path }) => path.endsWith("/ask"));
  expect(second!.body).toEqual(first!.body);
  expect(first!.body.key).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  expect(last(chat).status).toBe("running");
});

test("files go with the question", async () => {
  const server = new Writing();
  const chat = new Chat();
  await chat.send([{ name: "a.txt", text: "中身" }]);
  expect(server.asked.at(-1)!.body.content).toEqual([
    { type: "attachment", name: "a.txt", text: "中身" },
  ]);
});

test("a connection that was lost is read on where it broke", async () => {
  const { chat, server } = await asking();
  await server.send(part, delta("前"));
  server.body.close();
  await vi.waitFor(() => expect(server.read).toHaveLength(2), 3_000);
  expect(server.read).toEqual([
    "jimae/chats/chat_1/runs/run_1/events?after=-1",
    "jimae/chats/chat_1/runs/run_1/events?after=1",
  ]);
  await server.send(delta("後"));
  expect(textOf(last(chat))).toBe("前後");
});

test("a reload goes on from what the server tells", async () => {
  const server = new Writing();
  const turns = [turn("q1", "user", "質問"), running("a1", "run_1", 4, "途中")];
  server.answers["GET jimae/chats/chat_1?"] = { chat: ROW, head: "a1", turns, has_more: false };
  const chat = new Chat(ROW);
  await chat.sync();
  await settle();
  expect(server.read).toEqual(["jimae/chats/chat_1/runs/run_1/events?after=4"]);
  await server.send(delta("まで"));
  expect(textOf(last(chat))).toBe("途中まで");
  // Telling it again does not take back what came meanwhile.
  await chat.sync();
  expect(textOf(last(chat))).toBe("途中まで");
  expect(server.read).toHaveLength(1);
});

test("what was on its way before a question does not take the question back", async () => {
  const server = new Writing();
  const turns = [turn("q0", "user", "前の質問"), turn("a0", "assistant", "前の答え")];
  const opened = { chat: ROW, head: "a0", turns, has_more: false };
  const chat = new Chat(ROW);
  server.answers["GET jimae/chats/chat_1?"] = opened;
  await chat.sync();
  let tell: (value: unknown) => void = () => undefined;
  server.answers["GET jimae/chats/chat_1?"] = new Promise((resolve) => (tell = resolve));
  const reading = chat.sync();
  chat.write("質問");
  await chat.send();
  tell(opened);
  await reading;
  expect(chat.messages.map((message) => message.id)).toEqual(["q0", "a0", "q1", "a1"]);
  expect(chat.draft).toBe("");
});

test("what is read while an answer is being gone on with does not end it", async () => {
  const server = new Writing();
  const broken = turn("a0", "assistant", "途中", { status: "incomplete", reason: "length" });
  const turns = [turn("q0", "user", "質問"), broken];
  server.answers["GET jimae/chats/chat_1?"] = { chat: ROW, head: "a0", turns, has_more: false };
  const chat = new Chat(ROW);
  await chat.sync();
  let tell: (value: unknown) => void = () => undefined;
  server.answers["POST jimae/chats/chat_1/turns/a0/continue"] = new Promise(
    (resolve) => (tell = resolve),
  );
  const going = chat.goOn(last(chat));
  await chat.sync();
  expect(last(chat).status).toBe("running");
  tell({ answer: running("a0", "run_1", -1, "途中") });
  await going;
  await server.send(delta("まで"));
  expect(textOf(last(chat))).toBe("途中まで");
});

test("an answer that is told whole is not waited for any more", async () => {
  const { chat, server } = await asking();
  await server.send(part, delta("東"));
  const turns = [turn("q1", "user", "質問"), turn("a1", "assistant", "東京")];
  server.answers["GET jimae/chats/chat_1?"] = { chat: ROW, head: "a1", turns, has_more: false };
  await chat.sync();
  expect(textOf(last(chat))).toBe("東京");
  expect(chat.running).toBeNull();
});

test("an edited question stands beside the first one, with its files", async () => {
  const { chat, server } = await asking();
  await server.send(part, { type: "end", turn: turn("a1", "assistant", "答え") });
  chat.messages[0]!.parts.push({ type: "attachment", name: "a", text: "b" });
  await chat.edit(chat.messages[0]!, "直した");
  const { body } = server.asked.at(-1)!;
  expect(body.parent).toBeNull();
  expect(body.content).toEqual([
    { type: "text", text: "直した" },
    { type: "attachment", name: "a", text: "b" },
  ]);
  expect(chat.messages).toHaveLength(2);
});

test("another answer is asked of the question above", async () => {
  const { chat, server } = await asking();
  await server.send({ type: "end", turn: turn("a1", "assistant", "答え", { parent: "q1" }) });
  server.answers["POST jimae/chats/chat_1/turns/q1/answer"] = { answer: running("a2", "run_2") };
  await chat.again(last(chat));
  expect(chat.messages.map((message) => message.id)).toEqual(["q1", "a2"]);
});

test("only a cut answer with some text is gone on with", () => {
  const shown = (more: Partial<Turn>) => ({ ...turn("a", "assistant", "文", more), key: "a", wait: null });
  expect(canGoOn(shown({ status: "incomplete", reason: "length" }))).toBe(true);
  expect(canGoOn(shown({ status: "completed" }))).toBe(false);
  expect(canGoOn(shown({ status: "incomplete", parts: [{ type: "reasoning", text: "考" }] }))).toBe(false);
});

test("while an answer runs, what is written stays written, and is a draft of its chat", async () => {
  const { chat, server } = await asking();
  chat.write("次の質問");
  await chat.send();
  expect(chat.draft).toBe("次の質問");
  expect(loadDraft("chat_1")).toBe("次の質問");
  expect(server.asked.filter(({ path }) => path.endsWith("/ask"))).toHaveLength(1);
});

test("stop before the server knows the question is done when it does", async () => {
  const server = new Writing();
  const chat = new Chat();
  chat.write("質問");
  const sent = chat.send();
  chat.stop();
  await sent;
  await settle();
  expect(server.asked.at(-1)!.path).toBe("jimae/chats/chat_1/runs/run_1/stop");
});

test("blank text is not sent", async () => {
  const { chat, server } = await asking(" \n　");
  expect(chat.messages).toEqual([]);
  expect(server.asked).toEqual([]);
});
