"""Prompts of a known number of tokens, unique where a scenario wants them so.

Text is made of plain words that every common tokenizer knows as one token each,
so its length is linear in the number of words; three small probes of the server
measure the line. A salt of single digits keeps prompts apart: its digits differ
and its length in tokens does not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

_TEXT = (
    "the people of this office work with the new system every day and they write down what "
    "they do so that others can read it when a question comes up about the same thing in a "
    "later year the first part of the book says who may open the door and at what time the "
    "second part says how long a paper is kept and who will look at it before it goes out "
    "the third part is about the small room next to the hall where the old books are and "
    "where one can sit and read in the light of the window for as long as the house is open"
)
WORDS = _TEXT.split()

SALT_DIGITS = 8

# Asks for an answer with no natural end, so that even a server which cannot
# ignore the end-of-text token writes as long as it is asked to.
# Short, as questions about a shared document are: its tokens cannot be shared.
TASK = "Write a very long story with many chapters."


def salt(rng: random.Random) -> str:
    """A marker that makes a text unique; always the same number of tokens."""
    return "".join(str(rng.randrange(10)) for _ in range(SALT_DIGITS))


def words(count: int) -> str:
    repeats = -(-count // len(WORDS))
    return " ".join((WORDS * repeats)[:count])


def document(mark: str, count: int) -> str:
    """A salted text of `count` words; the salt comes first, so nothing before it is shared."""
    return f"Note {mark} : {words(count)}".rstrip()


@dataclass(frozen=True)
class Calibration:
    """How many tokens this server's model makes of a text.

    `overhead` is what the chat template adds around one user message, `marked`
    the tokens of an empty salted document, `per_word` those of one more word.
    """

    overhead: float
    marked: float
    per_word: float

    def words_for(self, tokens: int) -> int:
        """How many words make a salted document of `tokens` tokens."""
        return max(0, round((tokens - self.marked) / self.per_word))


def calibrate(one: int, two: int, long: int, long_words: int) -> Calibration:
    """From prompt sizes that the server reported.

    one: of an empty salted document; two: of two such, one after the other;
    long: of one with `long_words` words.
    """
    marked = two - one
    per_word = (long - one) / long_words
    if marked <= 0 or per_word <= 0:
        raise ValueError(f"prompt sizes do not grow with the prompt: {one}, {two}, {long}")
    return Calibration(one - marked, marked, per_word)


Message = dict[str, str]


def user(text: str) -> Message:
    return {"role": "user", "content": text}


def system(text: str) -> Message:
    return {"role": "system", "content": text}


def assistant(text: str) -> Message:
    return {"role": "assistant", "content": text}


def question(mark: str) -> Message:
    """A short question that no other request shares a beginning with."""
    return user(f"{mark} : {TASK}")
