// The official Node client against the server at JIMAE_URL, whose fake model answers as
// tests/fakes/node_server.py says.

import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI from "openai";

const client = new OpenAI({
  baseURL: `${process.env.JIMAE_URL}/v1`,
  apiKey: "unused",
  maxRetries: 0,
});
const model = "fake";
const say = (content) => [{ role: "user", content }];

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "ある都市の現在の天気を調べる",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
      additionalProperties: false,
    },
  },
};

test("models", async () => {
  const ids = [];
  for await (const found of client.models.list()) ids.push(found.id);
  assert.ok(ids.includes(model));
  assert.equal((await client.models.retrieve(model)).object, "model");
});

test("a chat", async () => {
  const answer = await client.chat.completions.create({
    model,
    messages: [{ role: "developer", content: "短く" }, ...say("こんにちは")],
    n: 2,
  });
  assert.deepEqual(
    answer.choices.map((choice) => choice.message.content),
    ["「こんにちは」", "「こんにちは」"],
  );
  assert.equal(answer.choices[0].finish_reason, "stop");
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
});

test("a chat as a stream, with what it used", async () => {
  const stream = await client.chat.completions.create({
    model,
    messages: say("東京"),
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let usage;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, "「東京」");
  assert.ok(usage.completion_tokens > 0);
});

test("the helper that gathers a stream", async () => {
  const runner = client.chat.completions.stream({ model, messages: say("東京"), logprobs: true });
  const deltas = [];
  runner.on("content", (delta) => deltas.push(delta));
  const answer = await runner.finalChatCompletion();
  assert.equal(deltas.join(""), "「東京」");
  assert.equal(answer.choices[0].message.content, "「東京」");
  const { content } = answer.choices[0].logprobs;
  assert.equal(Buffer.from(content.flatMap((token) => token.bytes)).toString(), "「東京」");
});

test("a tool is called, gets its result, and the model answers", async () => {
  const cities = [];
  const runner = client.chat.completions.runTools({
    model,
    messages: say("天気"),
    tools: [
      {
        type: "function",
        function: {
          ...weather.function,
          parse: JSON.parse,
          function: ({ city }) => {
            cities.push(city);
            return { weather: "晴れ" };
          },
        },
      },
    ],
  });
  assert.equal(await runner.finalContent(), '「{"weather":"晴れ"}」');
  assert.deepEqual(cities, ["東京"]);
});

test("calls side by side as a stream", async () => {
  const runner = client.chat.completions.stream({
    model,
    messages: say("天気 二つ"),
    tools: [weather],
    tool_choice: "required",
    parallel_tool_calls: true,
  });
  const answer = await runner.finalChatCompletion();
  const calls = answer.choices[0].message.tool_calls;
  assert.equal(answer.choices[0].finish_reason, "tool_calls");
  assert.deepEqual(
    calls.map((call) => JSON.parse(call.function.arguments)),
    [{ city: "東京" }, { city: "大阪" }],
  );
  assert.equal(new Set(calls.map((call) => call.id)).size, 2);
});

test("an answer in the form of a schema", async () => {
  const answer = await client.chat.completions.parse({
    model,
    messages: say("形"),
    response_format: {
      type: "json_schema",
      json_schema: { name: "city", strict: true, schema: weather.function.parameters },
    },
  });
  assert.deepEqual(JSON.parse(answer.choices[0].message.content), { city: "東京" });
});

test("completions", async () => {
  const whole = await client.completions.create({
    model,
    prompt: ["あ", "い"],
    echo: true,
    logprobs: 1,
  });
  assert.deepEqual(
    whole.choices.map((choice) => choice.text),
    ["あ「あ」", "い「い」"],
  );
  assert.equal(whole.choices[0].logprobs.token_logprobs.length, 4);
  const stream = await client.completions.create({ model, prompt: "あ", stream: true });
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0].text;
  assert.equal(text, "「あ」");
});

test("an error has its class, its code and its parameter", async () => {
  await assert.rejects(
    client.chat.completions.create({ model, messages: say("a"), temperature: 9 }),
    (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.code, "out_of_range");
      assert.equal(error.param, "temperature");
      return true;
    },
  );
  await assert.rejects(client.models.retrieve("nothing"), OpenAI.NotFoundError);
});

test("an error within a stream is thrown", async () => {
  const stream = await client.chat.completions.create({
    model,
    messages: say("こわれて"),
    stream: true,
  });
  await assert.rejects(async () => {
    for await (const chunk of stream) assert.ok(chunk);
  }, /ended unexpectedly/);
});

test("a response that is kept, and the one after it", async () => {
  const first = await client.responses.create({ model, input: "こんにちは" });
  assert.equal(first.status, "completed");
  assert.equal(first.output_text, "「こんにちは」");
  const second = await client.responses.create({
    model,
    input: "さようなら",
    previous_response_id: first.id,
  });
  assert.equal(second.output_text, "「さようなら」");
  assert.equal((await client.responses.retrieve(first.id)).output_text, "「こんにちは」");
});

test("a response as a stream", async () => {
  const stream = await client.responses.create({ model, input: "東京", stream: true });
  const types = [];
  let text = "";
  for await (const event of stream) {
    types.push(event.type);
    if (event.type === "response.output_text.delta") text += event.delta;
  }
  assert.equal(text, "「東京」");
  assert.equal(types[0], "response.created");
  assert.equal(types.at(-1), "response.completed");
});

test("vectors, which the client asks for in base64", async () => {
  const answer = await client.embeddings.create({ model, input: ["東京", "大阪"] });
  assert.deepEqual(
    answer.data.map((entry) => entry.embedding),
    [
      [0.5, -0.5],
      [0.5, -0.5],
    ],
  );
});
