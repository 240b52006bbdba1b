"""Every parameter of OpenAI's endpoints, and what this server does with it."""

from __future__ import annotations

from typing import Final

from jimae.api.parameters import Parameter, harmless, one_of, ours, refused, works

_SHARED: Final[dict[str, Parameter]] = {
    "model": works("The id of a model that GET /v1/models lists."),
    "stream": works("Server-sent events while the answer is written."),
    "stream_options": works("include_usage; include_obfuscation only as false."),
    "temperature": works("0 to 2; the model's recommendation if unset."),
    "top_p": works("Above 0, to 1."),
    "n": works("1 to 8 answers from one prompt; with a seed, each has its own after it."),
    "stop": works("A string, or up to 4."),
    "max_tokens": works("At least 1; unset: until the model stops or the context is full."),
    "presence_penalty": works("-2 to 2."),
    "frequency_penalty": works("-2 to 2."),
    "logit_bias": works("Token ids and -100 to 100."),
    "seed": works("Repeats while nothing else runs; exactly with reproducible."),
    "user": works("Whom the request is for: takes turns in the queue under this name."),
    "top_k": ours("0 or more; 0 turns it off."),
    "min_p": ours("0 to 1."),
    "repetition_penalty": ours("Above 0, to 10; 1 turns it off."),
    "ignore_eos": ours("Go on after the model would end, up to max_tokens."),
    "reproducible": ours("A seed repeats exactly: run alone, where the server allows it."),
    "priority": ours("interactive, or batch: after everybody who waits for an answer."),
}

CHAT: Final[dict[str, Parameter]] = {
    **_SHARED,
    "messages": works("Roles system, developer, user, assistant, tool; text only."),
    "max_completion_tokens": works("The newer name of max_tokens."),
    "response_format": refused(
        "Only {'type': 'text'}; structured output is not there yet.",
        lambda value: value == {"type": "text"},
    ),
    "metadata": harmless("Nothing is stored, so there is nothing to label."),
    "safety_identifier": harmless("Nothing is reported to anybody."),
    "prompt_cache_key": harmless("Prompts that begin alike share memory without it."),
    "prompt_cache_options": harmless("Prompts that begin alike share memory without it."),
    "prompt_cache_retention": harmless("Prompts that begin alike share memory without it."),
    "service_tier": refused("There is one tier.", one_of("auto", "default")),
    "store": refused("Nothing is stored.", one_of(False)),
    "parallel_tool_calls": harmless("Says nothing while there are no tools."),
    "tools": refused("Tools are not there yet.", one_of([])),
    "tool_choice": refused("Tools are not there yet.", one_of("none")),
    "functions": refused("Tools are not there yet.", one_of([])),
    "function_call": refused("Tools are not there yet.", one_of("none")),
    "logprobs": refused("Probabilities are not there yet.", one_of(False)),
    "top_logprobs": refused("Probabilities are not there yet.", one_of(0)),
    "modalities": refused("Answers are text.", lambda value: value == ["text"]),
    "audio": refused("Answers are text."),
    "prediction": refused("Predicted output is not there."),
    "reasoning_effort": refused("This server does not steer reasoning yet."),
    "verbosity": refused("This server does not steer length by name.", one_of("medium")),
    "web_search_options": refused("Nothing leaves this machine."),
    "moderation": refused("There is no moderation model."),
}

COMPLETIONS: Final[dict[str, Parameter]] = {
    **_SHARED,
    "max_tokens": works("At least 1; 16 if unset, as OpenAI has it."),
    "prompt": works("One text, or one array of token ids."),
    "best_of": refused("Use n.", one_of(1)),
    "echo": refused("The prompt is not repeated yet.", one_of(False)),
    "logprobs": refused("Probabilities are not there yet."),
    "suffix": refused("Filling in the middle is not there yet.", one_of("")),
}
