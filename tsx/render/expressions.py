"""How a graph reads when constants stand inline and values have the names of the source.

Shared by the compact graph (``graph.py``) and the Python-like code (``code.py``). Temporaries are named after the id
that capture gave their node, so a value keeps its name from pass to pass and diffs show only what changed.
"""

from __future__ import annotations

from tsx.ir import types as ty
from tsx.ir.graph import Attribute, Graph, Node, Use, Value, WeightRef
from tsx.ir.op import lookup
from tsx.ir.schema import Argument

_INLINE = {"prim::Constant", "prim::GetAttr"}
_LISTS = {"prim::ListConstruct": ("[", "]"), "prim::TupleConstruct": ("(", ")")}


class Expressions:
    """Names and inline texts of the values of one graph."""

    def __init__(self, graph: Graph) -> None:
        self._names: dict[Value, str] = {}
        self._same: dict[Value, Value] = {}  # what a group's body calls its operands
        taken: set[str] = set()
        for value in graph.inputs:
            self._names[value] = _free(value.name or "arg", taken)
        for node in graph.all_nodes():
            if node.kind == "tsx::group":
                self._same.update(zip(node.blocks[0].inputs, node.inputs, strict=True))
            for block in node.blocks:
                for value in block.inputs:
                    if value in self._same:
                        continue
                    self._names[value] = _free(value.name or "b", taken)
            for index, value in enumerate(node.outputs):
                if self.is_inline(node) and not value.name:
                    self._names[value] = "inline"  # never shown, so it must not take a name away
                    continue
                id = node.origin.ids[0] if node.origin.ids else len(taken)
                suffix = f"_{index}" if len(node.outputs) > 1 else ""
                self._names[value] = _free(value.name or f"t{id}{suffix}", taken)

    def name(self, value: Value) -> str:
        return self._names[self.outside(value)]

    def outside(self, value: Value) -> Value:
        """The operand that an input of a group's body stands for."""
        while value in self._same:
            value = self._same[value]
        return value

    def is_inline(self, node: Node) -> bool:
        """Whether a node has no line of its own."""
        if node.kind in _INLINE:
            return True
        if node.kind not in _LISTS:
            return False
        is_plain = all(self._is_plain(v) for v in node.inputs)
        if node.kind == "prim::TupleConstruct":
            return is_plain or len(node.output.uses) == 1
        if len(node.output.uses) == 1:  # in a loop, it would read as a new list in each round
            use = node.output.uses[0]
            return use.node.block is node.block and not _writes(use)
        return is_plain and all(map(_only_reads, node.output.uses))

    def text(self, value: Value, spelling: str = "") -> str:
        """An operand: a constant or attribute path inline, or the value's name."""
        value = self.outside(value)
        node = value.node
        if node is None or not self.is_inline(node):
            return self.name(value)
        if node.kind == "prim::Constant":
            return constant_text(node.attributes.get("value"), value.type, spelling)
        if node.kind == "prim::GetAttr":
            owner = self.text(node.inputs[0])
            return f"{owner}.{node.attributes['name']}"
        return self.literal(node)

    def literal(self, node: Node) -> str:
        """A list or tuple as it is written: ``[a, 1]``."""
        opening, closing = _LISTS[node.kind]
        items = ", ".join(self.text(v) for v in node.inputs)
        trailing = "," if closing == ")" and len(node.inputs) == 1 else ""
        return f"{opening}{items}{trailing}{closing}"

    def operation(self, node: Node) -> str:
        """What a node computes, without the names of its results."""
        if node.kind in _LISTS:
            return self.literal(node)
        return f"{short_kind(node)}({self.arguments(node)})"

    def arguments(self, node: Node) -> str:
        """The operands of an operator: defaults left out, constants by name."""
        op = lookup(node.kind)
        if op is None:
            parts = [self.text(v) for v in node.inputs]
            if node.kind != "tsx::group":
                parts += [f"{k}={_attribute_text(v)}" for k, v in node.attributes.items()]
            return ", ".join(parts)
        parts = []
        named = False  # after an operand left out, or a keyword-only one, the rest go by name
        pairs = list(zip(op.schema.arguments, node.inputs, strict=False))
        for argument, value in pairs:
            if _is_default(argument, self.outside(value)):
                named = True
                continue
            text = self.text(value, argument.spelling)
            named = named or argument.keyword_only
            parts.append(f"{argument.name}={text}" if named else text)
        parts += [self.text(v) for v in node.inputs[len(pairs) :]]
        return ", ".join(parts)

    def _is_plain(self, value: Value) -> bool:
        node = self.outside(value).node
        return node is not None and node.kind == "prim::Constant"


def _writes(use: Use) -> bool:
    """Whether an operator changes the list that it is given."""
    op = lookup(use.node.kind)
    if op is None or use.operand >= len(op.schema.arguments):
        return False
    alias = op.schema.arguments[use.operand].alias
    return alias is not None and alias.writes


def _only_reads(use: Use) -> bool:
    """Whether an operator takes a list as one of its settings (sizes, strides), so that which list it is can't matter.

    What has a list as its own first operand may change it, or show what others changed.
    """
    op = lookup(use.node.kind)
    if op is None or use.operand == 0 or use.operand >= len(op.schema.arguments):
        return False
    return op.schema.arguments[use.operand].alias is None


def constant_text(value: Attribute, type: ty.Type, spelling: str = "") -> str:
    """A constant as source would have it; ``spelling`` (from the schema) tells dtypes from ints."""
    if isinstance(value, WeightRef):
        return value.name
    if isinstance(value, tuple):
        return "[" + ", ".join(constant_text(v, ty.ANY, spelling) for v in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool) and spelling.startswith("ScalarType"):
        dtype = ty.DTYPE_BY_CODE.get(value)
        return dtype.torch_name if dtype else str(value)
    if isinstance(value, int) and value == 2**63 - 1:
        return "END"
    return repr(value)


def short_kind(node: Node) -> str:
    """``conv2d`` for aten::conv2d.padding; a group by its display name."""
    if node.kind == "tsx::group":
        return str(node.attributes.get("name") or "group")
    namespace, _, rest = node.kind.partition("::")
    base = rest.partition(".")[0]
    return base if namespace in ("aten", "prim") else f"{namespace}::{base}"


def _attribute_text(value: Attribute) -> str:
    return str(value) if isinstance(value, (ty.Type, WeightRef)) else repr(value)


def _is_default(argument: Argument, value: Value) -> bool:
    if not argument.has_default or value.node is None or value.node.kind != "prim::Constant":
        return False
    constant = value.node.attributes.get("value")
    default = argument.default
    if isinstance(default, list):
        return constant == tuple(default)
    return type(constant) is type(default) and constant == default


def _free(name: str, taken: set[str]) -> str:
    unique, count = name, 0
    while unique in taken:
        count += 1
        unique = f"{name}.{count}"
    taken.add(unique)
    return unique
