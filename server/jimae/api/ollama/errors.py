"""Errors as Ollama's clients know them: a sentence. The code is ours."""

from __future__ import annotations

from typing_extensions import TypedDict

from jimae.errors import JimaeError, Language


class Envelope(TypedDict):
    error: str
    code: str
    param: str | None


def envelope(error: JimaeError, language: Language) -> Envelope:
    return {"error": error.message(language), "code": error.code, "param": error.param}
