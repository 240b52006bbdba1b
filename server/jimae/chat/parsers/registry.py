"""Which family a model belongs to."""

from __future__ import annotations

from jimae.chat.parsers import (
    deepseek,
    gemma3,
    gemma4,
    harmony,
    hermes,
    llama,
    mistral,
    plain,
    qwen_coder,
)
from jimae.chat.parsers.base import Family

# In the order in which they are tried: who says more about itself comes first.
_FAMILIES = (
    harmony.FAMILY,
    gemma4.FAMILY,
    deepseek.V3_1,
    deepseek.V3,
    mistral.NAMED,
    mistral.LISTED,
    qwen_coder.FAMILY,
    hermes.FAMILY,
    llama.FAMILY,
    gemma3.FAMILY,
    plain.FAMILY,
)
FAMILIES = {family.name: family for family in _FAMILIES}


def choose(template: str | None, architecture: str, override: str | None = None) -> Family:
    """The family of a model, by its chat template and its architecture in the file.

    `override` is the name that the catalogue gives. Raises KeyError if there is none of it.
    """
    if override is not None:
        return FAMILIES[override]
    source = template or ""
    return next(family for family in _FAMILIES if family.detect(source, architecture))
