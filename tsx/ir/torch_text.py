"""``to_torch``: a graph as text for PyTorch's own parser, so that its interpreter is a second oracle.

Takes a graph of operators and structural kinds without attributes of objects (freeze and inline come first). Gives
text for ``torch._C.parse_ir`` and the inputs that were added to it. What torch's grammar lacks is written otherwise:

==============================  ==============================================================================
``aten::add.Tensor``            ``aten::add``: torch finds the overload from the operand types
weights, inf, nan, complex      extra inputs at the end: literals can't hold them
constant lists and tuples       ``prim::ListConstruct`` of constants
``tsx::guard``                  ``prim::If`` on a comparison, with ``prim::RaiseException`` in the other branch
``tsx::group``                  its nodes, in place
several results                 one tuple, since torch's functions give one value
sizes and dtypes in types       ``Tensor``: an oracle must not believe what we think we know
==============================  ==============================================================================
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.graph import Attribute, Block, Graph, Node, Value, WeightRef
from tsx.ir.op import Op, lookup, overloads
from tsx.ir.prim import CONSTANT, GROUP, GUARD

_WRITTEN_AS_THEY_ARE = frozenset(
    {
        "prim::If", "prim::Loop", "prim::ListConstruct", "prim::ListUnpack", "prim::TupleConstruct",
        "prim::TupleUnpack", "prim::DictConstruct", "prim::NumToTensor", "prim::Print",
        "prim::unchecked_cast", "prim::Uninitialized",
    }
)  # fmt: skip
Literal = float | complex


@dataclass(frozen=True, slots=True)
class TorchText:
    """The text, and what was lifted: weight names, and ``float inf`` and the like for numbers, in input order."""

    text: str
    lifted: list[str]
    numbers: Mapping[str, Literal]

    def extra_inputs(self, weights: Mapping[str, object]) -> list[object]:
        """What to pass after the graph's own inputs."""
        return [
            self.numbers[name] if name in self.numbers else weights[name] for name in self.lifted
        ]


def to_torch(graph: Graph) -> TorchText:
    """The text of ``graph`` for ``torch._C.parse_ir``; TSX8004 names a node that torch's text can't hold."""
    writer = _Writer()
    return writer.write(graph)


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[Value, str] = {}
        self.count = 0
        self.lifted: dict[str, tuple[str, str]] = {}  # what: its name in the text, its type
        self.numbers: dict[str, Literal] = {}

    def write(self, graph: Graph) -> TorchText:
        inputs = [f"{self.define(v)} : {type_for_torch(v.type)}" for v in graph.inputs]
        self.body(graph.block, "  ")
        results = [self.names[value] for value in graph.outputs]
        if not results:
            results = [self.constant("  ", None, ty.NONE)]
        elif len(results) > 1:
            types = ", ".join(type_for_torch(v.type) for v in graph.outputs)
            results = [self.emit("  ", f"({types})", "prim::TupleConstruct", results)]
        inputs += [f"{name} : {type}" for name, type in self.lifted.values()]
        text = "\n".join(
            [f"graph({', '.join(inputs)}):", *self.lines, f"  return ({results[0]})", ""]
        )
        return TorchText(text, list(self.lifted), self.numbers)

    # -- pieces of text ------------------------------------------------------------------------------------------

    def fresh(self) -> str:
        self.count += 1
        return f"%{self.count}"

    def define(self, value: Value) -> str:
        self.names[value] = name = self.fresh()
        return name

    def emit(self, indent: str, type: str, kind: str, operands: Sequence[str]) -> str:
        """One node with one result; gives its name."""
        name = self.fresh()
        self.lines.append(f"{indent}{name} : {type} = {kind}({', '.join(operands)})")
        return name

    def constant(self, indent: str, value: Attribute, type: ty.Type) -> str:
        """A constant of ``type``, as a literal, a list of literals, or an input."""
        match value:
            case None:
                return self.emit(indent, "NoneType", CONSTANT, ())
            case WeightRef(name):
                return self.lift(name, "Tensor")
            case complex():
                return self.number(f"complex {value}", value, "complex")
            case float() if not math.isfinite(value):
                return self.number(f"float {value}", value, "float")
            case tuple():
                return self.sequence(indent, value, type)
            case bool() | int() | float():
                literal = str(int(value)) if isinstance(value, bool) else repr(value)
            case str():
                literal = quoted(value)
            case _:
                raise fail("TSX8004", what=f"the constant {value!r:.80}")
        spelling = type_for_torch(_literal_type(value, type))
        return self.emit(indent, spelling, f"{CONSTANT}[value={literal}]", ())

    def sequence(self, indent: str, items: tuple[Attribute, ...], type: ty.Type) -> str:
        if isinstance(type, ty.OptionalType):
            type = type.element
        if isinstance(type, ty.TupleType):
            parts = zip(items, type.elements, strict=True)
            names = [self.constant(indent, item, inner) for item, inner in parts]
            return self.emit(indent, type_for_torch(type), "prim::TupleConstruct", names)
        element = type.element if isinstance(type, ty.ListType) else ty.INT
        names = [self.constant(indent, item, element) for item in items]
        return self.emit(indent, type_for_torch(type), "prim::ListConstruct", names)

    def number(self, key: str, value: Literal, type: str) -> str:
        self.numbers[key] = value
        return self.lift(key, type)

    def lift(self, key: str, type: str) -> str:
        if key not in self.lifted:
            self.lifted[key] = (self.fresh(), type)
        return self.lifted[key][0]

    # -- nodes ---------------------------------------------------------------------------------------------------

    def body(self, block: Block, indent: str) -> None:
        for node in block.nodes:
            self.node(node, indent)

    def node(self, node: Node, indent: str) -> None:
        op = lookup(node.kind)
        if node.kind == CONSTANT:
            held = node.attributes.get("value")
            self.names[node.output] = self.constant(indent, held, node.output.type)
        elif node.kind == GUARD:
            self.guard(node, indent)
        elif node.kind == GROUP:
            (block,) = node.blocks
            for value, operand in zip(block.inputs, node.inputs, strict=True):
                self.names[value] = self.names[operand]
            self.body(block, indent)
            for output, result in zip(node.outputs, block.outputs, strict=True):
                self.names[output] = self.names[result]
        elif op is not None and not node.kind.startswith("tsx::"):
            operands = [self.operand(indent, node, op, i) for i in range(len(node.inputs))]
            self.plain(node, op.schema.name, operands, indent)
        elif node.kind in ("prim::TupleIndex", "prim::RaiseException"):
            operands = self.all(node.inputs)
            if "index" in node.attributes:
                operands.append(self.constant(indent, node.attributes["index"], ty.INT))
            if node.kind == "prim::RaiseException" and len(operands) == 1:
                operands.append(self.constant(indent, None, ty.NONE))
            self.plain(node, node.kind, operands, indent)
        elif node.kind in _WRITTEN_AS_THEY_ARE:
            self.plain(node, node.kind, self.all(node.inputs), indent)
        else:
            raise fail("TSX8004", what=node.kind, where=node.origin.span)

    def all(self, values: Iterable[Value]) -> list[str]:
        return [self.names[value] for value in values]

    def plain(self, node: Node, kind: str, operands: list[str], indent: str) -> None:
        """A node that torch has as well, with its blocks."""
        results = [f"{self.define(v)} : {type_for_torch(v.type)}" for v in node.outputs]
        if node.kind == "prim::ListConstruct":
            results = [f"{self.names[node.output]} : {_list_type(node)}"]
        head = f"{', '.join(results)} = " if results else ""
        self.lines.append(f"{indent}{head}{kind}({', '.join(operands)})")
        for index, block in enumerate(node.blocks):
            inputs = [f"{self.define(v)} : {type_for_torch(v.type)}" for v in block.inputs]
            self.lines.append(f"{indent}  block{index}({', '.join(inputs)}):")
            self.body(block, indent + "    ")
            self.lines.append(f"{indent}    -> ({', '.join(self.all(block.outputs))})")

    def operand(self, indent: str, node: Node, op: Op, index: int) -> str:
        """The operand, changed to what torch's schema matching takes without conversions."""
        value = node.inputs[index]
        name = self.names[value]
        if index >= len(op.schema.arguments):
            return name
        formal = op.schema.arguments[index]
        wanted = formal.type.element if isinstance(formal.type, ty.OptionalType) else formal.type
        if value.type == ty.BOOL and wanted == ty.NUMBER:
            if any(o.schema.arguments[index].type == ty.TENSOR for o in _siblings(op, index)):
                return self.emit(indent, "Tensor", "prim::NumToTensor", [name])
            return self.emit(indent, "int", "aten::Int", [name])
        return name

    def guard(self, node: Node, indent: str) -> None:
        """Goes on when the operand is what the trace saw; raises with the source otherwise."""
        (value,) = node.inputs
        name, expect = self.names[value], node.attributes.get("expect")
        if isinstance(value.type, ty.TensorType):
            cast, of = _CASTS[type(expect)]
            name = self.emit(indent, of, cast, [name])
        elif isinstance(value.type, (ty.ListType, ty.DictType)):
            name = self.emit(indent, "int", "aten::len", [name])
        if isinstance(expect, float) and math.isnan(expect):
            holds = self.emit(indent, "bool", "aten::isnan", [name])
        else:
            wanted = self.constant(indent, expect, ty.ANY)
            test = "aten::__is__" if expect is None else "aten::eq"
            holds = self.emit(indent, "bool", test, [name, wanted])
        message = f"{node.attributes.get('source')} is not {expect!r}, as it was in the trace"
        self.lines += [
            f"{indent}prim::If({holds})",
            f"{indent}  block0():",
            f"{indent}    -> ()",
            f"{indent}  block1():",
        ]
        inner = indent + "    "
        operands = [self.constant(inner, message, ty.STR), self.constant(inner, None, ty.NONE)]
        self.lines.append(f"{inner}prim::RaiseException({', '.join(operands)})")
        self.lines.append(f"{inner}-> ()")


_CASTS: dict[type, tuple[str, str]] = {
    bool: ("aten::Bool", "bool"),
    int: ("aten::Int", "int"),
    float: ("aten::Float", "float"),
}


def _siblings(op: Op, index: int) -> list[Op]:
    """The overloads of ``op`` that take as many operands, at least up to ``index``."""
    found = overloads(op.schema.name)
    return [o for o in found if len(o.schema.arguments) == len(op.schema.arguments) > index]


def _list_type(node: Node) -> str:
    """The type of a fresh list: with optional elements where an operator asks for them."""
    for user, index in node.output.uses:
        op = lookup(user.kind)
        if op is not None and index < len(op.schema.arguments):
            wanted = op.schema.arguments[index].type
            if isinstance(wanted, ty.ListType) and isinstance(wanted.element, ty.OptionalType):
                return type_for_torch(wanted)
    return type_for_torch(node.output.type)


def _literal_type(value: bool | int | float | str, type: ty.Type) -> ty.Type:
    if type == ty.DEVICE:
        return type
    if isinstance(value, bool):
        return ty.BOOL
    if isinstance(value, str):
        return ty.STR
    return ty.INT if isinstance(value, int) else ty.FLOAT


def type_for_torch(type: ty.Type) -> str:
    """A type without what is known of tensors, and named tuples as plain ones: torch's grammar has no names."""
    return str(_unnamed(ty.erase_shapes(type)))


def _unnamed(type: ty.Type) -> ty.Type:
    match type:
        case ty.TupleType(elements):
            return ty.TupleType(tuple(map(_unnamed, elements)))
        case ty.ListType(element):
            return ty.ListType(_unnamed(element))
        case ty.OptionalType(element):
            return ty.OptionalType(_unnamed(element))
        case ty.DictType(key, value):
            return ty.DictType(_unnamed(key), _unnamed(value))
    return type


def quoted(text: str) -> str:
    """A string literal for torch's parser: printable ASCII, the rest of the UTF-8 bytes in octal."""
    plain = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("\t"): "\\t"}
    data = text.encode("utf-8", "surrogatepass")
    return '"' + "".join(plain.get(b) or _byte(b) for b in data) + '"'


def _byte(byte: int) -> str:
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
