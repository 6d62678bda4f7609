"""Walks over graphs that passes share."""

from __future__ import annotations

from collections.abc import Iterator

from tsx.ir.graph import Block, Node


def walk_outside_groups(block: Block) -> Iterator[Node]:
    """Every node of ``block`` and of the blocks inside, outer before inner; bodies of groups stay closed."""
    for node in block.nodes:
        yield node
        if node.kind != "tsx::group":
            for inner in node.blocks:
                yield from walk_outside_groups(inner)
