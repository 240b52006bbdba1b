"""What an endpoint does with each parameter that its clients know.

A table is the one place that decides, and what the compatibility page is written
from. `works` reaches the model; `harmless` may be sent and changes nothing, since
what it asks for is already so or means nothing here; `refused` is an error unless
its value is one that asks for nothing. A null is the same as not sending.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, NamedTuple

from jimae.errors import JimaeError

Support = Literal["works", "harmless", "refused"]
Test = Callable[[object], bool]

LONGEST_SHOWN: Final = 60
LONGEST_NAME: Final = 200


class Parameter(NamedTuple):
    """One row. `note` is for the page, in English.

    `harmless_if` says which values of a refused parameter ask for nothing; `instead`
    names the parameter that does the same; `ours` marks an extension that the API's
    inventor does not have.
    """

    support: Support
    note: str
    harmless_if: Test | None = None
    instead: str | None = None
    ours: bool = False

    @property
    def code(self) -> str | None:
        """The code of the error that refuses it."""
        if self.support != "refused":
            return None
        return "replaced_parameter" if self.instead else "unsupported_parameter"


Table = Mapping[str, Parameter]


class Endpoint(NamedTuple):
    """One endpoint of the compatibility page: `POST`, `/v1/chat/completions`.

    `words` are a sentence below its heading. Names of rows may have dots, for what
    is inside of a parameter (`stream_options.include_obfuscation`): these are told
    on the page, and decided by the schema.
    """

    method: str
    path: str
    table: Table
    words: str = ""


def works(note: str) -> Parameter:
    return Parameter("works", note)


def ours(note: str) -> Parameter:
    return Parameter("works", note, ours=True)


def harmless(note: str) -> Parameter:
    return Parameter("harmless", note)


def refused(note: str, harmless_if: Test | None = None, *, instead: str | None = None) -> Parameter:
    return Parameter("refused", note, harmless_if, instead)


def one_of(*values: object) -> Test:
    """Whether a value is one of these."""
    # By type too: 0 and False are equal in Python, and different requests.
    return lambda value: any(type(value) is type(v) and value == v for v in values)


def select(body: Mapping[str, object], table: Table, within: str = "") -> dict[str, object]:
    """The part of a request that works: what a schema then validates. `within` stands before
    the names of an object inside of it: `options.`.

    Raises `unknown_parameter` with the nearest names, `unsupported_parameter` or
    `replaced_parameter`.
    """
    working: dict[str, object] = {}
    for name, value in body.items():
        parameter = table.get(name)
        if parameter is None or "." in name:
            raise unknown(f"{within}{name}", table)
        if value is None or parameter.support == "harmless":
            continue
        if parameter.support == "works":
            working[name] = value
        elif parameter.harmless_if is None or not parameter.harmless_if(value):
            raise _refusal(f"{within}{name}", value, parameter)
    return working


def working(table: Table) -> set[str]:
    """The names that a schema has to have."""
    return {name for name, row in table.items() if row.support == "works" and "." not in name}


def unknown(path: str, names: Iterable[str]) -> JimaeError:
    """`unknown_parameter` for a path such as `messages.0.contents`."""
    name = path.rpartition(".")[2]
    near = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    short = path[:LONGEST_NAME]
    return JimaeError("unknown_parameter", param=short, name=short, near=", ".join(near) or "-")


def unsupported(path: str, value: object) -> JimaeError:
    return JimaeError("unsupported_parameter", param=path, name=path, value=shown(value))


def conflict(name: str, value: object, other: str, other_value: object) -> JimaeError:
    """`conflicting_parameters`: two that cannot both be meant."""
    return JimaeError(
        "conflicting_parameters",
        param=name,
        name=name,
        value=shown(value),
        other=other,
        other_value=shown(other_value),
    )


def shown(value: object) -> str:
    """A value of a request as a short JSON text."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}…"


def _refusal(name: str, value: object, parameter: Parameter) -> JimaeError:
    if parameter.instead is None:
        return unsupported(name, value)
    return JimaeError(
        "replaced_parameter",
        param=name,
        name=name,
        value=shown(value),
        instead=parameter.instead,
    )
