"""What people write never becomes a special token, and is otherwise left alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.chat.conversation import Knowledge, for_template, mark_end
from jimae.chat.prompt import Marks, Shield, split, tokenize
from jimae.llama.fake import BOS, END, SYSTEM_MARK, FakeVocab
from jimae.types import ChatPrompt, Message, TextPart

SPECIALS = ("<|im_start|>", "<|im_end|>", "<s>", "</s>", "<|im_start|><|im_end|>")
CHARACTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(
    alphabet=st.one_of(st.sampled_from("<|>s/im_startend"), CHARACTERS), max_size=30
) | st.lists(st.sampled_from([*SPECIALS, "a", "漢", "<", "|im_start|>"]), max_size=8).map("".join)


def render(messages: list[dict[str, Any]]) -> str:
    return "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)


def given_messages(
    prompt: ChatPrompt, shield: Shield, source: str = ""
) -> tuple[list[dict[str, Any]], Marks]:
    """The messages as a template of this source takes them."""
    entry, marks = for_template(prompt, shield, Knowledge.of(source))
    return entry.messages, marks


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_special_parts_are_the_templates_own(texts: list[str]) -> None:
    shield = Shield(SPECIALS)
    prompt = ChatPrompt(tuple(Message("user", (TextPart(t),)) for t in texts))
    messages, marks = given_messages(prompt, shield)
    parts = split(render(messages), marks)
    whole = "".join(text for text, _ in parts)
    assert whole == render([{"role": "user", "content": t} for t in texts])
    for special in ("<|im_start|>", "<|im_end|>"):
        written = sum(text.count(special) for text, is_special in parts if is_special)
        assert written == len(texts)


def test_only_the_special_text_is_cut_out() -> None:
    shield = Shield(SPECIALS)
    prompt = ChatPrompt((Message("user", (TextPart("<|im_start|>とは?"),)),))
    messages, marks = given_messages(prompt, shield)
    assert split(render(messages), marks) == [
        ("<|im_start|>user\n", True),
        ("<|im_start|>", False),
        ("とは?<|im_end|>\n", True),
    ]


def test_ordinary_text_is_one_part() -> None:
    shield = Shield(SPECIALS)
    prompt = ChatPrompt((Message("user", (TextPart("日本の首都は < どこ >?"),)),))
    messages, marks = given_messages(prompt, shield)
    assert len(split(render(messages), marks)) == 1


def test_a_mark_in_the_text_gives_way_to_another() -> None:
    shield = Shield(SPECIALS)
    prompt = ChatPrompt((Message("user", (TextPart("\ufdd0<s>"),)),))
    messages, marks = given_messages(prompt, shield)
    assert "\ufdd0" not in marks
    assert "".join(text for text, _ in split(render(messages), marks)).count("\ufdd0") == 1


def test_tokens_of_special_and_plain_parts() -> None:
    ids = tokenize([("<|mark|>", True), ("<|mark|>", False), ("x", True)], FakeVocab(), "<s>")
    assert ids == [SYSTEM_MARK, *b"<|mark|>", ord("x")]


class BosVocab(FakeVocab):
    adds_bos = True


def test_bos_is_added_once() -> None:
    assert tokenize([("a", True)], BosVocab(), "<s>") == [BOS, ord("a")]
    assert tokenize([("<s>a", True)], BosVocab(), "<s>") == [BOS, ord("a")]
    assert tokenize([("a</s>", True), ("b", True)], BosVocab(), "<s>") == [
        BOS,
        ord("a"),
        END,
        ord("b"),
    ]


def test_developer_becomes_system_where_the_template_knows_no_developer() -> None:
    prompt = ChatPrompt((Message("developer", (TextPart("短く。"),)),))
    for source, role in (("", "system"), ("developer", "developer")):
        messages, _ = given_messages(prompt, Shield(SPECIALS), source)
        assert messages == [{"role": role, "content": "短く。"}]


def test_a_continued_answer_ends_where_it_was_cut() -> None:
    prompt = ChatPrompt(
        (Message("user", (TextPart("続きは?"),)), Message("assistant", (TextPart("昔々"),)))
    )
    messages, marks = given_messages(prompt, Shield(SPECIALS))
    text = render(mark_end(messages, marks))
    assert text[: text.rindex(marks.end)].endswith("assistant\n昔々")


def test_a_template_that_cuts_texts_leaves_no_mark() -> None:
    shield = Shield(SPECIALS)
    prompt = ChatPrompt((Message("user", (TextPart("<|im_start|>a<|im_end|>"),)),))
    messages, marks = given_messages(prompt, shield)
    rendered = render(messages)
    for begin in range(len(rendered)):
        for end in range(begin, len(rendered) + 1):
            text = "".join(text for text, _ in split(rendered[begin:end], marks))
            assert not set(marks) & set(text)


@pytest.mark.parametrize(
    ("before", "texts", "after"),
    [
        ("", ["<", "|im_start|>"], ""),
        ("", ["<|im_", "start|>"], ""),
        ("", ["a<|", "im_start", "|>b"], ""),
        ("<", ["|im_start|"], ">"),
        ("<", ["|im_", "start|>"], ""),
        ("<|", ["im_start|>"], ""),
        ("<", ["/s"], ">"),
    ],
)
def test_a_special_is_not_put_together_from_pieces(
    before: str, texts: list[str], after: str
) -> None:
    shield = Shield(SPECIALS)
    marks = shield.marks_for(texts)
    written = before + "".join(shield.protect(text, marks) for text in texts) + after
    parts = split(written, marks)
    assert "".join(text for text, _ in parts) == before + "".join(texts) + after
    for special in SPECIALS:
        assert not any(special in text for text, is_special in parts if is_special)


@given(st.text("<|im_starend>/s ", max_size=30))
def test_protecting_loses_nothing(text: str) -> None:
    shield = Shield(SPECIALS)
    marks = shield.marks_for([text])
    assert "".join(part for part, _ in split(shield.protect(text, marks), marks)) == text


@pytest.mark.parametrize("word", ["im", "start", "s", "user", "name", "1 < 2", "漢字"])
def test_words_are_left_as_they_are(word: str) -> None:
    shield = Shield([*SPECIALS, "<|user|>", "<|repo_name|>"])
    assert shield.protect(word, shield.marks_for([word])) == word
