import { afterEach, expect, test, vi } from "vitest";
import { ApiError } from "../../src/lib/api";
import { complete, eventsOf, parseWait, type CompletionEvent } from "../../src/lib/completions";
import { bodyOf, bytes, chunk } from "../streams";

afterEach(() => vi.unstubAllGlobals());

const ASK = { model: "m", messages: [{ role: "user" as const, content: "日本の首都は?" }] };

async function ask(response: Response): Promise<CompletionEvent[]> {
  vi.stubGlobal("fetch", vi.fn(async () => response));
  const events: CompletionEvent[] = [];
  for await (const event of complete(ASK, "ja", new AbortController().signal)) events.push(event);
  return events;
}

test("waiting, text, finish and usage are told", async () => {
  const stream =
    ": queued position=2 seconds=12\n\n: loading seconds=3\n\n: prefill done=5 total=9\n\n: ping\n\n" +
    chunk({ role: "assistant", content: "" }) +
    chunk({ content: "東京" }) +
    chunk({}, { finish_reason: "stop" }) +
    'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}\n\n' +
    "data: [DONE]\n\n";
  expect(await ask(new Response(bodyOf(bytes(stream))))).toEqual([
    { kind: "wait", wait: { kind: "queued", position: 2, seconds: 12 } },
    { kind: "wait", wait: { kind: "loading" } },
    { kind: "wait", wait: { kind: "prefill", done: 5, total: 9 } },
    { kind: "text", text: "東京" },
    { kind: "finish", reason: "stop" },
    { kind: "usage", usage: { promptTokens: 9, completionTokens: 2 } },
  ]);
  const [url, init] = vi.mocked(fetch).mock.calls[0]!;
  expect(String(url)).toBe(new URL("v1/chat/completions", document.baseURI).href);
  expect(new Headers(init!.headers).get("Accept-Language")).toBe("ja");
  expect(JSON.parse(init!.body as string)).toEqual({
    ...ASK,
    stream: true,
    stream_options: { include_usage: true },
  });
});

test("an error in the middle is thrown after what came before it", async () => {
  const stream = chunk({ content: "途中" }) + 'data: {"error":{"code":"worker_died","message":"終了しました"}}\n\n';
  vi.stubGlobal("fetch", async () => new Response(bodyOf(bytes(stream))));
  const seen: CompletionEvent[] = [];
  const run = async (): Promise<void> => {
    for await (const event of complete(ASK, "ja", new AbortController().signal)) seen.push(event);
  };
  await expect(run()).rejects.toMatchObject({ code: "worker_died", message: "終了しました" });
  expect(seen).toEqual([{ kind: "text", text: "途中" }]);
});

test("a stream without its end is a lost connection", async () => {
  await expect(ask(new Response(bodyOf(bytes(chunk({ content: "途中" })))))).rejects.toMatchObject({
    code: "connection_lost",
  });
});

test("a refused request carries the server's own words", async () => {
  const body = { error: { message: "長すぎます", type: "invalid_request_error", code: "context_length_exceeded" } };
  await expect(ask(Response.json(body, { status: 400 }))).rejects.toMatchObject({
    code: "context_length_exceeded",
    message: "長すぎます",
    status: 400,
  });
});

test("a gateway's own error page means that the server is away", async () => {
  const failed = await ask(new Response("<html>", { status: 502 })).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(ApiError);
  expect((failed as ApiError).unreachable).toBe(true);
});

test("a network that is gone means that the server is away", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  const run = complete(ASK, "ja", new AbortController().signal).next();
  await expect(run).rejects.toMatchObject({ code: "unreachable" });
});

test("an abort stays an abort", async () => {
  const abort = new AbortController();
  abort.abort();
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => Promise.reject(init.signal!.reason));
  await expect(complete(ASK, "ja", abort.signal).next()).rejects.toMatchObject({ name: "AbortError" });
});

test.each(["ping", "", "queued", "queued position=x", "prefill done=3", "other a=1"])(
  "the comment %j says nothing",
  (comment) => expect(parseWait(comment)).toBeNull(),
);

test("an estimate may be missing", () => {
  expect(parseWait("queued position=1")).toEqual({ kind: "queued", position: 1, seconds: null });
});

test("choices without content are passed over", () => {
  expect(eventsOf({ kind: "data", data: '{"choices":[{"delta":{}}]}' })).toEqual([]);
});
