"""The official client's own types as judges of what is sent: its normal parsing does not check."""

from __future__ import annotations

import json
from typing import Any

from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import TypeAdapter


def judged(kind: Any, body: object) -> Any:
    """The body as the client's type has it. Raises ValidationError for what does not fit, a
    number in place of a text included."""
    return TypeAdapter(kind).validate_json(json.dumps(body), strict=True)


def chat(body: object) -> ChatCompletion:
    return judged(ChatCompletion, body)


def chat_chunks(stream: str) -> list[ChatCompletionChunk]:
    return [judged(ChatCompletionChunk, body) for body in bodies(stream)]


def completion(body: dict[str, Any]) -> Completion:
    """OpenAI sends null where its types have none: the probability of a prompt's first token,
    and how an answer ends before it does."""
    body = json.loads(json.dumps(body))
    for choice in body["choices"]:
        choice["finish_reason"] = choice["finish_reason"] or "stop"
        for name in ("token_logprobs", "top_logprobs"):
            values = (choice["logprobs"] or {}).get(name, [])
            filling = 0.0 if name == "token_logprobs" else {}
            values[:] = [filling if value is None else value for value in values]
    return judged(Completion, body)


def bodies(stream: str) -> list[dict[str, Any]]:
    """The JSON of each event of a stream that ended well."""
    lines = [line[6:] for line in stream.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]", lines[-1]
    return [json.loads(line) for line in lines[:-1]]
