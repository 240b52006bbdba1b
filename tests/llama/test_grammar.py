"""The bridge to llguidance, on the vocabulary of a real model: no weights are read."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import llama_cpp as native
import pytest

from fakes.grammar_walk import allowed, walk
from fakes.schemas import judge, make
from fakes.weights import MODELS
from jimae.chat.grammars.compose import Calls, Function, Reasoning, compose
from jimae.chat.grammars.content import content
from jimae.chat.grammars.json_schema import from_text
from jimae.chat.parsers.base import CallSyntax
from jimae.errors import JimaeError
from jimae.llama import grammar as bridge
from jimae.llama import weights
from jimae.llama.grammar import GrammarConstraint, Grammars
from jimae.llama.weights import LlamaVocab
from jimae.types import Grammar

SCHEMAS = 40
WALKS = 1

pytestmark = pytest.mark.weights

HERMES = CallSyntax(
    trigger="<tool_call>",
    begin='<tool_call>\n{"name": "{name}", "arguments": ',
    end="}\n</tool_call>",
    between="\n",
)
CITY = from_text(
    '{"type":"object","properties":{"都市":{"type":"string"}},"required":["都市"],'
    '"additionalProperties":false}'
)
TOOLS = (Function("天気", CITY), Function("time", CITY))
CALL = '<tool_call>\n{"name": "天気", "arguments": {"都市": "東京"}}\n</tool_call>'
WRONG = '<tool_call>\n{"name": "天気", "arguments": {"city": "東京"}}\n</tool_call>'


def vocabulary(path: Path) -> LlamaVocab:
    """The vocabulary of a model whose weights stay unread. It is kept until the process ends."""
    weights._initialise()
    params = native.llama_model_default_params()
    params.vocab_only = True
    return LlamaVocab(native.llama_model_load_from_file(str(path).encode(), params))


@pytest.fixture(scope="module")
def qwen() -> LlamaVocab:
    return vocabulary(MODELS / "qwen2.5-coder-0.5b.gguf")


@pytest.fixture(scope="module")
def grammars(qwen: LlamaVocab) -> Iterator[Grammars]:
    made = Grammars(qwen)
    yield made
    made.close()


def form(kind: str, source: str = "") -> str:
    grammar = compose({}, content=content(Grammar(kind, source)))  # type: ignore[arg-type]
    assert grammar is not None
    return grammar


def end_of(
    grammars: Grammars, vocab: LlamaVocab, grammar: str, text: str, *, special: bool = False
) -> str:
    """How far a text is let through, and "." behind it where the answer may end there."""
    constraint = grammars.compile(grammar, "test")
    through = b""
    for token in vocab.tokenize(text, special=special):
        constraint.begin(())
        if token not in allowed(constraint.masks()[0], vocab.size):
            return through.decode("utf-8", "ignore")
        constraint.accept(token)
        through += vocab.piece(token, special=True)
    constraint.begin(())
    tokens = set(allowed(constraint.masks()[0], vocab.size))
    return through.decode() + ("." if tokens & vocab.end_tokens else "")


# --- forms -------------------------------------------------------------------------


def test_schemas_of_every_kind_hold_without_a_model(grammars: Grammars, qwen: LlamaVocab) -> None:
    finished = refused = 0
    for number in range(SCHEMAS):
        schema = make(number)
        try:
            grammar = form("json_schema", json.dumps(schema, ensure_ascii=False))
            starts = [grammars.compile(grammar, "json_schema") for _ in range(WALKS)]
        except JimaeError as error:
            refused += error.status == 400
            continue
        for seed, start in enumerate(starts):
            answer = walk(start, qwen, seed)
            if answer is not None:
                assert judge(schema, answer) is None, (number, schema, answer)
                finished += 1
    assert refused <= SCHEMAS * 0.3
    assert finished >= (SCHEMAS - refused) * WALKS * 0.8


def test_whitespace_is_one_space_at_most(grammars: Grammars, qwen: LlamaVocab) -> None:
    any_object = form("json_object")

    assert end_of(grammars, qwen, any_object, '{"a": [1, {"b":2}]}') == '{"a": [1, {"b":2}]}.'
    assert end_of(grammars, qwen, any_object, '{"a":  1}') == '{"a": '
    assert end_of(grammars, qwen, any_object, '{\n"a": 1}') == ""
    assert end_of(grammars, qwen, any_object, "[1]") == ""


def test_a_property_cannot_come_again_by_an_escape(grammars: Grammars, qwen: LlamaVocab) -> None:
    schema = form("json_schema", '{"type":"object","properties":{"a":{"type":"null"}}}')

    assert end_of(grammars, qwen, schema, '{"a":null,"b":1}') == '{"a":null,"b":1}.'
    assert end_of(grammars, qwen, schema, '{"\\u0061":1}') == '{"\\'
    assert not end_of(grammars, qwen, schema, '{"a":1}').endswith(".")


@pytest.mark.parametrize(
    ("kind", "source", "right", "wrong"),
    [
        ("regex", "\\d{3}-\\d{4}|a/b", "123-4567", "1234"),
        ("regex", "a/b\\/c\nd", "a/b/c\nd", "a/c"),
        ("lark", 'start: "a" (B | %json {"type": "null"})\nB: /[0-9]+/ // "', "anull", "ab"),
        ("lark", "%llguidance {}\n%import common.INT\nstart: INT", "12", "x"),
        ("lark", 'start: "<|im_end|>"', "<|im_end|>", "<|im_start|>"),
        ("gbnf", 'root ::= "はい" | no-way{2}\nno-way ::= [a-c] # end', "はい", "d"),
        ("gbnf", 'root ::= "はい" | no-way{2}\nno-way ::= [a-c] # end', "ab", "d"),
    ],
)
def test_other_notations(
    grammars: Grammars, qwen: LlamaVocab, kind: str, source: str, right: str, wrong: str
) -> None:
    grammar = form(kind, source)

    assert end_of(grammars, qwen, grammar, right) == f"{right}."
    assert not end_of(grammars, qwen, grammar, wrong).startswith(wrong)


@pytest.mark.parametrize(
    ("kind", "source", "code"),
    [
        ("regex", "", "invalid_grammar"),
        ("regex", "a(?=b)", "invalid_grammar"),
        ("regex", "(a)\\1", "invalid_grammar"),
        ("regex", "(", "invalid_grammar"),
        ("regex", "(?-u:\\xff)", "invalid_grammar"),
        ("regex", "(" * 100 + ")" * 100, "grammar_too_large"),
        ("regex", "a" * 5_000, "grammar_too_large"),
        ("lark", f'start: "{"a" * 5_000}"', "grammar_too_large"),
        ("gbnf", 'root ::= "a"' + " " * 40_000, "grammar_too_large"),
        ("json_schema", f'{{"const": "{"a" * 5_000}"}}', "grammar_too_large"),
        ("json_schema", f'{{"properties": {{"{"a" * 5_000}": {{}}}}}}', "grammar_too_large"),
        ("lark", "start: <|im_end|>", "invalid_grammar"),
        ("lark", "start: <[151645]>", "invalid_grammar"),
        ("lark", "start: @other", "invalid_grammar"),
        ("lark", "start: none", "invalid_grammar"),
        ("lark", "start[max_tokens=3]: /a+/", "invalid_grammar"),
        ("lark", "start: A\nA: ~/a/", "invalid_grammar"),
        ("lark", '%llguidance {"allow_invalid_utf8": true}\nstart: "a"', "invalid_grammar"),
        ("lark", 'start: %lark { start: "a" }', "invalid_grammar"),
        ("lark", 'start: %json {"not": {}}', "unsupported_schema_keyword"),
        ("lark", "start: %json {", "invalid_grammar"),
        ("gbnf", 'root ::= ("a"', "invalid_grammar"),
        ("gbnf", "root ::= other", "invalid_grammar"),
        ("gbnf", "", "invalid_grammar"),
        ("json_schema", '{"allOf": [{"const": 1}, {"const": 2}]}', "schema_not_enforceable"),
        ("json_schema", '{"patternProperties": {"^a": {}, "b$": {}}}', "schema_not_enforceable"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_a_400(
    grammars: Grammars, kind: str, source: str, code: str
) -> None:
    with pytest.raises(JimaeError) as caught:
        grammars.compile(form(kind, source), kind)

    assert (caught.value.code, caught.value.status) == (code, 400)
    assert caught.value.message("ja")


def test_compiling_has_an_end(grammars: Grammars, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "COMPILE_SECONDS", 0.05)
    release = threading.Event()
    for _ in range(2):
        grammars._compiling.submit(release.wait)
    try:
        with pytest.raises(JimaeError) as caught:
            grammars.compile(form("json_object"), "json_object")
    finally:
        release.set()
    assert caught.value.code == "grammar_too_complex"


# --- calls and reasoning -------------------------------------------------------------


def test_calls_are_held_from_the_moment_they_begin(grammars: Grammars, qwen: LlamaVocab) -> None:
    grammar = compose(grammars.specials, calls=Calls(TOOLS, HERMES))
    assert grammar is not None

    for special in (True, False):  # the marks as tokens, and spelled out

        def end(text: str, special: bool = special) -> str:
            return end_of(grammars, qwen, grammar, text, special=special)

        assert end("こんにちは。<tool> {") == "こんにちは。<tool> {."
        assert end(f"見てみます。\n{CALL}") == f"見てみます。\n{CALL}."
        assert end(f"{CALL}\n{CALL}") == f"{CALL}\n{CALL}."
        assert end(f"{CALL} done") == CALL
        assert end(WRONG) != WRONG
        assert "unknown" not in end('<tool_call>\n{"name": "unknown", "arguments": {}}')
        assert not end("<tool_call>\n").endswith(".")


def test_a_forced_call_is_nothing_else(grammars: Grammars, qwen: LlamaVocab) -> None:
    calls = Calls(TOOLS[:1], HERMES, required=True, parallel=False)
    grammar = compose(grammars.specials, calls=calls)
    assert grammar is not None

    assert end_of(grammars, qwen, grammar, CALL, special=True) == f"{CALL}."
    assert end_of(grammars, qwen, grammar, f"{CALL}\n", special=True) == CALL
    assert end_of(grammars, qwen, grammar, "はい", special=True) == ""
    assert end_of(grammars, qwen, grammar, CALL.replace("天気", "time")) != f"{CALL}."


def test_a_form_or_calls(grammars: Grammars, qwen: LlamaVocab) -> None:
    grammar = compose(grammars.specials, content=CITY, calls=Calls(TOOLS, HERMES))
    assert grammar is not None

    for text in (CALL, '{"都市": "京都"}'):
        assert end_of(grammars, qwen, grammar, text, special=True) == f"{text}."
    assert end_of(grammars, qwen, grammar, "京都", special=True) == ""


@pytest.mark.parametrize("opened", [True, False])
def test_reasoning_before_a_form_is_free(
    grammars: Grammars, qwen: LlamaVocab, opened: bool
) -> None:
    marks = Reasoning("<think>", "</think>", opened)
    grammar = compose(grammars.specials, content=CITY, reasoning=marks)
    assert grammar is not None
    begin = "" if opened else "<think>"
    text = begin + '\nふむ {"x": 1}\n</think>\n\n{"都市": "京都"}'

    assert end_of(grammars, qwen, grammar, text) == f"{text}."
    assert not end_of(grammars, qwen, grammar, f"{begin}まだ").endswith(".")
    assert not end_of(grammars, qwen, grammar, f"{begin}a</think>東京").endswith("東京")
    if not opened:
        assert end_of(grammars, qwen, grammar, '{"都市": "京都"}') == '{"都市": "京都"}.'


def test_an_answer_without_a_form_or_tools_has_no_grammar() -> None:
    marks = Reasoning("<think>", "</think>", opened=True)

    assert compose({}, reasoning=marks, calls=Calls((), HERMES)) is None


def test_specials_are_the_marks_of_templates(grammars: Grammars, qwen: LlamaVocab) -> None:
    specials = grammars.specials

    assert {"<|im_start|>", "<|im_end|>", "<tool_call>"} <= specials.keys()
    assert all(qwen.text(token) == text for text, token in specials.items())
    assert "" not in specials


# --- places --------------------------------------------------------------------------


def start(grammars: Grammars) -> GrammarConstraint:
    return grammars.compile(form("regex", "[ab]{3}"), "regex")


def test_masks_behind_drafts_are_those_of_the_places_they_lead_to(
    grammars: Grammars, qwen: LlamaVocab
) -> None:
    (a,), (b,) = (qwen.tokenize(text, special=False) for text in "ab")
    ahead, slow = start(grammars), start(grammars)

    assert ahead.confirm([a, b, a, b]) == 3
    ahead.begin([a, b])
    together = ahead.masks()
    for mask, token in zip(together, [a, b, a], strict=True):
        slow.begin(())
        assert allowed(mask, qwen.size) == allowed(slow.masks()[0], qwen.size)
        slow.accept(token)
    ahead.begin(())
    assert allowed(ahead.masks()[0], qwen.size) == allowed(together[0], qwen.size)
    assert slow.finished
    slow.begin(())
    assert set(allowed(slow.masks()[0], qwen.size)) == qwen.end_tokens


def test_end_tokens_are_never_confirmed(grammars: Grammars, qwen: LlamaVocab) -> None:
    (a,) = qwen.tokenize("a", special=False)
    place = grammars.compile(form("regex", "a{1,3}"), "regex")
    place.accept(a)

    assert place.confirm([a, max(qwen.end_tokens), a]) == 1


def test_masks_that_nobody_took_are_dropped(grammars: Grammars, qwen: LlamaVocab) -> None:
    (a,) = qwen.tokenize("a", special=False)
    place = start(grammars)
    place.begin([a])
    place.begin(())

    assert len(place.masks()) == 1
    with pytest.raises(ValueError, match="begun"):
        place.masks()


def test_masks_are_computed_beside_the_caller(grammars: Grammars) -> None:
    release = threading.Event()
    grammars._masking.submit(release.wait)
    place = start(grammars)
    begun = time.monotonic()
    place.begin(())
    waited = time.monotonic() - begun
    release.set()

    assert waited < 0.5
    assert len(place.masks()) == 1


def test_a_token_that_is_not_allowed_is_an_error(grammars: Grammars, qwen: LlamaVocab) -> None:
    (x,) = qwen.tokenize("x", special=False)

    with pytest.raises(JimaeError) as caught:
        start(grammars).accept(x)
    assert caught.value.code == "grammar_too_complex"
