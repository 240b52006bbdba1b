"""From a completion request to what is asked of a model, once for each of its prompts."""

from __future__ import annotations

from typing import Final

from jimae.api.openai.completions.schema import MAX_PROMPTS, CompletionRequest
from jimae.api.openai.convert import common, read
from jimae.api.openai.parameters import COMPLETIONS
from jimae.api.parameters import conflict, shown
from jimae.api.text import checked
from jimae.errors import JimaeError
from jimae.service.chat import Ask
from jimae.types import InfillPrompt, Outputs, Prompt, TextPrompt, TokenPrompt

# What OpenAI's older endpoint writes when nobody says how much.
COMPLETION_TOKENS: Final = 16


def completion_request(body: dict[str, object]) -> CompletionRequest:
    """Validate a completion request. Raises a JimaeError of status 400."""
    _check_number(body.get("prompt"))
    request = read(body, COMPLETIONS, CompletionRequest)
    if request.max_tokens == 0 and not request.echo:
        raise JimaeError(
            "out_of_range", param="max_tokens", name="max_tokens", value=0, limit="≥ 1 (0: echo)"
        )
    if request.suffix and request.echo:
        raise conflict("suffix", request.suffix, "echo", True)
    return request


def _check_number(prompts: object) -> None:
    """Refuse too many prompts as such, before each looks like a wrong token id."""
    if isinstance(prompts, list) and len(prompts) > MAX_PROMPTS and not isinstance(prompts[0], int):
        raise JimaeError(
            "wrong_length",
            param="prompt",
            name="prompt",
            value=len(prompts),
            limit=f"≤ {MAX_PROMPTS}",
        )


def completion_asks(request: CompletionRequest) -> list[Ask]:
    """One for each prompt. Raises a JimaeError of status 400."""
    fields = common(request)
    # Nothing is written after a prompt that is only judged.
    writes = request.max_tokens != 0
    return [
        Ask(
            **fields,
            prompt=prompt,
            max_tokens=request.max_tokens or COMPLETION_TOKENS if writes else None,
            outputs=Outputs(
                next_token=writes,
                logprobs=request.logprobs if writes else None,
                prompt_logprobs=request.logprobs if request.echo else None,
            ),
        )
        for prompt in _prompts(request)
    ]


def _prompts(request: CompletionRequest) -> list[Prompt]:
    prompt = request.prompt
    if isinstance(prompt, str):
        return [_prompt(prompt, request.suffix, "prompt")]
    if tokens := [token for token in prompt if isinstance(token, int)]:
        return [_prompt(tokens, request.suffix, "prompt")]
    several = [one for one in prompt if isinstance(one, str | list)]
    return [_prompt(one, request.suffix, f"prompt.{index}") for index, one in enumerate(several)]


def _prompt(prompt: str | list[int], suffix: str, path: str) -> Prompt:
    if isinstance(prompt, str):
        text = checked(prompt, path)
        return InfillPrompt(text, checked(suffix, "suffix")) if suffix else TextPrompt(text)
    if suffix:
        raise conflict("suffix", suffix, path, shown(prompt))
    return TokenPrompt(tuple(prompt))
