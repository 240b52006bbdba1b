"""The lines of a batch, as OpenAI has them: what goes in, what comes out. No I/O but reading.

In:   {"custom_id", "method": "POST", "url", "body": {…}}
Out:  {"id", "custom_id", "response": {"status_code", "request_id", "body"}, "error"}
"""

from __future__ import annotations

import codecs
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeVar

import msgspec

from jimae.errors import DEFAULT_LANGUAGE, JimaeError, Language
from jimae.store.blobs import told

# A file that is wrong throughout is not told of line by line.
MOST_PROBLEMS: Final = 100
OK: Final = 200

T = TypeVar("T")
CustomId = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
# PostgreSQL takes no NUL in a text.
ModelId = Annotated[str, msgspec.Meta(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]


class Line(msgspec.Struct, frozen=True):
    """One request. `body` is JSON as it was written, for the endpoint to judge."""

    custom_id: CustomId
    method: Literal["POST"]
    url: str
    body: msgspec.Raw


class _Body(msgspec.Struct, frozen=True):
    model: ModelId


class _Judged(msgspec.Struct, frozen=True):
    custom_id: CustomId
    method: Literal["POST"]
    url: str
    body: _Body


class Reply(msgspec.Struct, frozen=True):
    """What the endpoint answered."""

    status_code: int
    request_id: str
    body: dict[str, Any]


class Unanswered(msgspec.Struct, frozen=True):
    """Why the endpoint was not asked."""

    code: str
    message: str


class Outcome(msgspec.Struct, frozen=True):
    """A line of the output, or of the errors."""

    id: str
    custom_id: str
    response: Reply | None
    error: Unanswered | None

    @property
    def good(self) -> bool:
        return self.response is not None and self.response.status_code == OK


class Span(NamedTuple):
    """Where a line is in its file, in bytes, and which one it is, from 1."""

    number: int
    start: int
    length: int


class Judgement(NamedTuple):
    """What is in a file. `model` is the one that all its lines name, if it is one."""

    total: int
    model: str | None
    problems: list[dict[str, Any]]


def outcome(custom_id: str, reply: Reply | None, error: Unanswered | None = None) -> Outcome:
    return Outcome(f"batch_req_{uuid.uuid4().hex}", custom_id, reply, error)


def encode(result: Outcome) -> bytes:
    """The line with its end."""
    return msgspec.json.encode(result) + b"\n"


def spans(path: Path, longest: int) -> Iterator[Span]:
    """Every line that is not blank. Of one longer than `longest` bytes, the length says so
    and nothing more; it is not in memory as a whole."""
    with told(path.parent), path.open("rb") as file:
        number = start = 0
        while text := file.readline(longest + 2):
            number += 1
            length, blank = len(text), not text.strip()
            while not text.endswith(b"\n") and (text := file.readline(longest + 2)):
                length, blank = length + len(text), False
            if not blank:
                yield Span(number, start, length)
            start += length


def read(path: Path, span: Span) -> bytes:
    with told(path.parent), path.open("rb") as file:
        file.seek(span.start)
        text = file.read(span.length)
    return text.removeprefix(codecs.BOM_UTF8) if span.start == 0 else text


def judge(
    path: Path,
    endpoint: str,
    *,
    most: int,
    longest: int,
    language: Language = DEFAULT_LANGUAGE,
) -> Judgement:
    """Read a whole file before anything of it is answered: up to `most` lines of `longest`
    bytes each, every `custom_id` once, all to the one endpoint."""
    total = 0
    models: set[str] = set()
    seen: dict[str, int] = {}
    problems: list[dict[str, Any]] = []
    for span in spans(path, longest):
        total += 1
        try:
            if total > most:
                raise JimaeError("batch_too_long", limit=most)
            if span.length > longest + 1:
                raise JimaeError("batch_line_too_long", limit=longest)
            line = _judged(read(path, span), endpoint)
            first = seen.setdefault(line.custom_id, span.number)
            if first != span.number:
                raise JimaeError(
                    "duplicate_custom_id",
                    param="custom_id",
                    value=line.custom_id[:100],
                    line=first,
                )
            models.add(line.body.model)
        except JimaeError as error:
            problems.append(problem(error, language, span.number))
            if len(problems) == MOST_PROBLEMS or error.code == "batch_too_long":
                break
    if not total:
        problems.append(problem(JimaeError("batch_empty", param="input_file_id"), language))
    return Judgement(total, models.pop() if len(models) == 1 else None, problems)


def parsed(text: bytes) -> Line:
    """A line that was judged before."""
    return msgspec.json.decode(text, type=Line)


def _judged(text: bytes, endpoint: str) -> _Judged:
    try:
        line = msgspec.json.decode(text, type=_Judged)
    except msgspec.ValidationError as error:
        raise JimaeError("invalid_batch_line", reason=str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise JimaeError("invalid_json_line", reason=str(error)) from None
    if line.url != endpoint:
        raise JimaeError("mismatched_url", param="url", value=line.url[:100], endpoint=endpoint)
    return line


def problem(error: JimaeError, language: Language, line: int | None = None) -> dict[str, Any]:
    """What is wrong with a line, or with the whole file, as OpenAI shows it."""
    return {
        "code": error.code,
        "line": line,
        "message": error.message(language),
        "param": error.param,
    }


# --- usage -----------------------------------------------------------------------------------

USAGE: Final = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")


def used(body: dict[str, Any]) -> dict[str, int]:
    """What an answer used, by the names of `USAGE`. Responses say input and output where
    the other endpoints say prompt and completion."""
    usage = body.get("usage") or {}
    counts = (
        _first(usage, "input_tokens", "prompt_tokens"),
        _first(_first(usage, "input_tokens_details", "prompt_tokens_details"), "cached_tokens"),
        _first(usage, "output_tokens", "completion_tokens"),
        _first(
            _first(usage, "output_tokens_details", "completion_tokens_details"),
            "reasoning_tokens",
        ),
    )
    return {name: count or 0 for name, count in zip(USAGE, counts, strict=True)}


def _first(found: Any, *names: str) -> Any:
    values = ((found or {}).get(name) for name in names)
    return next((value for value in values if value is not None), None)
