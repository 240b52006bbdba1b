"""Which prefixes leave the cache for the disk, and when they come back."""

from __future__ import annotations

import logging

from jimae.engine.prefix_cache import PrefixCache
from jimae.engine.prefix_store import PrefixStore
from jimae.engine.sequence import Sequence
from jimae.llama.model import Model

log = logging.getLogger(__name__)

WORTH_SAVING = 512
"""Tokens from which an idle prefix is saved: reading fewer in again takes seconds."""

WORTH_RESTORING = 128
"""Tokens that a saved prefix must have more than the cache to be loaded."""

KEPT_CELLS = 512
"""Idle cells that stay in the cache. Attention passes over every cell there is: 8,000
idle ones made a step of 64 tokens a fifth longer, and 2,000 each token of one reader
a twentieth; while 2,000 tokens come back from the disk in a twentieth of a second."""


class Persistence:
    """Moves prefixes between a cache and a store."""

    def __init__(self, cache: PrefixCache, model: Model, store: PrefixStore) -> None:
        self._cache = cache
        self._model = model
        self._store = store

    def save_one(self) -> bool:
        """Save an idle prefix that is worth keeping and not saved yet; whether there was one."""
        idle = self._cache.unsaved(WORTH_SAVING)
        if idle is None or idle.scope is None:
            return False
        self._store.save(idle.scope, idle.keys, self._model.seq_save(idle.seq_id))
        idle.node.saved = True
        return True

    def retire(self) -> bool:
        """Move idle cells beyond `KEPT_CELLS` out of the cache; whether there were any.

        What was used least recently goes first. At most one prefix is saved in a
        call, since who asks meanwhile waits for it; what takes no time to read again
        is not, nor what is public.
        """
        cache, before = self._cache, self._cache.cells_used
        while not cache.whole_only and cache.cells_used - cache.cells_pinned > KEPT_CELLS:
            idle = cache.least_recent()
            # Longer ones were saved by `save_one`.
            short = len(idle.node.keys) >= WORTH_RESTORING and idle.node.end < WORTH_SAVING
            if unsaved := short and idle.scope is not None:
                self._store.save(idle.scope, idle.keys, self._model.seq_save(idle.seq_id))
            cache.drop(idle)
            if unsaved:
                break
        return cache.cells_used < before

    def restore(self, sequence: Sequence) -> None:
        """Bring back the saved prefix of a prompt, if it is much longer than what is here."""
        scope, tokens = sequence.principal.scope, sequence.tokens
        saved = self._store.find(scope, tokens)
        cached, _ = self._cache.measure(scope, tokens, sequence.public)
        if saved is None or saved.matching - cached < WORTH_RESTORING:
            return
        data = self._store.load(saved)
        if data is not None and not self._cache.adopt(
            scope,
            saved.keys,
            lambda seq_id: self._model.seq_load(seq_id, data),
            min(sequence.public, saved.matching),
        ):
            log.warning("a saved prefix of %d tokens could not be restored", len(saved.keys))

    def forget(self, scope: str) -> None:
        """Delete what was saved for a scope."""
        self._store.forget(scope)
