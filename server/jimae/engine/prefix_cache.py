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
from typing import NamedTuple, Protocol

from jimae.engine import integrity
from jimae.engine.radix_tree import (
    Match,
    Node,
    common_prefix,
    compress,
    find,
    holder,
    is_pinned,
    leaves,
    parent_of,
    path_to,
    split,
)


class Memory(Protocol):
    """The part of `llama.model.Model` that moves cells."""

    @property
    def n_cells(self) -> int: ...
    @property
    def n_seq(self) -> int: ...
    def seq_copy(self, source: int, target: int, start: int, end: int) -> None: ...
    def seq_remove(self, seq_id: int, start: int, end: int | None = None) -> None: ...


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
        self.whole_only = whole_only
        self._root = Node(None, 0, None)
        self._free = list(range(memory.n_seq - 1, -1, -1))
        self._leases: set[Lease] = set()
        self._used = 0
        self._clock = 0

    # --- what there is ---------------------------------------------------------------

    @property
    def cells_total(self) -> int:
        return self._memory.n_cells

    @property
    def cells_used(self) -> int:
        return self._used

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
        return self._memory.n_seq - len(self._free) - len(self._leases)

    def measure(self, scope: str, keys: Sequence[int], public: int = 0) -> tuple[int, int]:
        """How many of the first `keys` are cached, and how many of these are pinned already."""
        match = self._match(scope, keys, public)
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
        self._touch(self._match(scope, keys, public).node)
        self._free_id()
        match = self._match(scope, keys, public)
        below = None if match.end < public else scope
        leaf = self._take_over(match, below) or self._branch(match, below)
        self._touch(leaf)
        lease = Lease(leaf, scope, public)
        self._leases.add(lease)
        return lease

    def make_room(self, n: int) -> bool:
        """Evict until `n` cells are free; False if running sequences hold too many."""
        if self.cells_total - self.cells_pinned < n:
            return False
        while (missing := n - (self.cells_total - self._used)) > 0:
            self._trim(self._least_recent(), missing)
        return True

    def extend(self, lease: Lease, keys: Sequence[int]) -> None:
        """Record that the tokens `keys` of a sequence were computed after those it had."""
        node = lease.node
        node.keys.extend(keys)
        self._used += len(keys)
        if node.scope is None and node.end >= lease.public:
            self._part(node, lease.scope, lease.public)

    def release(self, lease: Lease, *, keep: bool = True) -> None:
        """End a sequence. With `keep` its tokens stay for reuse until they are evicted."""
        self._leases.remove(lease)
        node = lease.node
        node.running = False
        self._touch(node)
        if not keep:
            self._remove(node)
        elif self.whole_only:
            if not node.keys:
                self._remove(node)
        else:
            self._merge(node)

    def adopt(
        self, scope: str, keys: Sequence[int], load: Callable[[int], bool], public: int = 0
    ) -> bool:
        """Take in a sequence from elsewhere: `load` fills the cells of an empty sequence id."""
        if not self.can_acquire() or not self.make_room(len(keys)):
            return False
        self._free_id()
        seq_id = self._free.pop()
        if not load(seq_id):
            self._free.append(seq_id)
            return False
        leaf = Node(self._root, 0, None, list(keys), seq_id=seq_id, saved=True)
        self._root.children.append(leaf)
        self._used += len(keys)
        self._touch(leaf)
        self._part(leaf, scope, 0 if self.whole_only else public)
        self._merge(leaf)
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
        self._remove(idle.node)

    def forget(self, scope: str) -> None:
        """Drop every idle sequence of a scope; what of it is public stays."""
        for leaf in self._idle():
            if leaf.scope == scope:
                self._remove(leaf)

    def clear(self) -> None:
        """Drop every idle sequence."""
        while idle := self._idle():
            for leaf in idle:
                self._remove(leaf)

    # --- finding ---------------------------------------------------------------------

    def _match(self, scope: str, keys: Sequence[int], public: int) -> Match:
        public = 0 if self.whole_only else public
        return find(self._root, scope, keys, public, whole_only=self.whole_only)

    def _idle(self) -> list[Node]:
        return [leaf for leaf in leaves(self._root) if not leaf.running]

    def _least_recent(self) -> Node:
        return min(self._idle(), key=lambda n: n.last_used)

    # --- changing the tree -------------------------------------------------------------

    def _free_id(self) -> None:
        """Have a sequence id free. One that held what is public may first give up the rest."""
        while not self._free:
            self._remove(self._least_recent())

    def _take_over(self, match: Match, scope: str | None) -> Node | None:
        """Go on with an idle sequence that was matched to its very end."""
        node = match.node
        if node.seq_id is None or node.running or match.length < len(node.keys):
            return None
        if node.scope != scope:  # it is public, and what follows is not
            leaf = Node(node, node.end, scope, seq_id=node.seq_id, running=True)
            node.children, node.seq_id = [leaf], None
            return leaf
        node.running, node.saved = True, False
        return node

    def _branch(self, match: Match, scope: str | None) -> Node:
        """A new running leaf below the match, sharing the cells above it."""
        parent = match.node
        if match.length < len(parent.keys) or parent.seq_id is not None:
            parent = split(parent, match.length)
        seq_id = self._free.pop()
        if parent.end:
            self._memory.seq_copy(holder(parent), seq_id, 0, parent.end)
        leaf = Node(parent, parent.end, scope, seq_id=seq_id, running=True)
        parent.children.append(leaf)
        return leaf

    def _part(self, leaf: Node, scope: str, public: int) -> None:
        """Leave the first `public` tokens of a public leaf to everybody, the rest to a scope."""
        self._join(leaf, public)
        if leaf.start < public:
            split(leaf, public - leaf.start)
        leaf.scope = scope

    def _merge(self, node: Node) -> None:
        """Give back the cells of a new idle leaf that a sibling holds as well."""
        self._join(node, node.end)
        if not node.keys:
            self._remove(node)

    def _join(self, node: Node, end: int) -> None:
        """Replace the cells of a leaf before `end` by those of siblings that hold the same."""
        while node.start < end:
            parent = parent_of(node)
            twin, length = None, 0
            for sibling in parent.children:
                if sibling is node or sibling.scope != node.scope:
                    continue
                shared = common_prefix(sibling.keys, node.keys, limit=end - node.start)
                if shared > length:
                    twin, length = sibling, shared
            if twin is None:
                return
            if twin.seq_id is not None and not twin.running and length == len(twin.keys):
                self._remove(twin)
                continue
            if length < len(twin.keys) or twin.seq_id is not None:
                twin = split(twin, length)
            self._move_below(node, twin)

    def _move_below(self, node: Node, twin: Node) -> None:
        """Replace the first cells of a leaf by those of `twin`, which spell the same."""
        if node.seq_id is None:
            raise ValueError("only a leaf can be moved")
        parent = parent_of(node)
        self._memory.seq_remove(node.seq_id, twin.start, twin.end)
        self._memory.seq_copy(holder(twin), node.seq_id, twin.start, twin.end)
        self._used -= len(twin.keys)
        parent.children.remove(node)
        node.parent, node.start, node.keys = twin, twin.end, node.keys[len(twin.keys) :]
        twin.children.append(node)
        twin.last_used = max(twin.last_used, node.last_used)
        compress(parent)

    def _trim(self, leaf: Node, n: int) -> None:
        """Give up `n` cells at the end of an idle leaf, or all it has."""
        if self.whole_only or n >= len(leaf.keys) or leaf.seq_id is None:
            self._remove(leaf)
            return
        self._memory.seq_remove(leaf.seq_id, leaf.end - n)
        del leaf.keys[-n:]
        self._used -= n

    def _remove(self, leaf: Node) -> None:
        if leaf.seq_id is None:
            raise ValueError("only a leaf can be removed")
        parent = parent_of(leaf)
        parent.children.remove(leaf)
        self._used -= len(leaf.keys)
        if parent.end and not parent.children:
            # It was the last that held what is public: that stays, until it is not used.
            self._memory.seq_remove(leaf.seq_id, parent.end)
            parent.seq_id = leaf.seq_id
            return
        self._memory.seq_remove(leaf.seq_id, 0)
        self._free.append(leaf.seq_id)
        compress(parent)

    def _touch(self, node: Node) -> None:
        self._clock += 1
        at: Node | None = node
        while at is not None:
            at.last_used = self._clock
            at = at.parent

    # --- proof -----------------------------------------------------------------------

    def check_integrity(self) -> None:
        """Raise AssertionError if an invariant of `integrity` does not hold."""
        memory = self._memory
        integrity.check(
            self._root, self._leases, self._free, self._used, memory.n_cells, memory.n_seq
        )

    def contents(self) -> dict[int, list[int]]:
        """The tokens that each sequence id should hold."""
        return {holder(leaf): path_to(leaf) for leaf in leaves(self._root)}


def _told(leaf: Node) -> Idle:
    return Idle(leaf.scope, holder(leaf), path_to(leaf), leaf)
