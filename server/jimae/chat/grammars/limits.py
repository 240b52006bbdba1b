"""How large and how deep a schema or a grammar may be, before anything looks into it."""

from __future__ import annotations

import json
from typing import Any, Final

from jimae.errors import JimaeError

MAX_CHARACTERS: Final = 256 * 1024
MAX_DEPTH: Final = 64
# A text that an answer must have word for word is tokenised whole at every step behind which
# nothing else may come: 200 thousand characters took 3 s of everybody's time each time.
MAX_TEXT: Final = 4096
MAX_NOTATION: Final = 32 * 1024


def check_size(text: str, most: int = MAX_CHARACTERS) -> None:
    if len(text) > most:
        raise JimaeError("grammar_too_large", what="characters", value=len(text), limit=most)


def check_text(text: str) -> None:
    """Refuse a text within a grammar, such as a name or a value, that is too long."""
    if len(text) > MAX_TEXT:
        what = "characters in one text"
        raise JimaeError("grammar_too_large", what=what, value=len(text), limit=MAX_TEXT)


def check_depth(text: str, *, opening: str = "[{(", closing: str = "]})") -> None:
    """Refuse brackets that are nested too deeply, those within quotes counted too."""
    depth = deepest = 0
    for char in text:
        if char in opening:
            depth += 1
            deepest = max(deepest, depth)
        elif char in closing:
            depth = max(depth - 1, 0)
    if deepest > MAX_DEPTH:
        raise JimaeError("grammar_too_large", what="levels", value=deepest, limit=MAX_DEPTH)


def read_json(text: str) -> Any:
    """A schema from its text. No name may stand twice in an object, and no number be NaN."""
    check_size(text)
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise JimaeError(
            "grammar_too_large", what="levels", value=MAX_DEPTH + 1, limit=MAX_DEPTH
        ) from None
    except ValueError as error:
        raise JimaeError("invalid_schema", path="#", reason=f"no JSON: {error}") from None
    _check_levels(value, 1)
    return value


def _check_levels(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise JimaeError("grammar_too_large", what="levels", value=depth, limit=MAX_DEPTH)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _check_levels(item, depth + 1)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
