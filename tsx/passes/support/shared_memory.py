"""Which memories of a block can be followed through every name they have: what functionalize may rewrite.

A *memory* is a tensor or list that a node of the block makes, with all values that may share it. It can be followed
when these are views with a known inverse, results of writes, or snapshots: values (a list that holds it, a view that
may be a copy) that nobody reads after a later write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tsx.ir import types as ty
from tsx.ir.alias import AliasAnalysis
from tsx.ir.build import Builder
from tsx.ir.graph import Block, Graph, Node, Value
from tsx.ir.infer import abstract_of
from tsx.ir.op import Op, lookup
from tsx.ir.walk import all_values, ancestor_in
from tsx.passes.support.describe import short_kind
from tsx.passes.support.layout import is_row_major
from tsx.passes.support.purity import is_pure
from tsx.passes.support.views import can_put_back

Twin = Callable[[Builder, Node], Value]
"""Builds the new contents of a write's target, whose present contents are the write's operand 0."""


@dataclass(slots=True, eq=False)
class Memory:
    """``parent`` says of a view what it views, and of a write's result what was written."""

    root: Value
    is_row_major: bool  # then what takes its place must be so too: sums add in the order of memory
    members: set[Value] = field(default_factory=set)
    parent: dict[Value, Value] = field(default_factory=dict)
    snapshots: set[Value] = field(default_factory=set)
    writes: dict[Node, Twin] = field(default_factory=dict)

    @staticmethod
    def rule(write: Node) -> str:
        """The name of the rewrite."""
        if write.kind in _LIST_WRITES:
            return f"{short_kind(write.kind)}(list, …) == a new list"
        return "f_(x) == f(x), x renamed"


def find_memories(block: Block, graph: Graph, aliases: AliasAnalysis) -> list[Memory]:
    """The memories of ``block`` that are written and can be followed."""
    roots: dict[Value, None] = {}
    for node in block.nodes:
        if aliases.may_write(node) and node.inputs:
            root = _root(node.inputs[0], block)
            if root is not None:
                roots[root] = None
    found = [_follow(root, block, graph, aliases) for root in roots]
    return [memory for memory in found if memory is not None and memory.writes]


def _root(value: Value, block: Block) -> Value | None:
    """The fresh value of ``block`` behind a chain of views and writes."""
    while value.node is not None and value.node.block is block:
        if value.node.kind in _MAKERS or _is_fresh(value):
            return value
        op = lookup(value.node.kind)
        if op is None or not op.schema.arguments[0].alias or len(value.node.outputs) != 1:
            return None
        value = value.node.inputs[0]
    return None


def _is_fresh(value: Value) -> bool:
    assert value.node is not None
    op = lookup(value.node.kind)
    if op is None or value.index >= len(op.schema.results):
        return False
    return op.schema.results[value.index].alias is None and is_pure(value.node)


def _follow(root: Value, block: Block, graph: Graph, aliases: AliasAnalysis) -> Memory | None:
    if not aliases.is_local(root):
        return None
    memory = Memory(root, is_row_major(root), {root})
    sharing = aliases.sharing(root) - {root}
    for value in all_values(graph) if sharing else ():
        if value not in sharing:
            continue
        if _holds_it_later(value, block):
            continue
        if value.block is not block or value.node is None or not _add_member(memory, value):
            return None
    holders: list[Value] = []
    for value in memory.members:
        for use in value.uses:
            if use.node.kind in _HOLDERS:
                holders.append(use.node.output)
            elif not _may_use(memory, value, use.node, use.operand, block, aliases):
                return None
    for value in (*memory.snapshots, *_all_holders(holders)):
        if _is_read_after_write(memory, value, block):
            return None
    return memory


def _holds_it_later(value: Value, block: Block) -> bool:
    """Whether a value can hold the memory only once the block has ended: outside, or in the next round of a loop.

    Memory that a node makes is made anew each time the block runs.
    """
    if value.block is block:
        return value.node is None
    outer = block.node
    while outer is not None and outer.block is not value.block:
        outer = outer.block.node
    return outer is not None


def _all_holders(holders: list[Value]) -> list[Value]:
    """Containers that hold the memory, and those that hold them."""
    for value in holders:
        holders.extend(use.node.output for use in value.uses if use.node.kind in _HOLDERS)
    return holders


def _add_member(memory: Memory, value: Value) -> bool:
    """Adds a value that may share the memory; False when it can't be followed. Values come in program order."""
    node = value.node
    assert node is not None
    op = lookup(node.kind)
    if op is None or len(node.outputs) != 1 or not node.inputs:
        return False
    source = node.inputs[0]
    if source not in memory.members:
        return False
    memory.parent[value] = source
    if source in memory.snapshots or not (op.schema.mutates or can_put_back(node)):
        memory.snapshots.add(value)
    memory.members.add(value)
    return True


def _may_use(
    memory: Memory,
    value: Value,
    user: Node,
    operand: int,
    block: Block,
    aliases: AliasAnalysis,
) -> bool:
    """Whether a use only reads, or is a write that has a pure twin (which is then recorded)."""
    if user is block.return_node:
        return True
    op = lookup(user.kind)
    if op is None:
        return user.kind in _READERS
    if operand >= len(op.schema.arguments):
        return not op.schema.mutates
    formal = op.schema.arguments[operand]
    if not any(alias and alias.writes for alias in (formal.alias, formal.inner_alias)):
        return formal.alias is None or not formal.alias.after  # it may go into a container
    if user.block is not block or operand != 0 or value in memory.snapshots:
        return False
    twin = _twin(memory, user, op, aliases)
    if twin is None:
        return False
    memory.writes[user] = twin
    return True


def _is_read_after_write(memory: Memory, value: Value, block: Block) -> bool:
    """Whether a snapshot is used after a write that comes after it was taken."""
    assert value.node is not None
    taken = ancestor_in(value.node, block)
    later = [write for write in memory.writes if taken is None or taken.is_before(write)]
    if not later:
        return False
    for use in value.uses:
        user = ancestor_in(use.node, block)
        if user is None or any(write.is_before(user) for write in later):
            return True
    return False


def _twin(memory: Memory, node: Node, op: Op, aliases: AliasAnalysis) -> Twin | None:
    """What computes the new contents of operand 0 of a write; None when nothing gives the same for certain."""
    if node.kind in _LIST_WRITES:
        return _list_twin(memory, node, aliases)
    if node.kind == "aten::copy_":
        return _copied if _is_same_tensor(node.inputs[0], node.inputs[1]) else None
    if node.kind == "aten::zero_":
        return _zeroed
    kind = _pure_kind(node.kind)
    pure = lookup(kind)
    if pure is None or kind == node.kind or not _is_twin(pure, op):
        return None
    if not _gives_same(pure, node):
        return None
    return lambda builder, write: builder.op(kind, write.inputs, write.inputs[0].type)


def _pure_kind(kind: str) -> str:
    """``aten::add.Tensor`` for ``aten::add_.Tensor``."""
    if kind in _OTHER_TWINS:
        return _OTHER_TWINS[kind]
    base, dot, overload = kind.partition(".")
    name = base.removeprefix("aten::")
    if name.startswith("__i"):
        return f"aten::__{name[3:]}{dot}{overload}"  # __iand__ is __and__
    return f"{base.removesuffix('_')}{dot}{overload}"


def _is_twin(pure: Op, write: Op) -> bool:
    """Whether two schemas differ in the writing only."""
    if pure.schema.mutates or len(pure.schema.results) != 1 or pure.schema.results[0].alias:
        return False
    mine, theirs = ([a.type for a in op.schema.arguments] for op in (pure, write))
    return mine == theirs


def _gives_same(pure: Op, node: Node) -> bool:
    """Whether the pure operator's result certainly has the dtype and sizes of the tensor that is written."""
    target = node.inputs[0].type
    if not isinstance(target, ty.TensorType) or target.dtype is None:
        return False
    result = pure.infer(*map(abstract_of, node.inputs))
    if not isinstance(result, ty.TensorType) or result.dtype is not target.dtype:
        return False
    tensors = [v for v in node.inputs if isinstance(v.type, (ty.TensorType, ty.ListType))]
    if len(tensors) == 1:  # nothing to broadcast with
        return True
    known = target.shape is not None and None not in target.shape
    return known and result.shape == target.shape


def _is_same_tensor(target: Value, source: Value) -> bool:
    a, b = target.type, source.type
    if not isinstance(a, ty.TensorType) or not isinstance(b, ty.TensorType):
        return False
    if a.shape is None or None in a.shape or a.dtype is None:
        return False
    return b.dtype is not None and b.shape is not None and None not in b.shape


def _copied(builder: Builder, write: Node) -> Value:
    """``x.copy_(y)``: ``y`` in the dtype and sizes of ``x``, as a tensor of its own."""
    target, source = write.inputs[:2]
    assert isinstance(target.type, ty.TensorType)
    assert isinstance(source.type, ty.TensorType)
    none = builder.constant(None)
    if source.type.dtype is not target.type.dtype:
        assert target.type.dtype is not None
        false = builder.constant(False)
        code = builder.constant(target.type.dtype.code)
        cast = ty.TensorType(target.type.dtype, source.type.shape)
        source = builder.op("aten::to.dtype", (source, code, false, false, none), cast)
    if source.type != target.type:
        source = builder.op("aten::expand_as", (source, target), target.type)
    return builder.op("aten::clone", (source, none), target.type)


def _zeroed(builder: Builder, write: Node) -> Value:
    (target,) = write.inputs
    return builder.op("aten::fill.Scalar", (target, builder.constant(0)), target.type)


def _appended(builder: Builder, write: Node) -> Value:
    old, element = write.inputs
    return _literal(builder, old, (*_elements(old), element))


def _extended(builder: Builder, write: Node) -> Value:
    old, more = write.inputs
    return _literal(builder, old, (*_elements(old), *_elements(more)))


def _replaced(builder: Builder, write: Node) -> Value:
    old, index, element = write.inputs
    elements = list(_elements(old))
    elements[_constant_index(index) or 0] = element
    return _literal(builder, old, elements)


def _inserted(builder: Builder, write: Node) -> Value:
    old, index, element = write.inputs
    elements = list(_elements(old))
    elements.insert(_constant_index(index) or 0, element)
    return _literal(builder, old, elements)


def _literal(builder: Builder, old: Value, elements: Sequence[Value]) -> Value:
    assert isinstance(old.type, ty.ListType)
    return builder.list(elements, old.type.element)


def _elements(value: Value) -> tuple[Value, ...]:
    """The elements of a literal list; what a list becomes by writes is a literal again."""
    assert value.node is not None
    assert value.node.kind == "prim::ListConstruct"
    return value.node.inputs


def _is_literal(value: Value) -> bool:
    return value.node is not None and value.node.kind == "prim::ListConstruct"


def _constant_index(value: Value) -> int | None:
    node = value.node
    found = node.attributes.get("value") if node and node.kind == "prim::Constant" else None
    return found if isinstance(found, int) else None


def _list_twin(memory: Memory, node: Node, aliases: AliasAnalysis) -> Twin | None:
    """What computes a list after a write; a list only grows here, so an index that fits the root always fits."""
    if not _is_literal(memory.root):
        return None
    if node.kind in ("aten::extend.t", "aten::add_.t"):
        more = node.inputs[1]
        is_used = any(value.uses for value in node.outputs)  # add_ gives the list back, unmarked
        is_known = _is_literal(more) and not aliases.has_writers(more)
        return _extended if is_known and not is_used else None
    if node.kind == "aten::append.t":
        return _appended
    index, count = _constant_index(node.inputs[1]), len(_elements(memory.root))
    if node.kind == "aten::insert.t":
        return _inserted if index is not None else None
    fits = index is not None and -count <= index < count
    return _replaced if fits else None


_LIST_WRITES = (
    "aten::append.t",
    "aten::extend.t",
    "aten::add_.t",
    "aten::insert.t",
    "aten::_set_item.t",
)
_MAKERS = ("prim::ListConstruct",)
_HOLDERS = ("prim::ListConstruct", "prim::TupleConstruct")
# Where the pure operator has another overload name.
_OTHER_TWINS = {
    "aten::pow_.Scalar": "aten::pow.Tensor_Scalar",
    "aten::pow_.Tensor": "aten::pow.Tensor_Tensor",
    "aten::floor_divide_.Tensor": "aten::floor_divide",
}
_READERS = ("prim::ListUnpack", "prim::isinstance", "tsx::guard", "tsx::group", "prim::Print")
