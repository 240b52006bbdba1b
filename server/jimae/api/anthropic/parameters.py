"""Every parameter of Anthropic's endpoints, and what this server does with it."""

from __future__ import annotations

from typing import Final

from jimae.api.parameters import Parameter, harmless, one_of, refused, works


def _edits_nothing(value: object) -> bool:
    """Whether a context management keeps everything, as coding tools ask for by default."""
    edits = value.get("edits", []) if isinstance(value, dict) else None
    return isinstance(edits, list) and all(
        isinstance(edit, dict)
        and str(edit.get("type")).startswith("clear_thinking_")
        and edit.get("keep") == "all"
        for edit in edits
    )


_SHARED: Final[dict[str, Parameter]] = {
    "model": works("The id of a model that GET /v1/models lists."),
    "messages": works(
        "Roles user, assistant, system; blocks text, thinking, tool_use, tool_result. Turns of "
        "one role that follow each other become one. A last turn of the assistant is gone on with."
    ),
    "system": works("A string, or blocks of text."),
    "tools": works("Tools of the client's own: name, description, input_schema, strict."),
    "tools.type": refused("Only custom: tools of Anthropic's do not run here.", one_of("custom")),
    "tools.input_examples": refused("Write them into the description.", one_of([])),
    "tools.eager_input_streaming": harmless("Inputs are always streamed as they are written."),
    "messages.content.is_error": works("Told to the model as `Error: ` before the result."),
    "messages.content.signature": harmless(
        "Not checked, and empty in answers: nothing here signs what a model thinks."
    ),
    "thinking": works(
        "disabled; enabled or adaptive, for models that reason and whose template knows it. The "
        "budget chooses an effort (low below 4096, high from 16384) and is no limit."
    ),
    "thinking.display": refused("Thinking is shown.", one_of("summarized")),
    "cache_control": harmless("Prompts that begin alike share memory without it."),
    "output_config": works("effort; format, a JSON Schema that the answer keeps to."),
    "speed": refused("There is one speed.", one_of("standard")),
    "context_management": refused("Nothing is taken out of a conversation here.", _edits_nothing),
    "mcp_servers": refused("Nothing leaves this machine.", one_of([])),
    "billing_policy": refused("Nothing is billed."),
    "compaction": refused("Ask for a summary in a message."),
    "thread": refused(
        "Conversations are kept by POST /v1/responses. The client's tool runner is told "
        "`thread_unsupported_request` in `details.error_code`, and goes on without it."
    ),
    "user_profile_id": harmless("A header, and nobody is billed."),
    "workspace_id": harmless("A header: there is one workspace."),
    "betas": harmless("A header: what a request asks for is decided by its parameters."),
}

MESSAGES: Final[dict[str, Parameter]] = {
    **_SHARED,
    "max_tokens": works(
        "At least 1. What does not fit the context ends as model_context_window_exceeded."
    ),
    "tool_choice": works("auto, any, tool, none; disable_parallel_tool_use."),
    "stop_sequences": works(
        "Up to 16 strings. Looked for in text blocks, not in thinking or calls of tools."
    ),
    "stream": works("Server-sent events while the answer is written."),
    "temperature": works("0 to 1; the model's recommendation if unset."),
    "top_k": works("0 or more; 0 turns it off."),
    "top_p": works("Above 0, to 1."),
    "metadata": works("user_id: takes turns in the queue under this name."),
    "service_tier": harmless("There is one tier."),
    "container": refused("No code runs on this server."),
    "diagnostics": refused("usage says how much of the prompt was in memory."),
    "inference_geo": refused("It runs where the server is."),
    "fallback_credit_token": refused("Nothing is billed."),
    "fallbacks": refused("The model that is asked for answers."),
}

COUNT_TOKENS: Final[dict[str, Parameter]] = {
    **_SHARED,
    "tool_choice": works("With none the tools are not shown to the model, and not counted."),
}
