"""The handlers of chats: what the page and its reader's programs do with them."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from fastapi import Request
from starlette.responses import Response, StreamingResponse

from jimae.api.body import check_media_type, read_object
from jimae.api.caller import caller_of, owner_of
from jimae.api.errors import language_of
from jimae.api.explain import fitted
from jimae.api.jimae.chat_bodies import (
    AnswerBody,
    AskedBody,
    ChatBody,
    ChatList,
    DeletedBody,
    EmptiedBody,
    FailedBody,
    FolderBody,
    FolderList,
    FoundList,
    ImportedBody,
    TurnBody,
    chat_body,
    folder_body,
    found_body,
    opened_body,
    turn_body,
)
from jimae.api.jimae.chat_events import Feed, RunEvents
from jimae.api.jimae.chat_schema import (
    AnswerRequest,
    AskRequest,
    ChatsQuery,
    ChatUpdate,
    DeleteQuery,
    EventsQuery,
    ExportQuery,
    FolderRequest,
    FolderUpdate,
    NewChatRequest,
    OpenQuery,
    Query,
    SearchQuery,
    SharedQuery,
    ShareRequest,
    UnshareQuery,
)
from jimae.api.openai.responses.queries import known_id
from jimae.api.text import checked
from jimae.service.chats.shapes import Chat
from jimae.service.service import Service

Q = TypeVar("Q", bound=Query)


class ChatRoutes:
    """Chats, over one service. `paths.py` gives the handlers their paths."""

    def __init__(self, service: Service) -> None:
        self._chats = service.chats
        self._runs = service.runs
        self._limit = service.settings.server.max_body_mb

    # --- what there is --------------------------------------------------------------

    async def list(self, request: Request) -> ChatList:
        """One's chats, those that changed last first."""
        query = _query(request, ChatsQuery)
        owner = owner_of(request)
        return _listed(*await self._chats.list(owner, query.read()), owner)

    async def shared(self, request: Request) -> ChatList:
        """The chats that others share with one's groups."""
        query = _query(request, SharedQuery)
        caller = caller_of(request)
        return _listed(*await self._chats.sharing.list(caller, query.limit, query.after), caller.id)

    async def search(self, request: Request) -> FoundList:
        """One's chats by words: of titles, questions and answers."""
        query = _query(request, SearchQuery)
        owner = owner_of(request)
        asked = checked(query.q, "q")
        found, more = await self._chats.searching.search(owner, asked, query.limit, query.after)
        return {"data": [found_body(one, owner) for one in found], "has_more": more}

    async def events(self, request: Request) -> Response:
        """What changes among one's chats, as it does."""
        _query(request, Query)
        caller = caller_of(request)
        return Feed(self._runs.read(self._chats.listen(caller.id), caller))

    async def get(self, request: Request, chat_id: str) -> Response:
        """A chat with the branch that is shown; also one that is shared with one's groups."""
        query = _query(request, OpenQuery)
        opened = await self._chats.get(
            caller_of(request),
            known_id(chat_id),
            before=query.before,
            limit=None if query.limit is None else min(query.limit, 1_000_000),
        )
        return _json(opened_body(opened, owner_of(request), language_of(request.scope)))

    async def get_turn(self, request: Request, chat_id: str, turn_id: str) -> TurnBody:
        """One question or answer, on whatever branch."""
        _query(request, Query)
        turn = await self._chats.turn(owner_of(request), known_id(chat_id), known_id(turn_id))
        return turn_body(turn, language_of(request.scope))

    # --- asking -----------------------------------------------------------------------

    async def ask(self, request: Request, chat_id: str) -> AskedBody:
        """Keep a question and begin to answer it."""
        wanted = fitted(await self._read(request), AskRequest)
        question, answer = await self._chats.ask(
            caller_of(request), known_id(chat_id), wanted.read()
        )
        language = language_of(request.scope)
        return {"question": turn_body(question, language), "answer": turn_body(answer, language)}

    async def answer(self, request: Request, chat_id: str, turn_id: str) -> AnswerBody:
        """Begin another answer to a question, beside those that it has."""
        wanted = fitted(await self._read(request), AnswerRequest)
        answer = await self._chats.answer_again(
            caller_of(request), known_id(chat_id), known_id(turn_id), wanted.model
        )
        return {"answer": turn_body(answer, language_of(request.scope))}

    async def go_on(self, request: Request, chat_id: str, turn_id: str) -> AnswerBody:
        """Go on with an answer that broke off."""
        answer = await self._chats.go_on(caller_of(request), known_id(chat_id), known_id(turn_id))
        return {"answer": turn_body(answer, language_of(request.scope))}

    async def run_events(self, request: Request, chat_id: str, run_id: str) -> Response:
        """What happens to an answer, from any event on, for any number of readers."""
        query = _query(request, EventsQuery)
        caller = caller_of(request)
        entries = self._chats.events(caller.id, known_id(chat_id), known_id(run_id), query.after)
        return RunEvents(self._runs.read(entries, caller))

    async def stop(self, request: Request, chat_id: str, run_id: str) -> TurnBody:
        """End an answer, and keep what was written."""
        turn = await self._chats.stop(owner_of(request), known_id(chat_id), known_id(run_id))
        return turn_body(turn, language_of(request.scope))

    # --- changing ---------------------------------------------------------------------

    async def create(self, request: Request) -> ChatBody:
        """Begin a chat."""
        wanted = fitted(await self._read(request), NewChatRequest)
        caller = caller_of(request)
        return chat_body(await self._chats.create(caller, wanted.read()), caller.id)

    async def update(self, request: Request, chat_id: str) -> Response:
        """Rename, move, pin, set, or walk to another branch."""
        wanted = fitted(await self._read(request), ChatUpdate)
        caller = caller_of(request)
        opened = await self._chats.change(caller, known_id(chat_id), wanted.read())
        return _json(opened_body(opened, caller.id, language_of(request.scope)))

    async def delete(self, request: Request, chat_id: str) -> DeletedBody:
        """Into the trash; or, with `forever`, for good."""
        query = _query(request, DeleteQuery)
        caller = caller_of(request)
        if query.forever:
            await self._chats.trash.erase(caller, known_id(chat_id))
        else:
            await self._chats.trash.put(caller.id, known_id(chat_id))
        return {"id": chat_id, "deleted": True}

    async def restore(self, request: Request, chat_id: str) -> ChatBody:
        """Out of the trash."""
        owner = owner_of(request)
        return chat_body(await self._chats.trash.restore(owner, known_id(chat_id)), owner)

    async def empty_trash(self, request: Request) -> EmptiedBody:
        """Delete what is in the trash for good."""
        return {"deleted": await self._chats.trash.empty(caller_of(request))}

    async def share(self, request: Request, chat_id: str) -> ChatBody:
        """Let the members of a group read a chat."""
        wanted = fitted(await self._read(request), ShareRequest)
        caller = caller_of(request)
        chat = await self._chats.sharing.share(caller, known_id(chat_id), wanted.group)
        return chat_body(chat, caller.id)

    async def unshare(self, request: Request, chat_id: str) -> ChatBody:
        """Nobody of a group, or of any, reads a chat any more."""
        query = _query(request, UnshareQuery)
        caller = caller_of(request)
        chat = await self._chats.sharing.unshare(caller, known_id(chat_id), query.group)
        return chat_body(chat, caller.id)

    # --- files ------------------------------------------------------------------------

    async def export(self, request: Request, chat_id: str) -> Response:
        """A chat as a file."""
        query = _query(request, ExportQuery)
        caller, exporting = caller_of(request), self._chats.exporting
        if query.format == "markdown":
            file = await exporting.markdown(caller, known_id(chat_id), reasoning=query.reasoning)
        else:
            file = await exporting.json(caller, known_id(chat_id))
        return Response(file.content, media_type=file.media_type, headers=_attachment(file.name))

    async def export_all(self, request: Request) -> Response:
        """All of one's chats as a file that can be imported again."""
        _query(request, Query)
        pieces = self._chats.exporting.everything(caller_of(request))
        headers = _attachment("jimae-chats.json")
        return StreamingResponse(pieces, media_type="application/json", headers=headers)

    async def import_(self, request: Request) -> ImportedBody:
        """Take over the chats of a file: of jimae, ChatGPT or Open WebUI."""
        _query(request, Query)
        check_media_type(request.headers.get("content-type"))
        done = await self._chats.importing.take(caller_of(request), request.stream())
        failed = [FailedBody(index=one.index, reason=one.reason) for one in done.failed]
        return {"imported": done.imported, "already": done.already, "failed": failed}

    async def _read(self, request: Request) -> dict[str, object]:
        return await read_object(request, self._limit)


class FolderRoutes:
    """Folders of chats."""

    def __init__(self, service: Service) -> None:
        self._folders = service.chats.folders
        self._limit = service.settings.server.max_body_mb

    async def list(self, request: Request) -> FolderList:
        """One's folders."""
        folders = await self._folders.list(owner_of(request))
        return {"data": [folder_body(folder) for folder in folders], "has_more": False}

    async def create(self, request: Request) -> FolderBody:
        """Make a folder."""
        wanted = fitted(await read_object(request, self._limit), FolderRequest)
        name = checked(wanted.name, "name")
        return folder_body(await self._folders.create(owner_of(request), name, wanted.parent))

    async def update(self, request: Request, folder_id: str) -> FolderBody:
        """Rename or move a folder."""
        wanted = fitted(await read_object(request, self._limit), FolderUpdate)
        return folder_body(
            await self._folders.change(owner_of(request), known_id(folder_id), wanted.read())
        )

    async def delete(self, request: Request, folder_id: str) -> DeletedBody:
        """Delete a folder, but not what is in it."""
        await self._folders.delete(owner_of(request), known_id(folder_id))
        return {"id": folder_id, "deleted": True}


def _query(request: Request, model: type[Q]) -> Q:
    return fitted(dict(request.query_params), model)


def _listed(chats: list[Chat], more: bool, reader: str) -> ChatList:
    return {"data": [chat_body(chat, reader) for chat in chats], "has_more": more}


def _attachment(name: str) -> dict[str, str]:
    """Headers of a file that is kept, and never shown as a page."""
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def _json(body: Any) -> Response:
    return Response(
        msgspec.json.encode(body),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
