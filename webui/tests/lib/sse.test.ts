import { expect, test } from "vitest";
import { readSse, type SseItem } from "../../src/lib/sse";
import { bodyOf, bytes } from "../streams";

const STREAM =
  ": queued position=2 seconds=12\n\n" +
  'data: {"text":"東京🗼です"}\r\n\r\n' +
  ": prefill done=512 total=2050\n\n" +
  "data: 一行目\ndata: 二行目\n\n" +
  "data: [DONE]\n\n";

const ITEMS: SseItem[] = [
  { kind: "comment", text: "queued position=2 seconds=12" },
  { kind: "data", data: '{"text":"東京🗼です"}' },
  { kind: "comment", text: "prefill done=512 total=2050" },
  { kind: "data", data: "一行目\n二行目" },
  { kind: "data", data: "[DONE]" },
];

async function read(body: ReadableStream<Uint8Array>): Promise<SseItem[]> {
  const items: SseItem[] = [];
  for await (const item of readSse(body)) items.push(item);
  return items;
}

test("events and comments come in their order", async () => {
  expect(await read(bodyOf(bytes(STREAM)))).toEqual(ITEMS);
});

test("a split at any byte changes nothing", async () => {
  const all = bytes(STREAM);
  for (let at = 0; at <= all.length; at += 1) {
    expect(await read(bodyOf(all.slice(0, at), all.slice(at))), `split at ${at}`).toEqual(ITEMS);
  }
});

test("byte by byte changes nothing", async () => {
  expect(await read(bodyOf(...Array.from(bytes(STREAM), (byte) => Uint8Array.of(byte))))).toEqual(ITEMS);
});

test("leaving early cancels the body", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bytes("data: 1\n\n")),
    cancel: () => void (cancelled = true),
  });
  for await (const item of readSse(body)) {
    expect(item).toEqual({ kind: "data", data: "1" });
    break;
  }
  expect(cancelled).toBe(true);
});
