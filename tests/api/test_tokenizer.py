"""Tokens over HTTP, as evaluation harnesses ask for them."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from fakes.backend import Backends, FakeBackend
from fakes.weather import TOOL
from jimae.types import ChatPrompt, ModelInfo, Prompt, TextPrompt

USER = [{"role": "user", "content": "東京は?"}]
SAID = [*USER, {"role": "assistant", "content": "首都"}]


class Beginning(FakeBackend):
    """A model that wants every text to begin with a `^`."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.asked: list[Prompt] = []

    @property
    def info(self) -> ModelInfo | None:
        info = super().info
        return info and msgspec.structs.replace(info, bos="^", eos="$", template="{{ messages }}")

    async def tokens_of(self, prompt: Prompt) -> tuple[int, ...]:
        self.asked.append(prompt)
        beginning = (ord("^"),) if isinstance(prompt, TextPrompt) else ()
        return beginning + await super().tokens_of(prompt)


@pytest.fixture(autouse=True)
def beginning(backends: Backends) -> Beginning:
    made = backends.made["fake"] = Beginning("fake")
    return made


async def test_what_a_remote_tokenizer_asks(client: httpx.AsyncClient) -> None:
    """The calls of lm-eval's RemoteTokenizer, which names no model."""
    info = (await client.get("/tokenizer_info")).json()
    assert (
        info
        | {
            "bos_token": "^",
            "eos_token": "$",
            "chat_template": "{{ messages }}",
            "model_max_length": 4096,
        }
        == info
    )
    asked = {"prompt": "東京", "add_special_tokens": False}
    tokens = (await client.post("/tokenize", json=asked)).json()["tokens"]
    assert tokens == [ord("東"), ord("京")]
    text = (await client.post("/detokenize", json={"tokens": tokens})).json()
    assert text == {"prompt": "東京"}


async def test_a_text_begins_as_the_model_wants_it(client: httpx.AsyncClient) -> None:
    asked = {"prompt": "東", "model": "fake", "return_token_strs": True}
    assert (await client.post("/tokenize", json=asked)).json() == {
        "count": 2,
        "max_model_len": 4096,
        "tokens": [ord("^"), ord("東")],
        "token_strs": ["^", "東"],
    }


@pytest.mark.parametrize(
    ("messages", "asked", "opened", "continued"),
    [
        (USER, {}, True, False),
        (USER, {"add_generation_prompt": False}, False, False),
        (SAID, {"continue_final_message": True, "add_generation_prompt": False}, False, True),
    ],
)
async def test_the_tokens_of_a_conversation(
    client: httpx.AsyncClient,
    beginning: Beginning,
    messages: list[dict[str, str]],
    asked: dict[str, object],
    opened: bool,
    continued: bool,
) -> None:
    body = {"messages": messages, "tools": [TOOL], "return_token_strs": True, **asked}
    response = await client.post("/tokenize", json=body)
    text = "".join(message["content"] for message in messages)
    assert response.json() == {
        "count": len(text),
        "max_model_len": 4096,
        "tokens": [ord(character) for character in text],
        "token_strs": list(text),
    }
    (prompt,) = beginning.asked
    assert isinstance(prompt, ChatPrompt)
    assert (prompt.opened, prompt.continue_last) == (opened, continued)
    assert [tool.name for tool in prompt.tools] == ["get_weather"]


async def test_another_model_is_asked_by_name(client: httpx.AsyncClient) -> None:
    asked = {"prompt": "東", "model": "other"}
    assert (await client.post("/tokenize", json=asked)).json()["tokens"] == [ord("東")]
    assert (await client.get("/tokenizer_info?model=other")).json()["bos_token"] is None


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/tokenize", {"prompt": "a", "model": "x"}, 404, "model_not_found"),
        ("/tokenize", {"messages": []}, 400, "wrong_length"),
        ("/tokenize", {"messages": USER, "prompt": "a"}, 400, "conflicting_parameters"),
        ("/tokenize", {"messages": USER, "add_special_tokens": True}, 400, "unsupported_parameter"),
        ("/tokenize", {"messages": USER, "continue_final_message": True}, 400, "wrong_role"),
        (
            "/tokenize",
            {"messages": SAID, "continue_final_message": True, "add_generation_prompt": True},
            400,
            "conflicting_parameters",
        ),
        ("/tokenize", {"messages": [{"role": "x"}]}, 400, "invalid_choice"),
        ("/tokenize", {"prompt": "a", "tools": [TOOL]}, 400, "conflicting_parameters"),
        (
            "/tokenize",
            {"prompt": "a", "continue_final_message": True},
            400,
            "conflicting_parameters",
        ),
        (
            "/tokenize",
            {"messages": USER, "chat_template": "{{ messages }}"},
            400,
            "unsupported_parameter",
        ),
        ("/tokenize", {"prompt": 1}, 400, "wrong_type"),
        ("/tokenize", {"prompt": "a\0"}, 400, "invalid_text"),
        ("/tokenize", {}, 400, "missing_parameter"),
        ("/detokenize", {"tokens": [-1]}, 400, "out_of_range"),
        ("/detokenize", {"tokens": "a"}, 400, "wrong_type"),
    ],
)
async def test_what_is_refused(
    client: httpx.AsyncClient, path: str, body: dict[str, object], status: int, code: str
) -> None:
    response = await client.post(path, json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
