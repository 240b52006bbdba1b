"""Which model to take when nobody says.

The best chat model that is here and fits the memory; else the best that fits and
that a source can deliver. "Best" is the entry's rank. Models for tests come only
when there is nothing else, and a large dense model is never chosen for somebody:
on a CPU it fits the memory of many machines but answers too slowly to read.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from jimae.catalogue import installed, memory
from jimae.catalogue.entry import Model
from jimae.catalogue.progress import format_size
from jimae.catalogue.registry import Catalogue
from jimae.errors import JimaeError
from jimae.settings import EngineSettings

# Parameters at work on each token. On two CPU cores 1.5 billion make about 20 tokens
# a second; people read about five.
MAX_ACTIVE: Final = 5_000_000_000

Delivers = Callable[[Model], JimaeError | None]


def choose_present(
    catalogue: Catalogue, models_dir: Path, engine: EngineSettings, limit: int | None = None
) -> Model | None:
    """The best model that is in `models_dir` and fits; asks nobody else.

    A model that a person brought in is used whatever its speed.
    """
    fitting = _fitting(catalogue, engine, limit)
    present = [model for model in fitting if installed.is_present(models_dir, model)]
    return next(iter(present), None)


def choose(
    catalogue: Catalogue,
    models_dir: Path,
    engine: EngineSettings,
    *,
    hub: str | None = None,
    limit: int | None = None,
    delivers: Delivers | None = None,
) -> Model:
    """The best model that is here, or else that can be had. Raises `no_default_model`.

    `limit` is the memory in bytes (this machine's, if not given). `delivers` asks
    whether a model can be had, and returns why not.
    """
    ask = delivers or (lambda model: _ask(model, models_dir, hub))
    here = choose_present(catalogue, models_dir, engine, limit)
    if here is not None and not here.for_tests:
        return here
    fitting = _fitting(catalogue, engine, limit)
    wanted = [m for m in fitting if not m.for_tests and _quick_enough(m)]
    reasons: list[str] = []
    found = _first_delivered(wanted, ask, reasons)
    found = found or here or _first_delivered([m for m in fitting if m.for_tests], ask, reasons)
    if found is None:
        size = format_size(memory.available() if limit is None else limit)
        raise JimaeError("no_default_model", memory=size, reasons=" ".join(dict.fromkeys(reasons)))
    return found


def _fitting(catalogue: Catalogue, engine: EngineSettings, limit: int | None) -> list[Model]:
    """Chat models that fit, best first, those for tests last."""
    room = memory.available() if limit is None else limit
    models = [
        model
        for model in catalogue
        if model.chat and memory.fits(model, engine.kv_tokens, engine.kv_type, room)
    ]
    return sorted(models, key=lambda model: (model.for_tests, -model.rank))


def _quick_enough(model: Model) -> bool:
    shape = model.architecture
    return shape is not None and (shape.active or shape.parameters) <= MAX_ACTIVE


def _first_delivered(models: list[Model], ask: Delivers, reasons: list[str]) -> Model | None:
    """The first that can be had. All are asked at once: each may take seconds to fail."""
    if not models:
        return None
    pool = ThreadPoolExecutor(max_workers=len(models))
    try:
        answers = [pool.submit(ask, model) for model in models]
        for model, answer in zip(models, answers, strict=True):
            error = answer.result()
            if error is None:
                return model
            reasons.append(error.whole())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return None


def _ask(model: Model, models_dir: Path, hub: str | None) -> JimaeError | None:
    # Here: the server chooses among what is present, and loads nothing that downloads.
    from jimae.catalogue.pull import fetchers_of

    failure: JimaeError | None = None
    for fetcher in fetchers_of(model, model.weights, models_dir, hub):
        try:
            fetcher.probe()
        except JimaeError as error:
            failure = error
        else:
            return None
    return failure
