"""Every parameter of Ollama's endpoints, and what this server does with it."""

from __future__ import annotations

from typing import Final

from jimae.api.parameters import Parameter, harmless, one_of, refused, works

_RUNNING: Final = "How models are run is the server's to set."

OPTIONS: Final[dict[str, Parameter]] = {
    "num_ctx": works(
        "An error if it is more than a request can hold here; nothing is ever cut to fit less."
    ),
    "num_predict": works("At most so many tokens; -1 and -2: until the context is full."),
    "temperature": works("0 to 10; the model's recommendation if unset."),
    "top_k": works("0 or more; 0 turns it off."),
    "top_p": works("Above 0, to 1."),
    "min_p": works("0 to 1."),
    "seed": works("Repeats while nothing else runs."),
    "stop": works(
        "A string, or up to 16. Looked for in the content, not in thinking or calls of tools."
    ),
    "repeat_penalty": works("Above 0, to 10; 1 turns it off."),
    "presence_penalty": works("-2 to 2."),
    "frequency_penalty": works("-2 to 2."),
    "repeat_last_n": works(
        "Penalties look at all of the answer: -1, or as many as num_predict. 0 turns them off. "
        "Any, where they are all off; else an error."
    ),
    "num_keep": harmless("Nothing is ever cut out of a prompt."),
    "num_batch": harmless(_RUNNING),
    "num_gpu": harmless(_RUNNING),
    "main_gpu": harmless(_RUNNING),
    "num_thread": harmless(_RUNNING),
    "numa": harmless(_RUNNING),
    "low_vram": harmless(_RUNNING),
    "f16_kv": harmless(_RUNNING),
    "use_mmap": harmless(_RUNNING),
    "use_mlock": harmless(_RUNNING),
    "tfs_z": refused("Use min_p.", one_of(1, 1.0)),
    "typical_p": refused("Use min_p.", one_of(1, 1.0)),
    "mirostat": refused("Use temperature.", one_of(0)),
    "mirostat_tau": harmless("Means nothing without mirostat."),
    "mirostat_eta": harmless("Means nothing without mirostat."),
    "penalize_newline": refused("A newline is a token like others.", one_of(True)),
    "logits_all": refused("Use logprobs.", one_of(False)),
    "vocab_only": refused("Models are loaded whole.", one_of(False)),
    "embedding_only": refused("Use /api/embed.", one_of(False)),
}

# A vector is not written, so that how does not matter to it.
EMBED_OPTIONS: Final[dict[str, Parameter]] = {
    name: row if name == "num_ctx" or row.support == "harmless" else harmless("Nothing is written.")
    for name, row in OPTIONS.items()
}

_SHARED: Final[dict[str, Parameter]] = {
    "model": works("The id of a model, with or without `:latest`."),
    "stream": works("A line of JSON for each piece of the answer; on if unset."),
    "format": works("json, or a JSON Schema that the answer keeps to."),
    "options": works("See the rows that begin with it."),
    "think": works("For models that reason and whose template knows it: true, false or a level."),
    "logprobs": works("Log probabilities of the tokens."),
    "top_logprobs": works("0 to 20 alternatives of each."),
    "keep_alive": works(
        "Changes nothing: models.ttl_minutes says when models leave. To unload one with 0 and no "
        "prompt is refused."
    ),
    "images": refused("Models here read text.", one_of([])),
    **{f"options.{name}": row for name, row in OPTIONS.items()},
}

CHAT: Final[dict[str, Parameter]] = {
    **_SHARED,
    "messages": works("Roles system, user, assistant, tool. None: the model is loaded."),
    "tools": works("Functions that the model may call; calls have whole arguments."),
}

GENERATE: Final[dict[str, Parameter]] = {
    **_SHARED,
    "prompt": works("A message of a user, or with raw a text to go on with. Empty: loads."),
    "suffix": works("What stands after the gap to fill, for models trained to."),
    "system": works("A system prompt."),
    "raw": works("The prompt is a text in the model's own format."),
    "template": refused("A model is shown its own template; use raw.", one_of("")),
    "context": refused("Send the messages to /api/chat.", one_of([]), instead="messages"),
    "width": refused("Answers are text.", one_of(0)),
    "height": refused("Answers are text.", one_of(0)),
    "steps": refused("Answers are text.", one_of(0)),
}

SHOW: Final[dict[str, Parameter]] = {
    "model": works("The id of a model, with or without `:latest`."),
    "verbose": harmless("Whole vocabularies are not shown."),
}

PULL: Final[dict[str, Parameter]] = {
    "model": works("Of a model that is here: success. Others: `jimae pull` on the machine."),
    "stream": works("On if unset."),
    "insecure": harmless("Nothing is downloaded."),
}
