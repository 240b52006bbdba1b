"""The models of this server, in Ollama's shapes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from jimae.api.ollama.answers import Details, ModelBody, RunningBody, Shown
from jimae.api.ollama.convert import LATEST
from jimae.catalogue.abilities import can_embed, can_write
from jimae.catalogue.gguf_header import Header
from jimae.service.model_status import ModelStatus
from jimae.types import Capability

# llama.cpp's numbers of `general.file_type` (enum llama_ftype).
# fmt: off
_FILE_TYPES: Final[dict[int, str]] = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
    17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
    23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0",
    38: "MXFP4_MOE",
}
# fmt: on
_CAPABILITIES: Final[Mapping[Capability, str]] = {
    "chat": "completion",
    "completions": "completion",
    "tools": "tools",
    "reasoning": "thinking",
    "infill": "insert",
    "embeddings": "embedding",
}
# What templates that know reasoning speak of.
_THINKING: Final = ("enable_thinking", "<think>", "reasoning_effort", "reasoning_content")


def model_body(status: ModelStatus, header: Header | None) -> ModelBody:
    """`header` None: a file that cannot be read."""
    return {
        "name": status.id + LATEST,
        "model": status.id + LATEST,
        "modified_at": _time(status),
        "size": status.size,
        "digest": status.sha256 or "",
        "details": _details(status, header),
    }


def running_body(status: ModelStatus, header: Header | None, now: datetime) -> RunningBody:
    """A model that is in memory. Nothing is on a graphics card that we would know of."""
    body = model_body(status, header)
    use = status.use
    running: RunningBody = {
        "name": body["name"],
        "model": body["model"],
        "size": (use.measured or use.estimated) if use else status.size,
        "size_vram": 0,
        "digest": body["digest"],
        "details": body["details"],
        "context_length": status.info.context if status.info else 0,
    }
    if use is not None and use.expires is not None:
        running["expires_at"] = (now + timedelta(seconds=use.expires)).isoformat()
    return running


def shown(status: ModelStatus, header: Header) -> Shown:
    entry = status.entry
    sampling = entry.sampling if entry else None
    recommended = (
        {name: getattr(sampling, name) for name in sampling.__struct_fields__} if sampling else {}
    )
    return {
        "modelfile": f"FROM {status.id}",
        "parameters": "\n".join(
            f"{name} {value:g}" for name, value in recommended.items() if value is not None
        ),
        "template": header.chat_template or "",
        "license": f"{entry.licence.spdx}\n{entry.licence.url}" if entry else "",
        "modified_at": _time(status),
        "details": _details(status, header),
        "model_info": _info(status, header),
        "capabilities": _capabilities(status, header),
    }


def _info(status: ModelStatus, header: Header) -> dict[str, Any]:
    kind = header.architecture
    told: dict[str, int | str | None] = {
        "general.architecture": kind,
        "general.basename": header.name,
        "general.file_type": header.file_type,
        "general.parameter_count": _parameters(status),
        f"{kind}.context_length": header.context_length,
        f"{kind}.block_count": header.block_count,
        f"{kind}.embedding_length": header.embedding_length,
        f"{kind}.feed_forward_length": header.feed_forward_length,
        f"{kind}.attention.head_count": header.head_count,
        f"{kind}.attention.head_count_kv": header.head_count_kv,
    }
    return {name: value for name, value in told.items() if value is not None}


def _capabilities(status: ModelStatus, header: Header) -> list[str]:
    """What the loaded model says; before, what its file lets one expect."""
    if status.info is not None and status.info.capabilities:
        names = [_CAPABILITIES.get(one) for one in status.info.capabilities]
        return list(dict.fromkeys(name for name in names if name is not None))
    template = header.chat_template or ""
    expected = {
        "completion": can_write(header),
        "tools": "tools" in template,
        "thinking": any(word in template for word in _THINKING),
        "embedding": can_embed(header, beside_writing=False),
    }
    return [name for name, has in expected.items() if has]


def _details(status: ModelStatus, header: Header | None) -> Details:
    family = header.architecture if header else ""
    return {
        "parent_model": "",
        "format": "gguf",
        "family": family,
        "families": [family] if family else [],
        "parameter_size": _size(_parameters(status)),
        "quantization_level": _quantisation(header),
    }


def _quantisation(header: Header | None) -> str:
    if header is None or header.file_type is None:
        return ""
    return _FILE_TYPES.get(header.file_type, "")


def _parameters(status: ModelStatus) -> int | None:
    if status.info is not None:
        return status.info.n_params
    architecture = status.entry.architecture if status.entry else None
    return architecture.parameters if architecture else None


def _size(parameters: int | None) -> str:
    """As Ollama writes it: 494.03M, 1.5B."""
    if parameters is None:
        return ""
    if parameters >= 1_000_000_000:
        return f"{parameters / 1e9:.1f}B"
    return f"{parameters / 1e6:.2f}M"


def _time(status: ModelStatus) -> str:
    return datetime.fromtimestamp(status.created, UTC).isoformat()
