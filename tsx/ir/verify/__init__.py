"""The verifier: the boundary between a graph that somebody gave us and one that passes and runtimes may trust.

Takes any graph or module that the parser, the archive reader or a pass can build. Gives every violation it finds, never
only the first, and has no other way to fail. (Later groups are looked at only where the earlier ones hold, because
their questions make no sense before.) The invariants:

Structure
  V01  A node stands in the block that it names; a value knows the node or block that defines it, and its place there.
  V02  The use list of a value holds exactly the operands that use it.
  V03  An operand is defined before its use, in the same block or in one around it; a group sees only its own inputs.
  V04  The names of values are unique, at most 1024 characters long, and not numbers.
  V05  Blocks nest at most 64 deep; a graph has at most 2**20 nodes.
  V06  Strings in attributes have at most 2**20 characters, names 1024, ints 64 bits; literals nest at most 64 deep.
  V07  Types nest at most 64 deep; tensors have rank 16 or less, sizes from 0 on, and 2**48 bytes at most.
  V08  A type has no variable, empty union or unnamed field; its symbols are words and its names not empty.
Nodes
  V09  The kind of a node is an operator that has a record, or a structural kind; a return only ends its block.
  V10  A node has the attributes of its kind, in their form, and no others; operators have none.
  V11  A node has as many blocks as its kind.
  V12  A node has as many operands as its kind or schema.
  V13  The types of operands fit the schema.
  V14  A node has as many results as its kind or schema, and their types agree with it.
Structural kinds
  V15  prim::Constant: the literal is of the declared type.
  V16  prim::If: the condition is a bool; both blocks take nothing and give what the results may hold.
  V17  prim::Loop: int, bool, carried values; the block takes (int, carried…) and gives (bool, carried…).
  V18  tsx::group: operands are the block's inputs one by one, its results the node's.
  V19  The operands and results of every other structural kind have the types that the kind asks for.
Meaning
  V20  No rule refuses its operands, and what the rules find agrees with what is declared.
Modules
  V21  A tensor constant is an entry of the weight table, with its dtype and sizes.
  V22  Classes, enums and interfaces that types name are in the class table.
  V23  Attributes that nodes read and write are attributes of the class, with their types.
  V24  Calls name a method or function that exists, and fit its inputs and results; no operator's body calls itself.
  V25  The graph of a method has an input for each leaf of its parameters and a result for each leaf of its result.
  V26  The attribute tree agrees with the class table: known classes, all attributes, values of their types.
  V27  Classes are well-formed: known kind, sound types, parameters and buffers are attributes, bases exist.
  V28  Weights have rank 16 or less, 2**48 bytes at most and names of 1 to 1024 characters; tables keep to limits.
"""

from __future__ import annotations

import re
from collections.abc import Container

from tsx.errors import fail
from tsx.ir.graph import Graph
from tsx.ir.module import Module
from tsx.ir.verify.meaning import Learned, meaning
from tsx.ir.verify.nodes import nodes
from tsx.ir.verify.report import Violation, excerpt, marked_lines
from tsx.ir.verify.structure import parts, structure
from tsx.ir.verify.tables import calls, classes, methods, references, tree, weights

__all__ = ["INVARIANTS", "Learned", "Violation", "check", "marked_lines", "verify", "verify_module"]

INVARIANTS: dict[str, str] = dict(re.findall(r"^  (V\d\d)  (.*)$", __doc__, re.MULTILINE))
"""The list above, by number."""


def verify(
    graph: Graph,
    module: Module | None = None,
    name: str = "",
    learned: Learned | None = None,
    absent: Container[str] = (),
) -> list[Violation]:
    """Every violation in ``graph``; what it says of tables is checked when its module is given.

    ``absent`` names operators of a host that is not there: nothing is known of them, so how they are called is not
    checked.
    """
    listed, found = parts(graph)
    if not found:
        found = [*structure(graph, listed), *nodes(listed.nodes, absent)]
        if module is not None:
            found += references(listed, module)
    if not found:
        found = meaning(graph, module, learned)
    return [violation.within(graph, name) for violation in found]


def verify_module(
    module: Module,
    *,
    only: Container[str] | None = None,
    learned: Learned | None = None,
    absent: Container[str] = (),
) -> list[Violation]:
    """Every violation in the graphs and tables of ``module``, graphs first.

    ``only`` names the graphs to look into where the others were found sound with the same tables; what these say of
    graphs that they call is looked at again. ``learned`` takes what the walks over graphs have found; ``absent`` is as
    for ``verify``.
    """
    found: list[Violation] = []
    for name, graph in module.graphs():
        if only is None or name in only:
            found += verify(graph, module, name, learned, absent)
        else:
            found += (
                violation.within(graph, name) for violation in references(parts(graph)[0], module)
            )
    found += [*classes(module), *weights(module), *tree(module), *methods(module)]
    if not found:  # the calls are known to exist
        found += calls(module)
    return found


def check(program: Module | Graph, after: str = "", learned: Learned | None = None) -> None:
    """Raises TSX8002 with the marked graph when ``program`` breaks an invariant; ``after`` names who made it."""
    if isinstance(program, Module):
        found = verify_module(program, learned=learned)
    else:
        found = verify(program, learned=learned)
    if not found:
        return
    first = found[0]
    sentence = f"{first}{f' (in {first.name})' if first.name else ''}"
    raise fail(
        "TSX8002",
        count=len(found),
        first=f"after {after}: {sentence}" if after else sentence,
        where=first.node.origin.span if first.node and first.node.origin.span else "",
        excerpt=excerpt(found),
    )
