"""What requests about chats may hold."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from jimae.api.openai.responses.schema import StoredId
from jimae.api.openai.schema import MAX_INT, ModelId, Number, Strict
from jimae.api.text import checked
from jimae.service.chats import shapes
from jimae.service.chats.asking import Question
from jimae.service.chats.chats import Change
from jimae.service.chats.folders import FolderChange
from jimae.service.chats.listing import Which
from jimae.service.instructions import Style
from jimae.store.chat_tables import FOLDER_LENGTH, TITLE_LENGTH

MAX_PAGE = 500
MAX_PARTS = 64

Title = Annotated[str, StringConstraints(max_length=TITLE_LENGTH)]
FolderName = Annotated[str, StringConstraints(min_length=1, max_length=FOLDER_LENGTH)]
FileName = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE)]


class TextPart(Strict):
    type: Literal["text"]
    text: str


class AttachmentPart(Strict):
    """A file of text that goes with a question."""

    type: Literal["attachment"]
    name: FileName
    text: str


Content = Annotated[TextPart | AttachmentPart, Field(discriminator="type")]


class ChatSettingsBody(Strict):
    """What a chat has for itself; null takes what its owner or the model has."""

    instructions: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    style: Style | None = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None


class NewChatRequest(Strict):
    """Body of POST /jimae/chats."""

    title: Title | None = None
    folder: StoredId | None = None
    model: ModelId | None = None
    settings: ChatSettingsBody | None = None

    def read(self) -> Change:
        return _change(self)


class ChatUpdate(NewChatRequest):
    """Body of POST /jimae/chats/{id}: what is not named stays. `head` walks to its branch."""

    pinned: bool = False
    head: StoredId = ""


class AskRequest(Strict):
    """Body of POST /jimae/chats/{id}/ask. `key` names the request: sent again, it asks once."""

    parent: StoredId | None = None
    content: str | Annotated[list[Content], Field(min_length=1, max_length=MAX_PARTS)]
    model: ModelId | None = None
    key: Key | None = None

    def read(self) -> Question:
        """Raises `invalid_text`."""
        return Question(self.parent, _parts(self.content), self.model, self.key)


class AnswerRequest(Strict):
    """Body of POST /jimae/chats/{id}/turns/{turn}/answer."""

    model: ModelId | None = None


class ShareRequest(Strict):
    """Body of POST /jimae/chats/{id}/share."""

    group: StoredId


class ChatsFile(BaseModel):
    """Body of POST /jimae/chats/import: what GET /jimae/chats/export gave. The array of chats
    may also stand alone, as in the files of ChatGPT and Open WebUI."""

    format: str | None = None
    chats: list[dict[str, object]]


class FolderRequest(Strict):
    """Body of POST /jimae/folders."""

    name: FolderName
    parent: StoredId | None = None


class FolderUpdate(Strict):
    """Body of POST /jimae/folders/{id}: what is not named stays."""

    name: FolderName = ""
    parent: StoredId | None = None

    def read(self) -> FolderChange:
        """Raises `invalid_text`."""
        named = {name: getattr(self, name) for name in self.model_fields_set}
        if "name" in named:
            checked(named["name"], "name")
        return FolderChange(**named)


class Query(BaseModel):
    """The part of an address after `?`: everything in it is text at first."""

    model_config = ConfigDict(extra="forbid")


class ChatsQuery(Query):
    after: StoredId | None = None
    limit: Limit = 100
    folder: StoredId | None = None
    pinned: bool | None = None
    trash: bool = False

    def read(self) -> Which:
        return Which(self.limit, self.after, self.folder, self.pinned, self.trash)


class OpenQuery(Query):
    """`limit`: only the last turns of the branch, of those above `before`."""

    before: StoredId | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_INT)] | None = None


class SharedQuery(Query):
    after: StoredId | None = None
    limit: Limit = 100


class SearchQuery(Query):
    q: Annotated[str, StringConstraints(max_length=1024)] = ""
    after: StoredId | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class EventsQuery(Query):
    """`after`: only events with higher numbers."""

    after: Annotated[int, Field(ge=-1, le=MAX_INT)] = -1


class DeleteQuery(Query):
    """`forever`: not into the trash."""

    forever: bool = False


class UnshareQuery(Query):
    group: StoredId | None = None


class ExportQuery(Query):
    format: Literal["json", "markdown"] = "json"
    reasoning: bool = False


def _change(request: NewChatRequest) -> Change:
    named = {name: getattr(request, name) for name in request.model_fields_set}
    if "title" in named:
        named["title"] = checked(" ".join((named["title"] or "").split()), "title")
    if "settings" in named:
        own = named["settings"] or ChatSettingsBody()
        if own.instructions is not None:
            checked(own.instructions, "settings.instructions")
        named["settings"] = msgspec.convert(own.model_dump(), shapes.ChatSettings)
    return Change(**named)


def _parts(content: str | list[TextPart | AttachmentPart]) -> tuple[shapes.Part, ...]:
    if isinstance(content, str):
        return (shapes.Text(checked(content, "content")),)
    parts: list[shapes.Part] = []
    for index, part in enumerate(content):
        text = checked(part.text, f"content.{index}.text")
        if isinstance(part, AttachmentPart):
            parts.append(shapes.Attachment(checked(part.name, f"content.{index}.name"), text))
        else:
            parts.append(shapes.Text(text))
    return tuple(parts)
