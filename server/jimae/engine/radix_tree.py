"""The radix tree of token runs that `prefix_cache` keeps its account in.

Pure structure: nothing here knows of sequence ids being free or of cells. Below
the root stand public nodes, whose tokens nobody wrote; and below these, or the
root, the nodes of scopes. Nothing of a scope stands above anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(eq=False)
class Node:
    """A run of tokens that some sequences hold. `start` is the position of its first.

    `scope` None: it is public.
    """

    parent: Node | None
    start: int
    scope: str | None
    keys: list[int] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    seq_id: int | None = None
    running: bool = False
    last_used: int = 0
    saved: bool = False

    @property
    def end(self) -> int:
        return self.start + len(self.keys)


class Match(NamedTuple):
    """The first `length` keys of `node` continue a match that ends in it."""

    node: Node
    length: int

    @property
    def end(self) -> int:
        return self.node.start + self.length


def find(root: Node, scope: str, keys: Sequence[int], public: int, *, whole_only: bool) -> Match:
    """The longest match with `keys`, less the last of them.

    The first `public` are looked for in public nodes only, and the others in those of
    the scope only. With `whole_only` it ends at the very end of an idle sequence, or
    at the root.
    """
    last = max(0, len(keys) - 1)
    node = root
    found = whole = Match(node, 0)
    while True:
        best: Match | None = None
        among, limit = (None, min(public, last)) if node.end < public else (scope, last)
        for child in node.children:
            if child.scope != among:
                continue
            length = common_prefix(child.keys, keys, child.start, limit)
            if length and (best is None or length > best.length):
                best = Match(child, length)
        if best is None:
            break
        found, node = best, best.node
        if best.length < len(node.keys):
            break
        if node.seq_id is not None and not node.running:
            whole = best
    return whole if whole_only else found


def split(node: Node, length: int) -> Node:
    """Cut a node after `length` keys; return the new upper half."""
    parent = parent_of(node)
    upper = Node(
        parent, node.start, node.scope, node.keys[:length], [node], last_used=node.last_used
    )
    parent.children[parent.children.index(node)] = upper
    node.parent, node.start, node.keys = upper, upper.end, node.keys[length:]
    return upper


def compress(node: Node) -> None:
    """Join an inner node with its child if it has only one left, and this is of its scope."""
    if node.parent is not None and len(node.children) == 1:
        (child,) = node.children
        if child.scope != node.scope:
            return
        child.parent, child.start = node.parent, node.start
        child.keys = node.keys + child.keys
        child.last_used = max(child.last_used, node.last_used)
        siblings = node.parent.children
        siblings[siblings.index(node)] = child


def holder(node: Node) -> int:
    """A sequence that holds the cells of `node`."""
    while node.seq_id is None:
        node = node.children[0]
    return node.seq_id


def is_pinned(node: Node) -> bool:
    """Whether a running sequence holds the cells of `node`."""
    stack = [node]
    while stack:
        at = stack.pop()
        if at.running:
            return True
        stack.extend(at.children)
    return False


def leaves(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.seq_id is not None:
            yield node
        stack.extend(node.children)


def path_to(leaf: Node) -> list[int]:
    """All tokens from the root to the end of a leaf."""
    keys: list[int] = []
    node: Node | None = leaf
    while node is not None:
        keys = node.keys + keys
        node = node.parent
    return keys


def parent_of(node: Node) -> Node:
    if node.parent is None:
        raise ValueError("the root has no parent")
    return node.parent


def common_prefix(
    mine: Sequence[int], other: Sequence[int], offset: int = 0, limit: int | None = None
) -> int:
    """Length of the longest common prefix of `mine` and `other[offset:limit]`."""
    end = len(other) if limit is None else limit
    most = min(len(mine), max(0, end - offset))
    if mine[:most] == other[offset : offset + most]:
        return most
    low, high = 0, most  # mine[:low] agrees, mine[:high] does not
    while high - low > 1:
        middle = (low + high) // 2
        if mine[low:middle] == other[offset + low : offset + middle]:
            low = middle
        else:
            high = middle
    return low
