import { beforeEach, expect, test } from "vitest";
import { Conversations } from "../../src/state/conversations.svelte";

beforeEach(() => sessionStorage.clear());

function withQuestion(conversations: Conversations, text: string): void {
  const chat = conversations.current;
  chat.messages.push({ id: text, role: "user", text });
  chat.keep();
}

test("chats, their order and the open one survive a reload", () => {
  const before = new Conversations();
  withQuestion(before, "一つ目");
  before.create();
  withQuestion(before, "二つ目");
  before.open(before.list[1]!);
  before.current.write("下書き");
  const after = new Conversations();
  expect(after.list.map((chat) => chat.title)).toEqual(["二つ目", "一つ目"]);
  expect(after.current.title).toBe("一つ目");
  expect(after.current.draft).toBe("下書き");
});

test("a new chat uses an empty one that is there", () => {
  const conversations = new Conversations();
  conversations.create();
  conversations.create();
  expect(conversations.list).toHaveLength(1);
});

test("removing the open chat opens another", () => {
  const conversations = new Conversations();
  withQuestion(conversations, "一つ目");
  conversations.create();
  withQuestion(conversations, "二つ目");
  conversations.remove(conversations.current);
  expect(conversations.current.title).toBe("一つ目");
  conversations.remove(conversations.current);
  expect(conversations.current.messages).toEqual([]);
  expect(new Conversations().list).toHaveLength(1);
});

test("a storage with nonsense in it is started over", () => {
  sessionStorage.setItem("jimae.chats", "{nonsense");
  expect(new Conversations().list).toHaveLength(1);
});
