"""Which language a reader wants to be told of errors in."""

from __future__ import annotations

from jimae.errors import DEFAULT_LANGUAGE, Language


def preferred(accept_language: str | None) -> Language:
    """Japanese if an `Accept-Language` header prefers it to English, else English."""
    best: tuple[float, Language] = (0.0, DEFAULT_LANGUAGE)
    for entry in (accept_language or "").split(",")[:32]:
        tag, _, parameters = entry.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        language: Language
        if primary == "ja":
            language = "ja"
        elif primary in ("en", "*"):
            language = "en"
        else:
            continue
        weight = _quality(parameters)
        if weight > best[0]:
            best = (weight, language)
    return best[1]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0
