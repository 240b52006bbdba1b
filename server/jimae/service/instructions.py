"""What stands before a chat: the style and the words by which somebody wants to be answered."""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

Style = Literal["desu-masu", "dearu", "official", "plain"]
STYLES: Final[tuple[Style, ...]] = get_args(Style)

SENTENCES: Final[dict[Style, str]] = {
    "desu-masu": "回答は「です・ます」調の丁寧な日本語で書いてください。",
    "dearu": "回答は「である」調の日本語で書いてください。「です・ます」は使わないでください。",
    "official": (
        "回答は公用文の書き方で書いてください。文末は「である」又は「です・ます」のどちらかにそろえ、"
        "一文は短くし、主語と述語を対応させます。「又は」「及び」「並びに」「若しくは」を正しく使い分け、"
        "常用漢字を使い、外来語は一般に通じるものだけを使います。"
    ),
    "plain": (
        "回答は「やさしい日本語」で書いてください。一文は短くし、一文で一つのことだけを言います。"
        "むずかしい言葉や漢語、敬語、あいまいな言い方は避け、必要な言葉には短い説明を付けます。"
        "漢字には、ひらがなの読みを（）で付けます。"
    ),
}


class Preferred(msgspec.Struct, frozen=True):
    """What somebody set for all of their chats. `consent`: what they judge may be kept."""

    style: Style | None = None
    instructions: str = ""
    consent: bool = False


NOTHING: Final = Preferred()


def sentence_of(own: Preferred = NOTHING, *, style: str | None = None) -> str:
    """The server's own words before a chat: that of its style. Nothing for none."""
    chosen = style if style is not None else own.style
    return SENTENCES[chosen] if chosen in STYLES else ""


def system_prompt(
    own: Preferred = NOTHING, *, style: str | None = None, instructions: str | None = None
) -> str | None:
    """The system message of a chat, or None for none.

    What a chat has for itself (`style`, `instructions`) stands in the place of what its owner
    has for all; a style that is not known says nothing.
    """
    said = instructions if instructions is not None else own.instructions
    parts = [part for part in (sentence_of(own, style=style), said.strip()) if part]
    return "\n\n".join(parts) or None
