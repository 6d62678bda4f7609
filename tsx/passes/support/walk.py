"""Walks over graphs that passes share."""

from __future__ import annotations

from collections.abc import Iterator

from tsx.ir.graph import Block, Node, walk_block


def walk_outside_groups(block: Block) -> Iterator[Node]:
    """Every node of ``block`` and of the blocks inside, outer before inner; bodies of groups stay closed."""
    return walk_block(block, closed="tsx::group")
