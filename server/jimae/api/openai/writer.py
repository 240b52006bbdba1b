"""What a response needs of whoever knows an endpoint's shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

import jimae
from jimae.api.openai.tally import Tally
from jimae.types import Delta, Done, PromptLogprobs, Started

FINGERPRINT: Final = f"jimae-{jimae.__version__}"

Written = Started | PromptLogprobs | Delta | Done
"""The events of a sequence that show in its answer."""

Body = Mapping[str, Any]


class Writer(Protocol):
    """Builds the bodies of one response: the chunks of a stream, or the whole of it. All share
    its id and time."""

    def chunks(self, index: int, event: Written) -> Iterator[dict[str, Any]]:
        """What an event is in a stream: none, one or several bodies."""
        ...

    def usage(self, tally: Tally) -> Body:
        """The last body of a stream that asks for what it used."""
        ...

    def add(self, index: int, event: Written) -> None:
        """Take an event into the whole answer."""
        ...

    def whole(self, tally: Tally) -> Body:
        """The whole answer, after every event was added."""
        ...
