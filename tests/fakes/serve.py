"""`jimae serve` with the fake model, for tests that send signals to a process.

Arguments: the data directory, the port, how long one character takes and how long a stop
waits in seconds, the address to listen on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from fakes.backend import FakeBackend, Step, forever, saying
from jimae.cli import serve
from jimae.settings import load
from jimae.types import ChatPrompt, GenerateRequest


class Talker(FakeBackend):
    """Talks for ever when asked to, and slowly; else it says how many messages it was sent, and
    the last."""

    def __init__(self, model: str, delay: float) -> None:
        super().__init__(model)
        self._delay = delay

    def choose(self, request: GenerateRequest) -> Sequence[Step]:
        assert isinstance(request.prompt, ChatPrompt)
        messages = request.prompt.messages
        last = "".join(part.text for part in messages[-1].content)
        if last == "話して":
            return forever(self._delay)
        if last.startswith("ゆっくり"):
            return saying(last, delay=self._delay)
        return saying(f"\x1b[31m{len(messages)}通目「{last}」")


def main() -> None:
    data_dir, port, delay, drain, host = sys.argv[1:6]
    settings = load(
        environ={},
        overrides={
            "data_dir": Path(data_dir),
            "server.host": host,
            "server.port": int(port),
            "server.drain_seconds": float(drain),
        },
    )

    def make(model: str, *_: object) -> FakeBackend:
        return Talker(model, float(delay))

    serve.run(settings, make)
    for name in sys.modules:
        if name.partition(".")[0] == "llama_cpp":
            sys.exit("the serving process imported llama_cpp")


if __name__ == "__main__":
    main()
