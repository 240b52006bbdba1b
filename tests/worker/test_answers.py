"""Events of the engine to events of an answer: content, reasoning, calls, probabilities."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.chat.parsers import hermes, plain
from jimae.chat.parsers.base import Parsed, Turn
from jimae.errors import JimaeError
from jimae.types import (
    CallDelta,
    Delta,
    Done,
    Event,
    FinishReason,
    Prefill,
    Timings,
    TokenLogprob,
    Tool,
    Usage,
)
from jimae.worker.answers import AnswerReader, ContentLogprobs

TOOLS = (Tool("weather"),)
CALL = '<tool_call>\n{"name": "weather", "arguments": {"city": "東京"}}\n</tool_call>'


def told(pieces: list[bytes]) -> tuple[TokenLogprob, ...]:
    return tuple(TokenLogprob(index, piece, -0.5) for index, piece in enumerate(pieces))


def done(reason: FinishReason = "stop", stop: str | None = None) -> Done:
    return Done(reason, Usage(1, 1), Timings(0, 0, 0), stop)


def cut(text: str, places: list[int]) -> list[str]:
    at = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[a:b] for a, b in pairwise(at)]


def read(pieces: list[str], end: Done, *, tools: tuple[Tool, ...] = TOOLS) -> list[Event]:
    """What is sent for an answer that comes one token a piece."""
    reader = AnswerReader(hermes.FAMILY.parser(Turn(tools)))
    sent = reader.read(Prefill(1, 2))
    for index, piece in enumerate(pieces):
        logprob = TokenLogprob(index, piece.encode(), -0.5)
        sent += reader.read(Delta(piece, (index,), logprobs=(logprob,)))
    return sent + reader.read(end)


def deltas(events: list[Event]) -> list[Delta]:
    return [event for event in events if isinstance(event, Delta)]


@given(st.lists(st.integers(0, 200), max_size=30))
def test_an_answer_is_the_same_however_it_is_cut(places: list[int]) -> None:
    text = f"<think>\nLet me see.\n</think>\n\nOne moment.\n{CALL}"
    pieces = cut(text, places)
    events = read(pieces, done())
    assert "".join(d.reasoning for d in deltas(events)).strip() == "Let me see."
    assert "".join(d.text for d in deltas(events)).strip() == "One moment."
    calls = [call for d in deltas(events) for call in d.calls]
    assert calls[0].name == "weather"
    assert "".join(call.arguments for call in calls) == '{"city": "東京"}'
    assert [t for d in deltas(events) for t in d.token_ids] == list(range(len(pieces)))
    assert isinstance(events[0], Prefill)
    last = events[-1]
    assert isinstance(last, Done)
    assert last.finish_reason == "tool_calls"


@given(st.lists(st.integers(0, 200), max_size=40))
def test_probabilities_are_those_of_the_content(places: list[int]) -> None:
    """Whatever the tokens are: told once each, in order, and the content is within them."""
    content = "It is one moment away, 一瞬です。"
    text = f"<think>\nOne moment.\n</think>\n\n{content}"
    pieces = cut(text, places)
    events = read(pieces, done())
    found = [p for d in deltas(events) for p in d.logprobs]
    numbers = [p.token for p in found]
    assert numbers == list(range(len(pieces)))[numbers[0] :]
    inside = b"".join(p.piece for p in found)
    assert inside.endswith(content.encode())
    assert len(inside) - len(content.encode()) < len(found[0].piece)


def test_tokens_of_a_call_are_not_told() -> None:
    events = read(["Hm", ". ", *cut(CALL, [3, 20, 40])], done())
    assert [p.piece for d in deltas(events) for p in d.logprobs][:2] == [b"Hm", b". "]
    assert all(b"weather" not in p.piece for d in deltas(events) for p in d.logprobs)


@pytest.mark.parametrize(
    ("end", "reason"),
    [(done(), "tool_calls"), (done("length"), "length"), (done(stop="x"), "stop")],
)
def test_an_answer_that_ended_by_itself_with_calls_says_so(end: Done, reason: str) -> None:
    last = read([CALL], end)[-1]
    assert isinstance(last, Done)
    assert last.finish_reason == reason


def test_content_that_ended_at_a_stop_string_says_so() -> None:
    parser = hermes.FAMILY.parser(Turn(TOOLS, stop=("END",)))
    reader = AnswerReader(parser)
    pieces = ["<think>END", "</think>", "OK ", "EN", "D", "more"]
    events = [event for piece in pieces for event in reader.read(Delta(piece, (1,)))]
    assert reader.stopped_by == "END"
    assert "".join(delta.text for delta in deltas(events)) == "OK "
    assert reader.read(done("length")) == [done("stop", "END")]


def test_one_that_is_only_certain_at_the_end_counts_too() -> None:
    reader = AnswerReader(hermes.FAMILY.parser(Turn(TOOLS, stop=("\n\n",))))
    reader.read(Delta("OK\n\n", (1,)))
    assert reader.stopped_by is None
    assert reader.read(done()) == [done("stop", "\n\n")]


def test_what_a_parser_fails_of_can_be_told() -> None:
    class Broken:
        stopped_by = None

        def add(self, text: str, done: bool) -> Parsed:
            raise KeyError(text)

    with pytest.raises(JimaeError) as caught:
        AnswerReader(Broken()).read(Delta("x", ()))
    assert caught.value.code == "internal_error"


def test_without_calls_it_just_stops() -> None:
    last = read(["Hello", "."], done())[-1]
    assert isinstance(last, Done)
    assert last.finish_reason == "stop"


def test_what_was_held_back_comes_before_the_end() -> None:
    *_, rest, last = read(["a <tool"], done())
    assert isinstance(last, Done)
    assert isinstance(rest, Delta)
    assert rest.text.endswith("<tool")
    assert rest.token_ids == ()


def test_plain_text_passes() -> None:
    reader = AnswerReader(plain.FAMILY.parser(Turn()))
    (delta,) = reader.read(Delta("Hello", (1,), logprobs=told([b"Hello"])))
    assert delta == Delta("Hello", (1,), logprobs=told([b"Hello"]))


def test_a_token_that_is_half_a_mark_belongs_to_the_content_behind_it() -> None:
    logprobs = ContentLogprobs()
    tokens = told([b"<th", b"ink>Hm</think>Hel", b"lo"])
    logprobs.add(tokens)
    assert logprobs.take(Parsed("Hel", "Hm")) == (tokens[1],)
    assert logprobs.take(Parsed("lo")) == (tokens[2],)


def test_a_token_is_told_once_though_its_text_comes_in_two_parts() -> None:
    logprobs = ContentLogprobs()
    tokens = told([b"a <", b"b"])
    logprobs.add(tokens[:1])
    assert logprobs.take(Parsed("a ")) == (tokens[0],)
    logprobs.add(tokens[1:])
    assert logprobs.take(Parsed("<b")) == (tokens[1],)


def test_a_replaced_character_loses_no_token() -> None:
    logprobs = ContentLogprobs()
    tokens = told([b"a", b"\xe6\x9d"])
    logprobs.add(tokens)
    assert logprobs.take(Parsed("a�")) == tokens


def test_nothing_is_told_of_calls() -> None:
    logprobs = ContentLogprobs()
    logprobs.add(told([b"{", b"}"]))
    assert logprobs.take(Parsed(calls=(CallDelta(0, arguments="{}"),))) == ()
    assert logprobs.take(Parsed("x")) == ()
