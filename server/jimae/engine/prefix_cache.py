"""Who holds which cells of the KV cache, as a radix tree over tokens.

Every sequence id stands for one leaf; the path from the root to it spells the
tokens whose cells the sequence holds. A node's cells exist once and are shared
by all sequences below it:

    root ──┬── "You are a helpful…" ──┬── "…question A" ── seq 3   running
           │       1,370 cells        ├── "…question B" ── seq 7   idle
           │                          └── ""             ── seq 9   running, just begun
           └── "<system>Be plain.<user>" ──┬── "alice's question" ── seq 4
                    public                 └── "bob's question"   ── seq 5

Nothing is shared across scopes but what nobody wrote: the first `public` tokens of a
prompt, which hold the words of the template and of the server alone. They are looked for,
and put, in public nodes; all that follows, in nodes of its scope below their end.

The invariants are in `integrity`. Source of the idea: RadixAttention (SGLang,
arXiv:2312.07104).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from jimae.engine import integrity
from jimae.engine.cell_tree import CellTree, Memory
from jimae.engine.radix_tree import Node, holder, is_pinned, leaves, path_to


class Lease:
    """A running sequence's hold on the cache. `cached` tokens of it were there at the start.

    Its leaf is public until it has all of the first `public` tokens.
    """

    def __init__(self, node: Node, scope: str, public: int) -> None:
        if node.seq_id is None:
            raise ValueError("a lease stands on a leaf")
        self.node = node
        self.scope = scope
        self.public = public
        self.seq_id = node.seq_id
        self.cached = node.end

    @property
    def length(self) -> int:
        """Tokens of the sequence that are in the cache."""
        return self.node.end


class Idle(NamedTuple):
    """An idle sequence and all the tokens it holds. `scope` None: they are public."""

    scope: str | None
    seq_id: int
    keys: list[int]
    node: Node


class PrefixCache:
    """Allocates sequence ids and cells, shares prefixes, evicts what was used least recently.

    `whole_only` is for models whose memory cannot be cut: a sequence is then
    reused only from its very end, and nothing is public.
    """

    def __init__(self, memory: Memory, *, whole_only: bool = False) -> None:
        self._memory = memory
        self._tree = CellTree(memory, whole_only=whole_only)
        self._leases: set[Lease] = set()

    # --- what there is ---------------------------------------------------------------

    @property
    def whole_only(self) -> bool:
        return self._tree.whole_only

    @property
    def cells_total(self) -> int:
        return self._memory.n_cells

    @property
    def cells_used(self) -> int:
        return self._tree.used

    @property
    def cells_pinned(self) -> int:
        """Cells that running sequences hold and that cannot be evicted."""
        seen: set[int] = set()
        total = 0
        for lease in self._leases:
            node: Node | None = lease.node
            while node is not None and id(node) not in seen:
                seen.add(id(node))
                total += len(node.keys)
                node = node.parent
        return total

    @property
    def sequences_idle(self) -> int:
        return self._memory.n_seq - len(self._tree.free) - len(self._leases)

    def measure(self, scope: str, keys: Sequence[int], public: int = 0) -> tuple[int, int]:
        """How many of the first `keys` are cached, and how many of these are pinned already."""
        match = self._tree.match(scope, keys, public)
        node: Node | None = match.node
        end = match.end
        while node is not None and not is_pinned(node):
            end, node = node.start, node.parent
        return match.end, end

    # --- leases ----------------------------------------------------------------------

    def can_acquire(self) -> bool:
        """Whether a sequence id is free, or an idle sequence would give up its own."""
        return len(self._leases) < self._memory.n_seq

    def acquire(
        self, scope: str, keys: Sequence[int], public: int = 0, *, reuse: bool = True
    ) -> Lease:
        """Begin a sequence that holds the longest cached prefix of `keys` already.

        The last key is never taken from the cache: its logits are what the
        caller wants. Without `reuse` the sequence starts empty, and gives nothing to
        other scopes.
        """
        if not reuse:
            keys, public = (), 0
        elif self.whole_only:
            public = 0
        self._tree.touch(self._tree.match(scope, keys, public).node)
        self._free_id()
        match = self._tree.match(scope, keys, public)
        below = None if match.end < public else scope
        leaf = self._tree.take_over(match, below) or self._tree.branch(match, below)
        self._tree.touch(leaf)
        lease = Lease(leaf, scope, public)
        self._leases.add(lease)
        return lease

    def make_room(self, n: int) -> bool:
        """Evict until `n` cells are free; False if running sequences hold too many."""
        if self.cells_total - self.cells_pinned < n:
            return False
        while (missing := n - (self.cells_total - self._tree.used)) > 0:
            self._tree.trim(self._least_recent(), missing)
        return True

    def extend(self, lease: Lease, keys: Sequence[int]) -> None:
        """Record that the tokens `keys` of a sequence were computed after those it had."""
        node = lease.node
        self._tree.grow(node, keys)
        if node.scope is None and node.end >= lease.public:
            self._tree.part(node, lease.scope, lease.public)

    def release(self, lease: Lease, *, keep: bool = True) -> None:
        """End a sequence. With `keep` its tokens stay for reuse until they are evicted."""
        self._leases.remove(lease)
        node = lease.node
        node.running = False
        self._tree.touch(node)
        if not keep:
            self._tree.remove(node)
        elif self.whole_only:
            if not node.keys:
                self._tree.remove(node)
        else:
            self._tree.merge(node)

    def adopt(
        self, scope: str, keys: Sequence[int], load: Callable[[int], bool], public: int = 0
    ) -> bool:
        """Take in a sequence from elsewhere: `load` fills the cells of an empty sequence id."""
        if not self.can_acquire() or not self.make_room(len(keys)):
            return False
        self._free_id()
        seq_id = self._tree.free.pop()
        if not load(seq_id):
            self._tree.free.append(seq_id)
            return False
        leaf = self._tree.add(keys, seq_id)
        self._tree.part(leaf, scope, 0 if self.whole_only else public)
        self._tree.merge(leaf)
        return True

    def unsaved(self, at_least: int) -> Idle | None:
        """An idle sequence of a scope, of that many tokens or more, that was not saved yet."""
        for leaf in self._idle():
            if not leaf.saved:
                if leaf.scope is not None and leaf.end >= at_least:
                    return _told(leaf)
                leaf.saved = True
        return None

    def least_recent(self) -> Idle:
        """The idle sequence that was used least recently. There must be one."""
        return _told(self._least_recent())

    def drop(self, idle: Idle) -> None:
        """Give up an idle sequence; what others share of it stays, and what is public."""
        self._tree.remove(idle.node)

    def forget(self, scope: str) -> None:
        """Drop every idle sequence of a scope; what of it is public stays."""
        for leaf in self._idle():
            if leaf.scope == scope:
                self._tree.remove(leaf)

    def clear(self) -> None:
        """Drop every idle sequence."""
        while idle := self._idle():
            for leaf in idle:
                self._tree.remove(leaf)

    # --- finding ---------------------------------------------------------------------

    def _idle(self) -> list[Node]:
        return [leaf for leaf in leaves(self._tree.root) if not leaf.running]

    def _least_recent(self) -> Node:
        return min(self._idle(), key=lambda n: n.last_used)

    def _free_id(self) -> None:
        """Have a sequence id free. One that held what is public may first give up the rest."""
        while not self._tree.free:
            self._tree.remove(self._least_recent())

    # --- proof -----------------------------------------------------------------------

    def check_integrity(self) -> None:
        """Raise AssertionError if an invariant of `integrity` does not hold."""
        tree, memory = self._tree, self._memory
        integrity.check(tree.root, self._leases, tree.free, tree.used, memory.n_cells, memory.n_seq)

    def contents(self) -> dict[int, list[int]]:
        """The tokens that each sequence id should hold."""
        return {holder(leaf): path_to(leaf) for leaf in leaves(self._tree.root)}


def _told(leaf: Node) -> Idle:
    return Idle(leaf.scope, holder(leaf), path_to(leaf), leaf)
