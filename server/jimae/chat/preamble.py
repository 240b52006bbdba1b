"""How a prompt begins before the first word that a person or a client wrote, in tokens.

A conversation of the same shape is rendered in which a character stands for everything that
people write, one that no text is allowed to have. What precedes it are the words of the
template and of the server. Of their tokens those count that stay the same whatever follows;
and a prompt begins with them only if it does so token by token. So these tokens are made of
a shape alone, and there are few shapes: nothing that anybody wrote is in them, and nothing of
it decides how many they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

from jimae.chat.prompt import Tokenizer, tokenize
from jimae.types import ChatPrompt, Effort, Message, TextPart, Tool

WORTH_SHARING: Final = 16
"""Tokens from which it pays to keep a beginning apart."""

STANDS_FOR_WORDS: Final = "\ufddf"
_TOOL: Final = Tool(
    STANDS_FOR_WORDS,
    STANDS_FOR_WORDS,
    f'{{"type":"object","properties":{{"{STANDS_FOR_WORDS}":{{"type":"string"}}}}}}',
)
# What may follow, and may be one token with what precedes it.
_FOLLOWING: Final = (
    "",
    "a",
    "A",
    "1",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    ".",
    "-",
    "{",
    "あ",
    "字",
    "。",
)


class Shape(NamedTuple):
    """What decides how a prompt begins; templates may write the date."""

    lead: Literal["system", "developer"] | None
    preamble: str
    goes_on: bool
    tools: bool
    effort: Effort | None
    today: date

    @classmethod
    def of(cls, prompt: ChatPrompt) -> Shape:
        first = prompt.messages[0] if prompt.messages else Message("user")
        lead = first.role if first.role in ("system", "developer") else None
        text = "".join(part.text for part in first.content) if lead else ""
        preamble = first.preamble if lead else ""
        return cls(
            lead,
            preamble,
            len(text) > len(preamble),
            bool(prompt.tools),
            prompt.reasoning_effort,
            date.today(),
        )

    def prompt(self) -> ChatPrompt:
        """The conversation in which nobody says a word."""
        said = (TextPart(STANDS_FOR_WORDS),)
        text = self.preamble + (STANDS_FOR_WORDS if self.goes_on else "")
        messages = [Message("user", said)]
        if self.lead:
            messages.insert(0, Message(self.lead, (TextPart(text),), preamble=self.preamble))
        return ChatPrompt(
            tuple(messages),
            tools=(_TOOL,) if self.tools else (),
            reasoning_effort=self.effort,
        )


def settled(rendered: str, vocab: Tokenizer, bos_text: str) -> tuple[int, ...]:
    """The tokens before the first word of a conversation in which nobody says one, as far as
    they do not depend on it; none if they are not worth it."""
    before, found, _ = rendered.partition(STANDS_FOR_WORDS)
    if not found:
        return ()
    ids = _common([tokenize([(before + end, True)], vocab, bos_text) for end in _FOLLOWING])
    return tuple(ids) if len(ids) >= WORTH_SHARING else ()


def _common(many: Sequence[Sequence[int]]) -> Sequence[int]:
    """The longest prefix of all."""
    first = min(many, key=len)
    for length, together in enumerate(zip(*many, strict=False)):
        if len(set(together)) > 1:
            return first[:length]
    return first
