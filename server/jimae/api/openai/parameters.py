"""Every parameter of OpenAI's endpoints to write, and what this server does with it."""

from __future__ import annotations

from typing import Final

from jimae.api.parameters import Parameter, harmless, one_of, ours, refused, works

_SHARED: Final[dict[str, Parameter]] = {
    "model": works("The id of a model that GET /v1/models lists."),
    "stream": works("Server-sent events while the answer is written."),
    "stream_options": works("`include_usage`; `include_obfuscation` only as false."),
    "temperature": works("0 to 2; the model's recommendation if unset."),
    "top_p": works("Above 0, to 1."),
    "n": works("1 to 8 answers from one prompt; with a seed, each has its own after it."),
    "presence_penalty": works("-2 to 2."),
    "frequency_penalty": works("-2 to 2."),
    "logit_bias": works("Token ids and -100 to 100."),
    "seed": works("Repeats while nothing else runs; exactly with `reproducible`."),
    "user": works("Whom the request is for: takes turns in the queue under this name."),
    "top_k": ours("0 or more; 0 turns it off."),
    "min_p": ours("0 to 1."),
    "repetition_penalty": ours("Above 0, to 10; 1 turns it off."),
    "ignore_eos": ours("Go on after the model would end, up to the most tokens."),
    "reproducible": ours("A seed repeats exactly: run alone, where the server allows it."),
    "priority": ours("`interactive`, or `batch`: after everybody who waits for an answer."),
    "structured_outputs": ours(
        "A form for the answer, as vLLM has it: exactly one of `json` (a schema), `json_object`, "
        "`regex`, `choice` (texts), `grammar` (Lark's notation, or llama.cpp's if it has `::=`)."
    ),
    "guided_json": refused("An older name of vLLM's.", instead="structured_outputs"),
    "guided_regex": refused("An older name of vLLM's.", instead="structured_outputs"),
    "guided_choice": refused("An older name of vLLM's.", instead="structured_outputs"),
    "guided_grammar": refused("An older name of vLLM's.", instead="structured_outputs"),
}

CHAT: Final[dict[str, Parameter]] = {
    **_SHARED,
    "stop": works(
        "A string, or up to 16 (OpenAI: 4). Looked for in the content: what a model thinks and "
        "calls does not end at one."
    ),
    "messages": works(
        "Roles system, developer, user, assistant, tool; text, and what an answer had: "
        "`tool_calls`, `refusal`, `reasoning_content`. Every call needs its result."
    ),
    "max_tokens": works("At least 1; unset: until the model stops or the context is full."),
    "max_completion_tokens": works("The newer name of `max_tokens`."),
    "tools": works(
        "Functions. With `strict` the arguments keep to the schema also where the model chooses "
        "to call by itself; where a call is required they always do."
    ),
    "tool_choice": works(
        "`none`, `auto`, `required`, a function, or `allowed_tools`: then only these are shown."
    ),
    "parallel_tool_calls": works("With false, at most one call."),
    "response_format": works(
        "`text`, `json_object`, `json_schema`. A schema holds with and without `strict`; one that "
        "cannot be enforced is refused, and the keyword named."
    ),
    "logprobs": works(
        "Of each token of the content; those of reasoning, marks and calls are left out. Of the "
        "model's own distribution, before temperature and penalties."
    ),
    "top_logprobs": works("0 to 20, with `logprobs`."),
    "prediction": works("Makes an answer faster where it repeats this text; changes nothing else."),
    "reasoning_effort": works(
        "Reaches models whose template knows it; `none` turns thinking off where that is "
        "possible, `max` is `xhigh`. Other models answer as ever."
    ),
    "service_tier": works("`auto` or `default`: there is one tier."),
    "continue_final_message": ours("Go on from the last message, of role assistant."),
    "metadata": harmless("Chats are not stored, so there is nothing to label."),
    "safety_identifier": harmless("Nothing is reported to anybody."),
    "prompt_cache_key": harmless("Prompts that begin alike share memory without it."),
    "prompt_cache_options": harmless("Prompts that begin alike share memory without it."),
    "prompt_cache_retention": harmless("Prompts that begin alike share memory without it."),
    "store": refused("Chats are not stored; /v1/responses stores.", one_of(False)),
    "functions": refused("The form before tools.", one_of([]), instead="tools"),
    "function_call": refused("The form before tools.", one_of("none"), instead="tool_choice"),
    "modalities": refused("Answers are text.", lambda value: value == ["text"]),
    "audio": refused("Answers are text."),
    "verbosity": refused("Length is not steered by name.", one_of("medium")),
    "web_search_options": refused("Nothing leaves this machine."),
    "moderation": refused("There is no moderation model."),
    "chat_template_kwargs": refused("Of vLLM's.", one_of({}), instead="reasoning_effort"),
}

COMPLETIONS: Final[dict[str, Parameter]] = {
    **_SHARED,
    "stop": works("A string, or up to 16 (OpenAI: 4). Looked for in all that the model writes."),
    "prompt": works("A text, an array of token ids, or an array of up to 1,024 of either."),
    "max_tokens": works("At least 1; 16 if unset, as OpenAI has it; 0 with `echo`."),
    "echo": works("The prompt before the answer; with `logprobs`, with its probabilities."),
    "logprobs": works(
        "0 to 20. A token that is no whole character is `bytes:\\xe3\\x81`; of two tokens with one "
        "text the less likely is `token_id:123`."
    ),
    "suffix": works(
        "The text behind the gap to fill, with models that were trained to; not with token ids."
    ),
    "best_of": refused("Several answers, of which the server picks.", one_of(1), instead="n"),
}
