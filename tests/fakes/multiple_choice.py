"""Questions with one right answer, made from a seed, and the ways to score them: as lm-eval asks
a server, and straight from a model's logits.

A choice's log-likelihood is the sum of the log-probabilities of its tokens after the question's;
the model's answer is the choice of the greatest.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx
import numpy as np
from numpy.typing import NDArray

from jimae.llama.model import Model, Slice

ANTONYMS = (
    *(("高い", "低い"), ("大きい", "小さい"), ("明るい", "暗い"), ("速い", "遅い")),
    *(("長い", "短い"), ("重い", "軽い"), ("新しい", "古い"), ("強い", "弱い")),
    *(("多い", "少ない"), ("広い", "狭い"), ("深い", "浅い"), ("近い", "遠い"), ("太い", "細い")),
)
OPPOSITES = (
    *(("hot", "cold"), ("early", "late"), ("rich", "poor"), ("empty", "full")),
    *(("wet", "dry"), ("old", "young"), ("hard", "soft"), ("loud", "quiet")),
    *(("open", "closed"), ("cheap", "expensive"), ("strong", "weak"), ("deep", "shallow")),
    ("true", "false"),
)
DAYS = ("月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Question(NamedTuple):
    """`answer` is the index of the right one of `choices`, each of which goes on with `text`."""

    text: str
    choices: list[str]
    answer: int


class Score(NamedTuple):
    """A choice: its log-likelihood, and whether each of its tokens is the likeliest."""

    log_likelihood: float
    greedy: bool


def questions(count: int, seed: int = 1) -> list[Question]:
    """All different, English and Japanese by turns; four choices in a random order."""
    chance = random.Random(seed)  # noqa: S311
    kinds = (_sum, _opposite, _largest, _next)
    made: dict[str, Question] = {}
    while len(made) < count:
        kind, japanese = kinds[len(made) // 2 % 4], bool(len(made) % 2)
        question = kind(chance, japanese)
        made.setdefault(question.text, question)
    return list(made.values())


def best(scores: list[Score]) -> int:
    """The first of the likeliest, as lm-eval's `acc` has it."""
    return int(np.argmax([score.log_likelihood for score in scores]))


# --- straight from the logits ------------------------------------------------------------


def of_logits(model: Model, question: Question) -> list[Score]:
    """Each choice in one batch of its own, on an empty cache."""
    prompt = _tokens(model, question.text)
    return [
        _of_tokens(model, len(prompt), _tokens(model, question.text + choice))
        for choice in question.choices
    ]


def _tokens(model: Model, text: str) -> list[int]:
    return model.vocab.tokenize(text, special=True)


def _of_tokens(model: Model, prompt: int, ids: list[int]) -> Score:
    model.seq_remove(0, 0)
    logits = model.decode([Slice(0, 0, ids, len(ids))])
    total, greedy = 0.0, True
    for position in range(prompt, len(ids)):
        row = logits[position - 1].astype(np.float64)
        total += float(row[ids[position]] - _log_sum(row))
        greedy &= bool(row[ids[position]] == row.max())
    return Score(total, greedy)


def _log_sum(row: NDArray[np.float64]) -> float:
    top = float(row.max())
    return top + float(np.log(np.exp(row - top).sum()))


# --- as lm-eval asks ---------------------------------------------------------------------


async def of_server(
    client: httpx.AsyncClient, model: str, question: Question, *, tokenized: bool
) -> list[Score]:
    """What lm-eval's local-completions sends with its remote tokenizer, and how it reads it
    (lm_eval 0.4.13, models/api_models.py and models/openai_completions.py)."""
    prompt = len(await _encode(client, question.text))
    scores = []
    for choice in question.choices:
        ids = await _encode(client, question.text + choice)
        asked = {
            "model": model,
            "prompt": [ids] if tokenized else await _decode(client, ids),
            "temperature": 0,
            "max_tokens": 1,
            "logprobs": 1,
            "seed": 1234,
            "echo": True,
        }
        told = await _post(client, "/v1/completions", asked)
        logprobs = told["choices"][0]["logprobs"]
        # Without the last: that is the one token which the model wrote.
        taken = logprobs["token_logprobs"][prompt:-1]
        tops = logprobs["top_logprobs"][prompt:-1]
        greedy = all(one == max(top.values()) for one, top in zip(taken, tops, strict=True))
        scores.append(Score(sum(taken), greedy))
    return scores


async def _encode(client: httpx.AsyncClient, text: str) -> list[int]:
    told = await _post(client, "/tokenize", {"prompt": text, "add_special_tokens": False})
    ids: list[int] = told["tokens"]
    return ids


async def _decode(client: httpx.AsyncClient, ids: list[int]) -> str:
    text: str = (await _post(client, "/detokenize", {"tokens": ids}))["prompt"]
    return text


async def _post(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = await client.post(path, json=body)
    response.raise_for_status()
    told: dict[str, Any] = response.json()
    return told


# --- the questions -----------------------------------------------------------------------


def _asked(
    chance: random.Random, japanese: bool, text: str, right: str, wrong: list[str]
) -> Question:
    choices = [right, *wrong]
    chance.shuffle(choices)
    answer = choices.index(right)
    if japanese:
        return Question(f"問題: {text}\n答え:", choices, answer)
    return Question(f"Question: {text}\nAnswer:", [f" {choice}" for choice in choices], answer)


def _sum(chance: random.Random, japanese: bool) -> Question:
    left, right = chance.randint(2, 49), chance.randint(2, 49)
    wrong = [str(left + right + off) for off in chance.sample((-11, -10, -2, -1, 1, 2, 10, 11), 3)]
    text = f"{left}+{right}はいくつですか。" if japanese else f"What is {left} + {right}?"
    return _asked(chance, japanese, text, str(left + right), wrong)


def _opposite(chance: random.Random, japanese: bool) -> Question:
    (word, opposite), *others = chance.sample(ANTONYMS if japanese else OPPOSITES, 4)
    text = f"「{word}」の反対は何ですか。" if japanese else f"What is the opposite of {word}?"
    return _asked(chance, japanese, text, opposite, [chance.choice(pair) for pair in others])


def _largest(chance: random.Random, japanese: bool) -> Question:
    numbers = sorted(chance.sample(range(100, 1000), 4))
    *others, largest = map(str, numbers)
    shown = ", ".join(chance.sample([*others, largest], 4))
    text = (
        f"{shown} の中で一番大きい数はどれですか。" if japanese else f"Which is largest: {shown}?"
    )
    return _asked(chance, japanese, text, largest, others)


def _next(chance: random.Random, japanese: bool) -> Question:
    row: Sequence[str] = DAYS if japanese else LETTERS
    here = chance.randrange(len(row) - 3)
    there = here + chance.randint(1, 3)
    others = [one for one in row if one not in (row[here], row[there])]
    steps = there - here
    text = (
        f"{row[here]}の{steps}日後は何曜日ですか。"
        if japanese
        else f"Which letter comes {steps} after {row[here]}?"
    )
    return _asked(chance, japanese, text, row[there], chance.sample(others, 3))
