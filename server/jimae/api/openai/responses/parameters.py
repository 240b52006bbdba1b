"""Every parameter of Responses and Conversations, and what this server does with it."""

from __future__ import annotations

from typing import Final

from jimae.api.parameters import Endpoint, Parameter, harmless, one_of, ours, refused, works

_CACHE_OPTIONS: Final = frozenset(("comparison_response_id", "mode", "prewarm", "ttl"))


def _not_prewarming(value: object) -> bool:
    return isinstance(value, dict) and value.keys() <= _CACHE_OPTIONS and not value.get("prewarm")


def _only_a_window(value: object) -> bool:
    return isinstance(value, dict) and value.keys() <= {"completion_window"}


RESPONSES: Final[dict[str, Parameter]] = {
    "model": works("The id of a model that GET /v1/models lists."),
    "input": works(
        "A string or items: messages, function_call, function_call_output, reasoning, "
        "item_reference; text only."
    ),
    "instructions": works("The first message; not carried over to the next response."),
    "previous_response_id": works("Go on from a stored response."),
    "conversation": works("Go on from a conversation and add to it; one response at a time."),
    "store": works("True unless told otherwise; false keeps nothing."),
    "background": works("Written by the server whoever reads; needs store."),
    "stream": works("Every event, numbered; of a background response they can be read again."),
    "stream_options": works("include_obfuscation only as false."),
    "tools": works("Functions. Tools that OpenAI runs itself are refused by their name."),
    "tool_choice": works("none, auto, required, one function, or allowed_tools."),
    "parallel_tool_calls": works("False: at most one call."),
    "text": works("format: text, json_object, json_schema; verbosity only as medium."),
    "reasoning": works("effort, for models that know it; summary only as auto."),
    "max_output_tokens": works("At least 1; unset: until the model stops or the context is full."),
    "temperature": works("0 to 2; the model's recommendation if unset."),
    "top_p": works("Above 0, to 1."),
    "top_logprobs": works("0 to 20 alternatives for each token of the text."),
    "include": works(
        "message.output_text.logprobs; reasoning.encrypted_content asks for nothing here, since "
        "reasoning is in its item; what belongs to OpenAI's tools is refused."
    ),
    "metadata": works("Up to 16 pairs, kept with the response."),
    "user": works("Whom the request is for: takes turns in the queue under this name."),
    "messages": refused("Of chats.", instead="input"),
    "response_format": refused("Of chats; here it is the `format` of `text`.", instead="text"),
    "max_tokens": refused("Of chats.", instead="max_output_tokens"),
    "max_completion_tokens": refused("Of chats.", instead="max_output_tokens"),
    "reasoning_effort": refused("Of chats; here it is in `reasoning`.", instead="reasoning"),
    "truncation": refused("Nothing is cut silently.", one_of("disabled")),
    "max_tool_calls": harmless("Limits only tools that OpenAI runs itself."),
    "safety_identifier": harmless("Nothing is reported to anybody."),
    "prompt_cache_key": harmless("Prompts that begin alike share memory without it."),
    "prompt_cache_retention": harmless("Prompts that begin alike share memory without it."),
    "prompt_cache_options": refused(
        "Prompts that begin alike share memory without it; prewarm is refused.", _not_prewarming
    ),
    "background_options": refused("Runs begin at once.", _only_a_window),
    "image": harmless("There are no images to compress."),
    "service_tier": refused("There is one tier.", one_of("auto", "default")),
    "prompt": refused("There are no stored prompts."),
    "context_management": refused("Nothing is compacted silently.", one_of([])),
    "moderation": refused("There is no moderation model."),
    "verbosity": refused("Length is not steered by name.", one_of("medium")),
    "access_programs": refused("There are no such programs."),
    "top_k": ours("0 or more; 0 turns it off."),
    "min_p": ours("0 to 1."),
    "repetition_penalty": ours("Above 0, to 10; 1 turns it off."),
    "seed": ours("Repeats while nothing else runs; exactly with reproducible."),
    "reproducible": ours("A seed repeats exactly: run alone, where the server allows it."),
    "priority": ours("interactive, or batch: after everybody who waits for an answer."),
}

INPUT_TOKENS: Final[dict[str, Parameter]] = {
    **RESPONSES,
    "personality": refused("There are no styles by name; write it into the instructions."),
}

CONVERSATIONS: Final[dict[str, Parameter]] = {
    "items": works("Up to 20 items, as the input of a response."),
    "metadata": works("Up to 16 pairs."),
}

CONVERSATION_UPDATE: Final[dict[str, Parameter]] = {
    "metadata": works("Up to 16 pairs, in place of those before."),
}

CONVERSATION_ITEMS: Final[dict[str, Parameter]] = {
    "items": works("1 to 20 items, as the input of a response."),
}

_INCLUDE: Final[dict[str, Parameter]] = {
    "include": works("Asks for nothing here but names; OpenAI's tools are refused."),
}

RETRIEVE: Final[dict[str, Parameter]] = {
    **_INCLUDE,
    "stream": works("The events of a background response, until 10 minutes after its end."),
    "starting_after": works("Only events with higher numbers; with stream."),
    "include_obfuscation": works("Only as false."),
}

LIST: Final[dict[str, Parameter]] = {
    **_INCLUDE,
    "after": works("The id of the last item of the page before."),
    "limit": works("1 to 100; 20 if unset."),
    "order": works("asc, or desc, which is what unset means."),
}

_KEPT: Final = (
    "Kept unless `store` is false, with what it went on from as a tree: `previous_response_id` may "
    "be named more than once, and each is a branch. Deleting one deletes its items but those that "
    "something else goes on from."
)
_COUNTED: Final = (
    "The body of POST /v1/responses, answered with what would be the `input_tokens` of its usage: "
    "with the template, the tools, and what it goes on from. Nothing is written or kept."
)
_GIVEN: Final = "All that the model was shown, what it went on from included."
_LINEAR: Final = "One response at a time is written for a conversation; more are told 409."

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint("POST", "/v1/responses", RESPONSES, _KEPT),
    Endpoint("POST", "/v1/responses/input_tokens", INPUT_TOKENS, _COUNTED),
    Endpoint("GET", "/v1/responses/{response_id}", RETRIEVE),
    Endpoint("GET", "/v1/responses/{response_id}/input_items", LIST, _GIVEN),
    Endpoint("POST", "/v1/conversations", CONVERSATIONS, _LINEAR),
    Endpoint("POST", "/v1/conversations/{conversation_id}", CONVERSATION_UPDATE),
    Endpoint("POST", "/v1/conversations/{conversation_id}/items", CONVERSATION_ITEMS),
    Endpoint("GET", "/v1/conversations/{conversation_id}/items", LIST),
)
