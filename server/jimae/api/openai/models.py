"""The models of this server, in OpenAI's shape and more."""

from __future__ import annotations

from typing import Final, Literal

from typing_extensions import TypedDict

from jimae.catalogue.entry import Commercial, Model
from jimae.service.model_status import ModelState, ModelStatus
from jimae.types import Capability

Output = Literal["text", "embedding", "score"]

OWNER: Final = "jimae"
# Until a model was loaded, its catalogue entry says what it is for.
_KINDS: Final[dict[str, list[Capability]]] = {
    "chat": ["chat", "completions"],
    "base": ["completions"],
    "embedding": ["embeddings"],
}
_OUTPUTS: Final[dict[Capability, Output]] = {
    "chat": "text",
    "completions": "text",
    "embeddings": "embedding",
    "rerank": "score",
}


class LicenceBody(TypedDict):
    spdx: str
    url: str
    commercial: Commercial


class Modalities(TypedDict):
    input: list[Literal["text"]]
    output: list[Output]


class FileBody(TypedDict):
    """`sha256` is known of files that were checked when they came."""

    bytes: int
    sha256: str | None


class ModelBody(TypedDict):
    """The fields after `owned_by` are ours; clients ignore them.

    `context`: the tokens that one request may hold, null until the model was loaded.
    `context_trained`: what the model was trained for. `capabilities` say less until it was
    loaded, and are null for a model that is in no catalogue. `parser`: the family by which its
    reasoning and its calls are read.
    """

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    state: ModelState
    default: bool
    context: int | None
    context_trained: int | None
    modalities: Modalities
    capabilities: list[Capability] | None
    parser: str | None
    family: str | None
    parameters: int | None
    licence: LicenceBody | None
    file: FileBody


class ModelList(TypedDict):
    object: Literal["list"]
    data: list[ModelBody]


def model_body(status: ModelStatus) -> ModelBody:
    info, entry = status.info, status.entry
    capabilities = _capabilities(status)
    return {
        "id": status.id,
        "object": "model",
        "created": status.created,
        "owned_by": OWNER,
        "state": status.state,
        "default": status.default,
        "context": info.context if info else None,
        "context_trained": info.context_train if info else entry.context if entry else None,
        "modalities": {
            "input": ["text"],
            "output": _outputs(capabilities),
        },
        "capabilities": capabilities,
        "parser": info.parser if info else None,
        "family": entry.family if entry else None,
        "parameters": _parameters(status),
        "licence": _licence(entry) if entry else None,
        "file": {"bytes": status.size, "sha256": status.sha256},
    }


def _capabilities(status: ModelStatus) -> list[Capability] | None:
    if status.info is not None:
        return list(status.info.capabilities)
    return _KINDS[status.entry.kind] if status.entry else None


def _outputs(capabilities: list[Capability] | None) -> list[Output]:
    able = [_OUTPUTS[one] for one in capabilities or () if one in _OUTPUTS]
    return list(dict.fromkeys(able)) or ["text"]


def _parameters(status: ModelStatus) -> int | None:
    if status.info is not None:
        return status.info.n_params
    architecture = status.entry.architecture if status.entry else None
    return architecture.parameters if architecture else None


def _licence(entry: Model) -> LicenceBody:
    licence = entry.licence
    return {"spdx": licence.spdx, "url": licence.url, "commercial": licence.commercial}
