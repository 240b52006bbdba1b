"""Who holds which cells of the KV cache, as a radix tree over tokens.

Every sequence id stands for one leaf; the path from the root to it spells the
tokens whose cells the sequence holds. A node's cells exist once and are shared
by all sequences below it:

    root(scope) ── "You are a helpful…" ──┬── "…question A" ── seq 3   running
                      1,370 cells         ├── "…question B" ── seq 7   idle
                                          └── ""           ── seq 9   running, just begun

Invariants (`check_integrity`):

    leaf       <=>  has a sequence id                    (running leaves may be empty)
    inner node <=>  no sequence id, two children or more (the roots excepted)
    idle leaf       is not empty
    cells used      =  sum of len(node.keys)  <=  n_cells
    sequence ids    =  free + running + idle, none twice

Each scope has a tree of its own: nothing is ever shared across scopes.
Source of the idea: RadixAttention (SGLang, arXiv:2312.07104).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

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
    """A running sequence's hold on the cache. `cached` tokens of it were there at the start."""

    def __init__(self, node: Node) -> None:
        if node.seq_id is None:
            raise ValueError("a lease stands on a leaf")
        self.node = node
        self.seq_id = node.seq_id
        self.cached = node.end

    @property
    def length(self) -> int:
        """Tokens of the sequence that are in the cache."""
        return self.node.end


class Idle(NamedTuple):
    """An idle sequence and all the tokens it holds."""

    scope: str
    seq_id: int
    keys: list[int]
    node: Node


class PrefixCache:
    """Allocates sequence ids and cells, shares prefixes, evicts what was used least recently.

    `whole_only` is for models whose memory cannot be cut: a sequence is then
    reused only from its very end.
    """

    def __init__(self, memory: Memory, *, whole_only: bool = False) -> None:
        self._memory = memory
        self.whole_only = whole_only
        self._roots: dict[str, Node] = {}
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

    def measure(self, scope: str, keys: Sequence[int]) -> tuple[int, int]:
        """How many of the first `keys` are cached, and how many of these are pinned already."""
        match = self._match(scope, keys)
        node: Node | None = match.node
        end = match.end
        while node is not None and not is_pinned(node):
            end, node = node.start, node.parent
        return match.end, end

    # --- leases ----------------------------------------------------------------------

    def can_acquire(self) -> bool:
        """Whether a sequence id is free, or an idle sequence would give up its own."""
        return len(self._leases) < self._memory.n_seq

    def acquire(self, scope: str, keys: Sequence[int], *, reuse: bool = True) -> Lease:
        """Begin a sequence that holds the longest cached prefix of `keys` already.

        The last key is never taken from the cache: its logits are what the
        caller wants. Without `reuse` the sequence starts empty.
        """
        wanted = keys if reuse else ()
        self._plant(scope)
        self._touch(self._match(scope, wanted).node)
        if not self._free:
            self._remove(self._least_recent())
            self._plant(scope)
        match = self._match(scope, wanted)
        leaf = self._take_over(match) or self._branch(match)
        self._touch(leaf)
        lease = Lease(leaf)
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
        lease.node.keys.extend(keys)
        self._used += len(keys)

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

    def adopt(self, scope: str, keys: Sequence[int], load: Callable[[int], bool]) -> bool:
        """Take in a sequence from elsewhere: `load` fills the cells of an empty sequence id."""
        if not self.can_acquire() or not self.make_room(len(keys)):
            return False
        if not self._free:
            self._remove(self._least_recent())
        seq_id = self._free.pop()
        if not load(seq_id):
            self._free.append(seq_id)
            return False
        self._plant(scope)
        root = self._roots[scope]
        leaf = Node(root, 0, list(keys), seq_id=seq_id, saved=True)
        root.children.append(leaf)
        self._used += len(keys)
        self._touch(leaf)
        self._merge(leaf)
        return True

    def unsaved(self, at_least: int) -> Idle | None:
        """An idle sequence of that many tokens or more that was not saved yet."""
        for scope, root in self._roots.items():
            for leaf in leaves(root):
                if leaf.seq_id is not None and not leaf.running and not leaf.saved:
                    if leaf.end >= at_least:
                        return Idle(scope, leaf.seq_id, path_to(leaf), leaf)
                    leaf.saved = True
        return None

    def least_recent(self) -> Idle:
        """The idle sequence that was used least recently. There must be one."""
        chosen = self._least_recent()
        if chosen.seq_id is None:
            raise AssertionError("a leaf has a sequence id")
        scope = next(s for s, r in self._roots.items() if any(n is chosen for n in leaves(r)))
        return Idle(scope, chosen.seq_id, path_to(chosen), chosen)

    def drop(self, idle: Idle) -> None:
        """Give up an idle sequence; what others share of it stays."""
        self._remove(idle.node)

    def forget(self, scope: str) -> None:
        """Drop every idle sequence of a scope."""
        if (root := self._roots.get(scope)) is not None:
            for leaf in [leaf for leaf in leaves(root) if not leaf.running]:
                self._remove(leaf)

    def clear(self) -> None:
        """Drop every idle sequence."""
        for scope in list(self._roots):
            self.forget(scope)

    # --- finding ---------------------------------------------------------------------

    def _plant(self, scope: str) -> None:
        """Have a root for a scope: an empty one does not outlive its last sequence."""
        self._roots.setdefault(scope, Node(None, 0))

    def _match(self, scope: str, keys: Sequence[int]) -> Match:
        root = self._roots.get(scope) or Node(None, 0)
        return find(root, keys, whole_only=self.whole_only)

    def _leaves(self) -> Iterator[Node]:
        for root in self._roots.values():
            yield from leaves(root)

    def _least_recent(self) -> Node:
        return min((leaf for leaf in self._leaves() if not leaf.running), key=lambda n: n.last_used)

    # --- changing the tree -------------------------------------------------------------

    def _take_over(self, match: Match) -> Node | None:
        """Go on with an idle sequence that was matched to its very end."""
        node = match.node
        if node.seq_id is None or node.running or match.length < len(node.keys):
            return None
        node.running, node.saved = True, False
        return node

    def _branch(self, match: Match) -> Node:
        """A new running leaf below the match, sharing the cells above it."""
        parent = match.node
        if match.length < len(parent.keys) or parent.seq_id is not None:
            parent = split(parent, match.length)
        seq_id = self._free.pop()
        if parent.end:
            self._memory.seq_copy(holder(parent), seq_id, 0, parent.end)
        leaf = Node(parent, parent.end, seq_id=seq_id, running=True)
        parent.children.append(leaf)
        return leaf

    def _merge(self, node: Node) -> None:
        """Give back the cells of a new idle leaf that a sibling holds as well."""
        while node.keys:
            parent = parent_of(node)
            twin, length = None, 0
            for sibling in parent.children:
                shared = common_prefix(sibling.keys, node.keys) if sibling is not node else 0
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
        self._remove(node)

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
        self._tidy(parent)

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
        self._memory.seq_remove(leaf.seq_id, 0)
        self._free.append(leaf.seq_id)
        self._used -= len(leaf.keys)
        parent = parent_of(leaf)
        parent.children.remove(leaf)
        self._tidy(parent)

    def _tidy(self, node: Node) -> None:
        """Keep the tree compressed after `node` lost a child; forget an empty root."""
        if node.parent is None and not node.children:
            self._roots = {s: root for s, root in self._roots.items() if root is not node}
        compress(node)

    def _touch(self, node: Node) -> None:
        self._clock += 1
        at: Node | None = node
        while at is not None:
            at.last_used = self._clock
            at = at.parent

    # --- proof -----------------------------------------------------------------------

    def check_integrity(self) -> None:
        """Raise AssertionError if an invariant at the top of this file does not hold."""
        used = 0
        held: list[int] = []
        running = {lease.node for lease in self._leases}
        stack = [(root, 0) for root in self._roots.values()]
        while stack:
            node, start = stack.pop()
            used += len(node.keys)
            _check(node.start == start, f"a node starts at {node.start}, not {start}")
            _check(all(c.parent is node for c in node.children), "a child has another parent")
            if node.seq_id is not None:
                held.append(node.seq_id)
                _check(not node.children, f"leaf {node.seq_id} has children")
                _check(node.running == (node in running), f"leaf {node.seq_id} and its lease")
                _check(node.running or bool(node.keys), f"idle leaf {node.seq_id} is empty")
            elif node.parent is not None:
                _check(len(node.children) > 1, "an inner node has fewer than two children")
            stack.extend((child, node.end) for child in node.children)
        _check(used == self._used, f"{self._used} cells counted, {used} in the tree")
        _check(used <= self.cells_total, f"{used} cells used of {self.cells_total}")
        ids = sorted(held + self._free)
        _check(ids == list(range(self._memory.n_seq)), f"sequence ids are {ids}")

    def contents(self) -> dict[int, list[int]]:
        """The tokens that each sequence id should hold."""
        return {holder(leaf): path_to(leaf) for leaf in self._leaves()}


def _check(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)
