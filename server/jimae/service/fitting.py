"""What would fit in place of a model that does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from jimae.catalogue import memory
from jimae.catalogue.gguf_header import Header, read_header
from jimae.catalogue.registry import Catalogue
from jimae.errors import JimaeError
from jimae.service.drafts import draft_header
from jimae.settings import Settings

NAMED: Final = 5


class Fitting:
    """Advice for somebody who asked for too much, when `free` bytes could be had."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, files: Mapping[str, Path], free: int
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._files = files
        self._free = free

    def kv_tokens(self, model_id: str, header: Header, draft: Header | None) -> int:
        """The largest `kv_tokens` with which the model itself would fit, with its draft model if
        it has one; 0 if none."""
        engine = self._settings.for_model(model_id).engine
        return memory.tokens_that_fit(header, engine, self._free, draft)

    def installed(self, but: str) -> list[str]:
        """Ids of other files that fit."""
        return list(islice(self._installed(but), NAMED))

    def _installed(self, but: str) -> Iterator[str]:
        for model_id, path in self._files.items():
            if model_id == but:
                continue
            try:
                header = read_header(path)
            except JimaeError:  # a file that cannot be read is no advice
                continue
            engine = self._settings.for_model(model_id).engine
            draft = draft_header(self._settings, model_id)
            if memory.estimate(header, engine, draft).total <= self._free:
                yield model_id

    def catalogue(self, but: str) -> list[str]:
        """Ids of chat models to pull that fit, best first."""
        fitting = (
            model.id
            for model in self._catalogue
            if model.chat
            and not model.for_tests
            and model.id != but
            and model.id not in self._files
            and self._fits(model.id)
        )
        return list(islice(fitting, NAMED))

    def _fits(self, model_id: str) -> bool:
        engine = self._settings.for_model(model_id).engine
        model = self._catalogue.get(model_id)
        return memory.fits(model, engine.kv_tokens, engine.kv_type, self._free)
