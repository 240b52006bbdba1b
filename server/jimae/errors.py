"""One error type for everything that a person or a program is told of.

A failure is a *code* and the values that belong to it; the sentences live in
`error_texts`, in English and Japanese, so that a message can be written in the
reader's language at the edge and an error can cross a process boundary as data.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from jimae.error_texts import TEXTS
from jimae.error_texts.text import Inside, Text
from jimae.error_texts.words import Value, in_japanese

Language = Literal["en", "ja"]

DEFAULT_LANGUAGE: Final[Language] = "en"


class JimaeError(Exception):
    """A failure with a known code.

    `code` is a key of `error_texts.TEXTS`; `values` fill its sentences;
    `param` names the field of the request that caused it, if one did;
    `retry_after` is in seconds.
    """

    def __init__(
        self,
        code: str,
        *,
        param: str | None = None,
        retry_after: float | None = None,
        **values: Value,
    ) -> None:
        self.code = code
        self.param = param
        self.retry_after = retry_after
        self.values = values
        super().__init__(self.whole("en"))

    @property
    def text(self) -> Text:
        return TEXTS[self.code]

    @property
    def status(self) -> int:
        """The HTTP status that belongs to this code."""
        return self.text.status

    @property
    def type(self) -> str:
        """The `type` field of OpenAI's error envelope."""
        return self.text.type

    def message(self, language: Language = DEFAULT_LANGUAGE) -> str:
        """What whoever asked may read."""
        return self._filled(self.text, language)

    def whole(self, language: Language = DEFAULT_LANGUAGE) -> str:
        """What who runs the server reads, in the terminal or the log; `str` is it, in English."""
        return self._filled(self.text.inside or self.text, language)

    def _filled(self, text: Text | Inside, language: Language) -> str:
        japanese = language == "ja"
        template = text.ja if japanese else text.en
        values = in_japanese(self.code, self.values) if japanese else self.values
        return template.format(param=self.param or "", **values)

    def to_wire(self) -> WireError:
        return WireError(self.code, self.param, self.retry_after, dict(self.values))


class WireError(NamedTuple):
    """A `JimaeError` as plain data: what crosses between processes."""

    code: str
    param: str | None
    retry_after: float | None
    values: dict[str, Value]

    def to_error(self) -> JimaeError:
        return JimaeError(self.code, param=self.param, retry_after=self.retry_after, **self.values)
