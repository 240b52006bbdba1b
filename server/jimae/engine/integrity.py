"""What holds of the tree of `prefix_cache` between any two of its operations.

leaf         <=>  has a sequence id                (running leaves may be empty)
inner node   <=>  no sequence id, and two children or more, or one of another scope
idle leaf         is not empty
public node       stands below public nodes only
node of a scope   stands below nodes of that scope, and above them public ones
running leaf      is public until it has the public tokens of its lease; then it is
                  of the scope of its lease, which begins behind just these
cells used        =  sum of len(node.keys)  <=  n_cells
sequence ids      =  free + running + idle, none twice
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from jimae.engine.radix_tree import Node, leaves


class Held(Protocol):
    """A lease of `prefix_cache`."""

    @property
    def node(self) -> Node: ...
    @property
    def scope(self) -> str: ...
    @property
    def public(self) -> int: ...


def check(
    root: Node, leases: Collection[Held], free: list[int], used: int, n_cells: int, n_seq: int
) -> None:
    """Raise AssertionError if something does not hold."""
    cells = sum(len(node.keys) for node in _nodes(root))
    _check(cells == used, f"{used} cells counted, {cells} in the tree")
    _check(cells <= n_cells, f"{cells} cells used of {n_cells}")
    ids = sorted([*free, *(leaf.seq_id for leaf in leaves(root) if leaf.seq_id is not None)])
    _check(ids == list(range(n_seq)), f"sequence ids are {ids}")
    running = {lease.node for lease in leases}
    for node in _nodes(root):
        if node.seq_id is None:
            _check_inner(node)
        else:
            _check(not node.children, f"leaf {node.seq_id} has children")
            _check(node.running == (node in running), f"leaf {node.seq_id} and its lease")
            _check(node.running or bool(node.keys), f"idle leaf {node.seq_id} is empty")
    for lease in leases:
        _check_lease(lease)


def _check_inner(node: Node) -> None:
    _check(not node.running, "an inner node runs")
    for child in node.children:
        _check(child.parent is node, "a child has another parent")
        _check(child.start == node.end, f"a node starts at {child.start}, not {node.end}")
        _check(node.scope in (None, child.scope), f"{child.scope} stands below {node.scope}")
    if node.parent is not None:
        alone = len(node.children) == 1 and node.children[0].scope == node.scope
        _check(bool(node.children) and not alone, "an inner node has fewer than two children")


def _check_lease(lease: Held) -> None:
    node = lease.node
    if node.scope is None:
        _check(node.end < lease.public, f"what follows {lease.public} public tokens is public")
        return
    _check(node.scope == lease.scope, f"a lease of {lease.scope} stands in {node.scope}")
    begins = node
    while begins.parent is not None and begins.parent.scope is not None:
        begins = begins.parent
    _check(begins.start == lease.public, f"a scope begins at {begins.start}, not {lease.public}")


def _nodes(root: Node) -> list[Node]:
    nodes = [root]
    for node in nodes:
        nodes += node.children
    return nodes


def _check(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)
