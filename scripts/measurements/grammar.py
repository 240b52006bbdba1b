"""What it costs to hold an answer to a form: decoding with and without, in turns.

The same requests write the same number of tokens freely, as JSON of a schema with
texts, numbers and lists, and as text in which a call of a tool may begin at any
moment. Masks are computed beside the decode; what remains is the ratio.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from pathlib import Path

from jimae.chat import tool_use
from jimae.chat.grammars.compose import compose
from jimae.chat.grammars.content import content
from jimae.chat.parsers import hermes
from jimae.chat.parsers.base import Turn
from jimae.engine import engine as engine_module
from jimae.engine.detokenizer import Detokenizer
from jimae.engine.engine import Engine, EngineOptions
from jimae.engine.sampler import Sampler
from jimae.engine.sequence import Sequence
from jimae.llama.binding import LlamaModel, LoadOptions
from jimae.llama.grammar import Grammars
from jimae.types import Grammar, Principal, Sampling, Tool
from lib.places import test_models

RUNS = 5
USERS = (1, 8)
TOKENS = 96
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0, "maximum": 120},
        "history": {"type": "string"},
        "email": {"type": "string", "pattern": "^[a-z]+@[a-z]+\\.jp$"},
    },
    "required": ["name", "age", "history", "email"],
    "additionalProperties": False,
}
SCHEMA = {"type": "array", "items": PERSON, "minItems": 20}
QUESTION = "架空の社員を 20 人、名前・年齢・経歴・メールアドレスつきの JSON で書いてください。"


def forms(grammars: Grammars) -> dict[str, str | None]:
    """The grammars to compare; None is free text."""
    schema = compose({}, content=content(Grammar("json_schema", json.dumps(SCHEMA))))
    turn = Turn((Tool("get_weather"),))
    calls = tool_use.grammar(hermes.FAMILY, turn, grammars.specials, template="")
    return {"free text": None, "JSON of a schema": schema, "calls may begin": calls}


def speed(model: LlamaModel, grammars: Grammars, grammar: str | None, users: int) -> float:
    """Tokens per second of decoding, all users together."""
    engine = Engine(model, EngineOptions(model.n_cells), lambda *_: None)
    endless = dict.fromkeys(model.vocab.end_tokens, -math.inf)
    for user in range(users):
        prompt = f"<|im_start|>user\n{user}. {QUESTION}<|im_end|>\n<|im_start|>assistant\n"
        engine.submit(
            Sequence(
                f"u{user}",
                Principal(f"u{user}", f"u{user}"),
                list(model.vocab.tokenize(prompt, special=True)),
                Sampler(Sampling(temperature=0.7, seed=user, logit_bias=endless)),
                Detokenizer(),
                TOKENS,
                model.vocab.end_tokens,
                constraint=grammars.compile(grammar, "json") if grammar is not None else None,
            )
        )
    while engine.busy and engine.status().tokens_generated < users:
        engine.step()
    before, began = engine.status().tokens_generated, time.monotonic()
    while engine.busy:
        engine.step()
    engine.cache.clear()
    return (engine.status().tokens_generated - before) / (time.monotonic() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=test_models() / "qwen2.5-coder-1.5b.gguf")
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    model = LlamaModel(LoadOptions(options.model, n_cells=8192, n_running=8))
    grammars = Grammars(model.vocab)
    # What is guessed ahead differs from form to form, and is not what is measured here.
    engine_module.add_drafts = lambda *_, **__: 0
    compared = forms(grammars)
    print(f"{'form':<20}{'users':>6}{'tok/s':>9}{'of free text':>14}")
    for users in USERS:
        rates: dict[str, list[float]] = {name: [] for name in compared}
        for _ in range(options.runs):
            for name, grammar in compared.items():
                rates[name].append(speed(model, grammars, grammar, users))
        for name, of in rates.items():
            ratios = [a / b for a, b in zip(of, rates["free text"], strict=True)]
            print(
                f"{name:<20}{users:>6}{statistics.median(of):>9.1f}"
                f"{statistics.median(ratios):>14.3f}",
                flush=True,
            )
    grammars.close()


if __name__ == "__main__":
    main()
