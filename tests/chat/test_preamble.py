"""What is public of a prompt: never a person's word, and never decided by one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jimae.chat import preamble
from jimae.chat.preamble import Shape, settled
from jimae.chat.renderer import Rendered, Renderer, TemplateFacts
from jimae.llama.fake import FakeVocab
from jimae.types import ChatPrompt, Message, TextPart, Tool

STYLE = "Answer in plain words, and briefly."
TEMPLATE = (
    "{% if messages[0].role != 'system' %}<|mark|>system\nYou are a helpful assistant.</s>\n"
    "{% endif %}{% for m in messages %}<|mark|>{{ m.role }}\n"
    "{% if loop.first and tools %}There are tools to call:\n"
    "{% for t in tools %}{{ t | tojson }}\n{% endfor %}{% endif %}"
    "{{ m.content | trim }}</s>\n{% endfor %}"
)
# It begins otherwise for one who writes a certain word.
LISTENING = "{% if 'please' in messages[-1].content %}How polite of you: {% endif %}" + TEMPLATE
BY_COUNT = "There are {{ messages | length }} messages from here to the end.\n" + TEMPLATE


class Merging(FakeVocab):
    """Pairs of characters that are no letters are one token, across any border in the text."""

    def tokenize(self, text: str, *, special: bool, add_bos: bool = False) -> list[int]:
        ids = super().tokenize(text, special=special, add_bos=add_bos)
        merged: list[int] = []
        for token in ids:
            plain = token < 256 and not chr(token).isalnum()
            if plain and merged and merged[-1] < 256 and not chr(merged[-1]).isalnum():
                merged[-1] = 1000 + merged[-1] * 256 + token
            else:
                merged.append(token)
        return merged


class Rendering:
    """Renders with one process for all examples of a test."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._made: dict[str, Renderer] = {}

    def __call__(self, prompt: ChatPrompt, source: str = TEMPLATE) -> Rendered:
        facts = TemplateFacts("m", source, "<s>", "</s>", FakeVocab.control_texts)
        made = self._made.setdefault(source, Renderer(facts))
        return self._loop.run_until_complete(made.render(prompt, Merging()))

    def close(self) -> None:
        for made in self._made.values():
            self._loop.run_until_complete(made.close())
        self._loop.close()


@pytest.fixture
def rendering() -> Iterator[Rendering]:
    made = Rendering()
    yield made
    made.close()


def chat(
    *texts: str, own: str | None = None, words: str = "", tools: Sequence[Tool] = ()
) -> ChatPrompt:
    """A conversation, behind a system message that says `words` of the server and `own`."""
    said = [Message("user", (TextPart(text),)) for text in texts]
    if own is not None or words:
        said.insert(0, Message("system", (TextPart(words + (own or "")),), preamble=words))
    return ChatPrompt(tuple(said), tools=tuple(tools))


def public(rendered: Rendered) -> str:
    """The public part, as text; merged tokens are taken apart."""
    pairs = [divmod(t - 1000, 256) if t >= 1000 else (t,) for t in rendered.ids[: rendered.public]]
    vocab = Merging()
    return b"".join(vocab.piece(t, special=True) for pair in pairs for t in pair).decode()


def test_it_ends_before_the_first_word(rendering: Rendering) -> None:
    default = "<|mark|>system\nYou are a helpful assistant.</s>\n<|mark|>user"
    assert public(rendering(chat("question"))) == default
    assert public(rendering(chat("\n\nquestion"))) == default
    assert public(rendering(chat("one", "two", "three"))) == default
    alone = rendering(chat("question", words=STYLE))
    assert public(alone) == f"<|mark|>system\n{STYLE}</s>\n<|mark|>user"
    followed = rendering(chat("question", words=STYLE, own="\n\nMy own rules."))
    assert public(followed) == f"<|mark|>system\n{STYLE}"[:-1], "the last may be one with the next"
    with_tools = rendering(chat("question", tools=[Tool("secret_tool")]))
    assert public(with_tools).startswith(f"{default}\nThere are tools to call:")
    assert "secret" not in public(with_tools)


@pytest.mark.parametrize("own", [STYLE, "You are a helpful assistant."])
def test_what_a_person_wrote_is_not_public_though_the_server_says_the_same(
    rendering: Rendering, own: str
) -> None:
    assert rendering(chat("question", own=own)).public == 0


def test_words_that_were_changed_on_the_way_are_not_public(rendering: Rendering) -> None:
    changed = Message("system", (TextPart("Answer in ○○○, and briefly."),), preamble=STYLE)
    asked = Message("user", (TextPart("question"),))
    assert rendering(ChatPrompt((changed, asked))).public == 0


def test_what_the_template_says_to_some_is_not_public(rendering: Rendering) -> None:
    assert rendering(chat("do it"), LISTENING).public > 0
    assert rendering(chat("please do it"), LISTENING).public == 0
    assert rendering(chat("one"), BY_COUNT).public > 0
    assert rendering(chat("one", "two"), BY_COUNT).public == 0


def test_what_is_hardly_longer_than_a_word_is_not_worth_it() -> None:
    for length in (preamble.WORTH_SHARING - 1, preamble.WORTH_SHARING):
        text = "x" * length + preamble.STANDS_FOR_WORDS
        expected = length if length == preamble.WORTH_SHARING else 0
        assert len(settled(text, FakeVocab(), "<s>")) == expected


def test_a_template_that_fails_on_nobodys_words_shares_nothing(rendering: Rendering) -> None:
    source = "{% if '\ufddf' in messages[0].content %}{{ raise_exception('?') }}{% endif %}"
    assert rendering(chat("question"), source + TEMPLATE).public == 0
    assert rendering(chat("question"), "x{{ messages[0].content }}").public == 0


WORDS = st.text(alphabet=st.sampled_from("ab \n\t.-{}<|>/smark\ufdd0あ"), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    texts=st.lists(WORDS, min_size=1, max_size=3),
    own=st.none() | WORDS,
    words=st.sampled_from(["", STYLE]),
    tools=st.lists(st.builds(Tool, WORDS, WORDS), max_size=2),
    source=st.sampled_from([TEMPLATE, LISTENING, BY_COUNT]),
)
def test_whatever_is_written_only_the_shape_decides(
    rendering: Rendering,
    texts: list[str],
    own: str | None,
    words: str,
    tools: list[Tool],
    source: str,
) -> None:
    prompt = chat(*texts, own=own, words=words, tools=tools)
    found = rendering(prompt, source)
    nobody = Shape.of(prompt).prompt()
    assert Shape.of(nobody) == Shape.of(prompt)
    alike = rendering(nobody, source)
    assert found.public in (0, alike.public)
    assert found.ids[: found.public] == alike.ids[: found.public]
    assert preamble.STANDS_FOR_WORDS not in public(alike)
