"""The radix tree of `prefix_cache` and the cells that it stands for, changed together.

Whatever is cut, joined or moved in the tree is copied or given back in the model's memory in the
same method, so that between any two of them the one is what the other holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from jimae.engine.radix_tree import (
    Match,
    Node,
    common_prefix,
    compress,
    find,
    holder,
    parent_of,
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


class CellTree:
    """Sequences of cells that begin alike, `used` cells in all, and the sequence ids that are
    `free`. `whole_only`: as in `PrefixCache`."""

    def __init__(self, memory: Memory, *, whole_only: bool) -> None:
        self.memory = memory
        self.whole_only = whole_only
        self.root = Node(None, 0, None)
        self.free = list(range(memory.n_seq - 1, -1, -1))
        self.used = 0
        self._clock = 0

    def match(self, scope: str, keys: Sequence[int], public: int) -> Match:
        """The longest beginning of `keys` that is there for a scope."""
        public = 0 if self.whole_only else public
        return find(self.root, scope, keys, public, whole_only=self.whole_only)

    def add(self, keys: Sequence[int], seq_id: int) -> Node:
        """A new idle leaf below the root, public as yet, for cells that a sequence id has."""
        leaf = Node(self.root, 0, None, list(keys), seq_id=seq_id, saved=True)
        self.root.children.append(leaf)
        self.used += len(keys)
        self.touch(leaf)
        return leaf

    def grow(self, leaf: Node, keys: Sequence[int]) -> None:
        """Tokens that were computed behind those of a leaf."""
        leaf.keys.extend(keys)
        self.used += len(keys)

    def take_over(self, match: Match, scope: str | None) -> Node | None:
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

    def branch(self, match: Match, scope: str | None) -> Node:
        """A new running leaf below the match, sharing the cells above it."""
        parent = match.node
        if match.length < len(parent.keys) or parent.seq_id is not None:
            parent = split(parent, match.length)
        seq_id = self.free.pop()
        if parent.end:
            self.memory.seq_copy(holder(parent), seq_id, 0, parent.end)
        leaf = Node(parent, parent.end, scope, seq_id=seq_id, running=True)
        parent.children.append(leaf)
        return leaf

    def part(self, leaf: Node, scope: str, public: int) -> None:
        """Leave the first `public` tokens of a public leaf to everybody, the rest to a scope."""
        self._join(leaf, public)
        if leaf.start < public:
            split(leaf, public - leaf.start)
        leaf.scope = scope

    def merge(self, node: Node) -> None:
        """Give back the cells of a new idle leaf that a sibling holds as well."""
        self._join(node, node.end)
        if not node.keys:
            self.remove(node)

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
                self.remove(twin)
                continue
            if length < len(twin.keys) or twin.seq_id is not None:
                twin = split(twin, length)
            self._move_below(node, twin)

    def _move_below(self, node: Node, twin: Node) -> None:
        """Replace the first cells of a leaf by those of `twin`, which spell the same."""
        if node.seq_id is None:
            raise ValueError("only a leaf can be moved")
        parent = parent_of(node)
        self.memory.seq_remove(node.seq_id, twin.start, twin.end)
        self.memory.seq_copy(holder(twin), node.seq_id, twin.start, twin.end)
        self.used -= len(twin.keys)
        parent.children.remove(node)
        node.parent, node.start, node.keys = twin, twin.end, node.keys[len(twin.keys) :]
        twin.children.append(node)
        twin.last_used = max(twin.last_used, node.last_used)
        compress(parent)

    def trim(self, leaf: Node, n: int) -> None:
        """Give up `n` cells at the end of an idle leaf, or all it has."""
        if self.whole_only or n >= len(leaf.keys) or leaf.seq_id is None:
            self.remove(leaf)
            return
        self.memory.seq_remove(leaf.seq_id, leaf.end - n)
        del leaf.keys[-n:]
        self.used -= n

    def remove(self, leaf: Node) -> None:
        if leaf.seq_id is None:
            raise ValueError("only a leaf can be removed")
        parent = parent_of(leaf)
        parent.children.remove(leaf)
        self.used -= len(leaf.keys)
        if parent.end and not parent.children:
            # It was the last that held what is public: that stays, until it is not used.
            self.memory.seq_remove(leaf.seq_id, parent.end)
            parent.seq_id = leaf.seq_id
            return
        self.memory.seq_remove(leaf.seq_id, 0)
        self.free.append(leaf.seq_id)
        compress(parent)

    def touch(self, node: Node) -> None:
        self._clock += 1
        at: Node | None = node
        while at is not None:
            at.last_used = self._clock
            at = at.parent
