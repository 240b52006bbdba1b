"""The texts of a prompt that a model reads: to be looked at, and to be put back changed.

    prompt ──texts_of──► texts ──(masked)──► with_texts ──► prompt

Both walk in the same order. Token ids have no texts: who may not send everything has to
send words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from jimae.types import (
    ChatPrompt,
    InfillPrompt,
    Message,
    PairPrompt,
    Prompt,
    TextPart,
    TextPrompt,
    TokenPrompt,
    Tool,
    ToolCall,
)

Change = Callable[[str], str]


def texts_of(prompt: Prompt) -> list[str]:
    """Every text that somebody wrote, in their order."""
    found: list[str] = []

    def keep(text: str) -> str:
        found.append(text)
        return text

    _changed(prompt, keep)
    return found


def with_texts(prompt: Prompt, texts: Sequence[str]) -> Prompt:
    """The prompt with these in place of its `texts_of`. Raises ValueError if they are not as
    many."""
    if len(texts) != (count := len(texts_of(prompt))):
        raise ValueError(f"{len(texts)} texts for a prompt of {count}")
    rest = iter(texts)
    return _changed(prompt, lambda _: next(rest))


def _changed(prompt: Prompt, change: Change) -> Prompt:
    match prompt:
        case ChatPrompt():
            return replace(
                prompt,
                messages=tuple(_message(message, change) for message in prompt.messages),
                tools=tuple(_tool(tool, change) for tool in prompt.tools),
            )
        case TextPrompt():
            return TextPrompt(change(prompt.text))
        case InfillPrompt():
            return InfillPrompt(change(prompt.prefix), change(prompt.suffix))
        case PairPrompt():
            return PairPrompt(change(prompt.query), change(prompt.document))
        case TokenPrompt():
            return prompt


def _message(message: Message, change: Change) -> Message:
    return replace(
        message,
        content=tuple(TextPart(change(part.text)) for part in message.content),
        reasoning=None if message.reasoning is None else change(message.reasoning),
        tool_calls=tuple(_call(call, change) for call in message.tool_calls),
    )


def _call(call: ToolCall, change: Change) -> ToolCall:
    return replace(call, arguments=change(call.arguments))


def _tool(tool: Tool, change: Change) -> Tool:
    return replace(tool, description=change(tool.description))
