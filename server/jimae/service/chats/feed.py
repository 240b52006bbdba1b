"""What changed, told to every page of its owner that listens: ids, never words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Final, Literal

import msgspec

# Who reads more slowly than this is told to read everything again.
MOST_WAITING: Final = 1_000


class News(msgspec.Struct, frozen=True, omit_defaults=True):
    """`hello`: read everything again; `chat`: this one changed; `gone`: this one is no more;
    `folders`: one of them changed."""

    type: Literal["hello", "chat", "gone", "folders"]
    id: str | None = None


class Feed:
    """Listeners by owner. A listener that falls behind loses nothing: it begins again."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Queue[News | None]]] = {}
        self._over = False

    def changed(self, owner: str, chat_id: str) -> None:
        self._tell(owner, News("chat", chat_id))

    def gone(self, owner: str, chat_id: str) -> None:
        self._tell(owner, News("gone", chat_id))

    def folders(self, owner: str) -> None:
        self._tell(owner, News("folders"))

    def end(self) -> None:
        """End what every listener reads, and will: the server stops."""
        self._over = True
        for queues in self._listeners.values():
            for queue in queues:
                queue.put_nowait(None)

    async def listen(self, owner: str) -> AsyncGenerator[News, None]:
        if self._over:
            return
        queue: asyncio.Queue[News | None] = asyncio.Queue()
        self._listeners.setdefault(owner, set()).add(queue)
        try:
            yield News("hello")
            while (news := await queue.get()) is not None:
                if queue.qsize() > MOST_WAITING:
                    while not queue.empty():
                        if queue.get_nowait() is None:
                            return
                    news = News("hello")
                yield news
        finally:
            queues = self._listeners[owner]
            queues.discard(queue)
            if not queues:
                del self._listeners[owner]

    def _tell(self, owner: str, news: News) -> None:
        for queue in self._listeners.get(owner, ()):
            queue.put_nowait(news)
