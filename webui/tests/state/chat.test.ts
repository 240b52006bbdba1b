import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Chat } from "../../src/state/chat.svelte";
import { loadChat, loadDraft } from "../../src/lib/storage";
import type { Answer } from "../../src/lib/types";
import { bytes, chunk } from "../streams";

const STATUS = { version: "1", mode: "single-user", models: [], queue: { running: 0, waiting: 0 } };

/** A server whose answer is written by the test. */
class Writing {
  body!: ReadableStreamDefaultController<Uint8Array>;
  asked: { messages: unknown[] }[] = [];

  constructor() {
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      if (url.endsWith("api/status")) return Response.json(STATUS);
      this.asked.push(JSON.parse(init.body as string));
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.body = controller) });
      init.signal!.addEventListener("abort", () =>
        this.body.error(Object.assign(new Error("aborted"), { name: "AbortError" })),
      );
      return new Response(body);
    });
  }

  async send(text: string): Promise<void> {
    this.body.enqueue(bytes(text));
    await settle();
  }
}

/** Let everything that was sent be read. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

const END = chunk({}, { finish_reason: "stop" }) + "data: [DONE]\n\n";

beforeEach(() => sessionStorage.clear());
afterEach(() => vi.unstubAllGlobals());

async function asking(text = "質問"): Promise<{ chat: Chat; server: Writing; sent: Promise<void> }> {
  const server = new Writing();
  const chat = Chat.empty();
  chat.write(text);
  const sent = chat.send();
  await settle();
  return { chat, server, sent };
}

const last = (chat: Chat): Answer => chat.messages.at(-1) as Answer;

test("an answer waits, streams and ends", async () => {
  const { chat, server, sent } = await asking();
  expect(chat.draft).toBe("");
  expect(last(chat)).toMatchObject({ state: "waiting", wait: { kind: "sent" } });
  await server.send(": queued position=2\n\n");
  expect(last(chat).wait).toEqual({ kind: "queued", position: 2, seconds: null });
  await server.send(chunk({ content: "東" }));
  expect(last(chat)).toMatchObject({ state: "streaming", text: "東", wait: null });
  await server.send(chunk({ content: "京" }) + END);
  await sent;
  expect(last(chat)).toMatchObject({ state: "done", text: "東京", finish: "stop" });
  expect(chat.running).toBeNull();
});

test("stop keeps what came", async () => {
  const { chat, server, sent } = await asking();
  await server.send(chunk({ content: "途中" }));
  chat.stop();
  await sent;
  expect(last(chat)).toMatchObject({ state: "stopped", text: "途中", failure: null });
});

test("an error keeps what came, and again asks the same question", async () => {
  const { chat, server, sent } = await asking();
  await server.send(chunk({ content: "途中" }) + 'data: {"error":{"code":"worker_died","message":"終了"}}\n\n');
  await sent;
  expect(last(chat)).toMatchObject({ state: "failed", text: "途中", failure: { message: "終了" } });
  const again = chat.again();
  await settle();
  expect(server.asked[1]).toEqual(server.asked[0]);
  await server.send(chunk({ content: "全部" }) + END);
  await again;
  expect(chat.messages.map((message) => message.text)).toEqual(["質問", "全部"]);
});

test("a question that was stopped before its answer joins the next one", async () => {
  const { chat, server, sent } = await asking("一つ目");
  chat.stop();
  await sent;
  chat.write("二つ目");
  const next = chat.send();
  await settle();
  expect(server.asked[1]!.messages).toEqual([{ role: "user", content: "一つ目\n\n二つ目" }]);
  await server.send(END);
  await next;
});

test("while an answer runs, what is written stays written", async () => {
  const { chat, server, sent } = await asking();
  chat.write("次の質問");
  await chat.send();
  expect(chat.draft).toBe("次の質問");
  expect(server.asked).toHaveLength(1);
  await server.send(END);
  await sent;
});

test("a reload in the middle keeps the question, the text so far and the draft", async () => {
  const { chat, server, sent } = await asking();
  await server.send(chunk({ content: "途中" }));
  chat.write("下書き");
  chat.keep();
  const reloaded = new Chat(loadChat(chat.id)!, loadDraft(chat.id));
  expect(reloaded.messages.map((message) => message.text)).toEqual(["質問", "途中"]);
  expect(last(reloaded).state).toBe("cut");
  expect(reloaded.draft).toBe("下書き");
  await server.send(END);
  await sent;
});

test("a forgotten chat leaves nothing behind, even when its answer ends later", async () => {
  const { chat, sent } = await asking();
  chat.forget();
  await sent;
  expect(Object.keys(sessionStorage)).toEqual([]);
});

test("blank text is not sent", async () => {
  const { chat, server } = await asking(" \n　");
  expect(chat.messages).toEqual([]);
  expect(server.asked).toEqual([]);
});

test("a title is the first line, cut between characters", async () => {
  const { chat, server, sent } = await asking("🗼".repeat(40) + "\n二行目");
  expect(chat.title).toBe("🗼".repeat(28) + "…");
  await server.send(END);
  await sent;
});

test("a browser that keeps nothing is told of, and the chat goes on", async () => {
  const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  const { chat, server, sent } = await asking();
  expect(chat.kept).toBe(false);
  await server.send(chunk({ content: "答え" }) + END);
  await sent;
  expect(last(chat).text).toBe("答え");
  full.mockRestore();
});
