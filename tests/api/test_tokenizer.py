"""Tokens over HTTP, as evaluation harnesses ask for them."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from fakes.backend import Backends, FakeBackend
from jimae.types import ModelInfo, Prompt, TextPrompt


class Beginning(FakeBackend):
    """A model that wants every text to begin with a `^`."""

    @property
    def info(self) -> ModelInfo | None:
        info = super().info
        return info and msgspec.structs.replace(info, bos="^", eos="$", template="{{ messages }}")

    async def count_tokens(self, prompt: Prompt) -> int:
        return await super().count_tokens(prompt) + isinstance(prompt, TextPrompt)


@pytest.fixture(autouse=True)
def beginning(backends: Backends) -> None:
    backends.made["fake"] = Beginning("fake")


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


async def test_another_model_is_asked_by_name(client: httpx.AsyncClient) -> None:
    asked = {"prompt": "東", "model": "other"}
    assert (await client.post("/tokenize", json=asked)).json()["tokens"] == [ord("東")]
    assert (await client.get("/tokenizer_info?model=other")).json()["bos_token"] is None


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/tokenize", {"prompt": "a", "model": "x"}, 404, "model_not_found"),
        ("/tokenize", {"messages": []}, 400, "unsupported_parameter"),
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
