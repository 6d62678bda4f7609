"""The structural node kinds: control flow, constants, containers, attributes, calls. They are part of the IR itself.

One row a kind: operands, blocks, attributes, effects, and a rule that checks the types where a count can't say it.
A rule takes the node and gives a sentence for each thing that is wrong. Operators (``aten::…``) are not here: their
schemas say all this. docs/ir.md shows the table; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tsx.ir import types as ty
from tsx.ir.graph import RETURN, Node, Value, WeightRef
from tsx.ir.match import agrees
from tsx.ir.op import Trait
from tsx.ir.types import is_subtype

Rule = Callable[[Node], Iterator[str]]
ANY_NUMBER = 1 << 30
GROUP = "tsx::group"
GUARD = "tsx::guard"
WRITE = "tsx::write"


@dataclass(frozen=True, slots=True)
class Prim:
    """A structural kind. ``operands`` and ``results`` are the least and the greatest count."""

    kind: str
    operands: tuple[int, int]
    results: tuple[int, int]
    blocks: int = 0
    required: Mapping[str, str] = field(default_factory=dict)  # attribute: its form, see FORMS
    optional: Mapping[str, str] = field(default_factory=dict)
    traits: Trait = Trait.PURE
    rule: Rule | None = None
    doc: str = ""


FORMS: dict[str, Callable[[object], bool]] = {
    "str": lambda v: isinstance(v, str),
    "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "types": lambda v: isinstance(v, tuple) and all(isinstance(t, ty.Type) for t in v),
    "scalar": lambda v: v is None or isinstance(v, (bool, int, float, complex, str)),
    "any": lambda v: True,
}
"""What the value of an attribute may be."""


def _constant(node: Node) -> Iterator[str]:
    type = node.output.type
    if isinstance(type, ty.FunctionType):
        if node.attributes.get("name") != type.name or "value" in node.attributes:
            yield f"a function constant of type {type} has only the attribute name={type.name!r}"
        return
    if "name" in node.attributes:
        yield "only a function constant has the attribute name"
    value = node.attributes.get("value")
    if not constant_fits(value, type):
        shown = "None" if value is None else f"{value!r:.80}"
        yield f"the constant {shown} is not of type {type}"


def constant_fits(value: object, type: ty.Type) -> bool:
    """Whether ``value`` is a constant of ``type``."""
    match type:
        case ty.TensorType():
            return isinstance(value, WeightRef)
        case ty.OptionalType(element):
            return value is None or constant_fits(value, element)
        case ty.ListType(element):
            return isinstance(value, tuple) and all(constant_fits(v, element) for v in value)
        case ty.TupleType(elements):
            return (
                isinstance(value, tuple)
                and len(value) == len(elements)
                and all(map(constant_fits, value, elements))
            )
        case ty.UnionType(members):
            return any(constant_fits(value, member) for member in members)
        case ty.EnumType():
            return isinstance(value, str)
    python = _PYTHON_TYPES.get(type)
    if python is None or not isinstance(value, python):
        return False
    if isinstance(value, bool):
        return type == ty.BOOL
    return not isinstance(value, int) or -(1 << 63) <= value < 1 << 63


_PYTHON_TYPES: dict[ty.Type, tuple[type, ...]] = {
    ty.NONE: (type(None),),
    ty.BOOL: (bool,),
    ty.INT: (int,),
    ty.FLOAT: (float,),
    ty.STR: (str,),
    ty.COMPLEX: (complex,),
    ty.NUMBER: (int, float, complex),
    ty.DEVICE: (str,),
}


def _if(node: Node) -> Iterator[str]:
    yield from _operand_is(node, 0, ty.BOOL)
    for index, block in enumerate(node.blocks):
        if block.inputs:
            yield f"block {index} takes {len(block.inputs)} inputs instead of none"
        yield from _flows(f"block {index} gives", block.outputs, node.outputs, "result")


def _loop(node: Node) -> Iterator[str]:
    yield from _operand_is(node, 0, ty.INT)
    yield from _operand_is(node, 1, ty.BOOL)
    (block,) = node.blocks
    carried = node.inputs[2:]
    if not block.inputs or block.inputs[0].type != ty.INT:
        yield "the first input of the block is the iteration number, an int"
        return
    yield from _flows("the loop starts with", carried, block.inputs[1:], "block input")
    if not block.outputs or block.outputs[0].type != ty.BOOL:
        yield "the first result of the block is the condition to go on, a bool"
        return
    yield from _flows("the block gives", block.outputs[1:], block.inputs[1:], "block input")
    yield from _flows("the block gives", block.outputs[1:], node.outputs, "result")
    yield from _flows("the loop starts with", carried, node.outputs, "result")


def _group(node: Node) -> Iterator[str]:
    (block,) = node.blocks
    yield from _flows("the group takes", node.inputs, block.inputs, "block input")
    yield from _flows("the block gives", block.outputs, node.outputs, "result")


def _list_construct(node: Node) -> Iterator[str]:
    type = node.output.type
    if not isinstance(type, ty.ListType):
        yield f"the result is a list, not {type}"
        return
    for index, value in enumerate(node.inputs):
        if not is_subtype(value.type, type.element):
            yield f"element {index} is {value.type}, not {type.element}"


def _list_unpack(node: Node) -> Iterator[str]:
    type = node.inputs[0].type
    if not isinstance(type, ty.ListType):
        yield f"operand 0 is {type}, not a list"
        return
    for index, output in enumerate(node.outputs):
        # Unpacking a list of tensors may state what is known of each.
        if ty.erase_shapes(output.type) != ty.erase_shapes(type.element):
            yield f"result {index} is {output.type}, not {type.element}"


def _tuple_construct(node: Node) -> Iterator[str]:
    type = node.output.type
    if not isinstance(type, ty.TupleType) or len(type.elements) != len(node.inputs):
        yield f"the result is a tuple of {len(node.inputs)}, not {type}"
        return
    for index, (value, element) in enumerate(zip(node.inputs, type.elements, strict=True)):
        if not is_subtype(value.type, element):
            yield f"element {index} is {value.type}, not {element}"


def _tuple_unpack(node: Node) -> Iterator[str]:
    type = node.inputs[0].type
    if not isinstance(type, ty.TupleType) or len(type.elements) != len(node.outputs):
        yield f"operand 0 is a tuple of {len(node.outputs)}, not {type}"
        return
    for index, (element, output) in enumerate(zip(type.elements, node.outputs, strict=True)):
        if not agrees(element, output.type):
            yield f"result {index} is {output.type}, not {element}"


def _tuple_index(node: Node) -> Iterator[str]:
    type = node.inputs[0].type
    if not isinstance(type, ty.TupleType):
        yield f"operand 0 is {type}, not a tuple"
        return
    if len(node.inputs) + ("index" in node.attributes) != 2:
        yield "the index is operand 1 or the attribute index"
        return
    index = tuple_index(node)
    if index is None:
        yield from _operand_is(node, 1, ty.INT)
        if any(not agrees(element, node.output.type) for element in type.elements):
            yield f"an index that isn't constant needs elements of one type, not {type}"
    elif not -len(type.elements) <= index < len(type.elements):
        yield f"index {index} is out of range for {type}"
    elif not agrees(type.elements[index], node.output.type):
        yield f"the result is {node.output.type}, not {type.elements[index]}"


def tuple_index(node: Node) -> int | None:
    """The index of a ``prim::TupleIndex``: its attribute or its constant operand; None when it isn't constant."""
    found = node.attributes.get("index")
    if found is None and len(node.inputs) == 2:
        source = node.inputs[1].node
        found = source.attributes.get("value") if source and source.kind == CONSTANT else None
    return found if isinstance(found, int) else None


def _tuple_slice(node: Node) -> Iterator[str]:
    type = node.inputs[0].type
    if not isinstance(type, ty.TupleType):
        yield f"operand 0 is {type}, not a tuple"
        return
    begin, end = node.attributes["beg"], node.attributes["end"]
    assert isinstance(begin, int)
    assert isinstance(end, int)
    wanted = ty.TupleType(type.elements[begin:end])
    if not agrees(wanted, node.output.type):
        yield f"the result is {node.output.type}, not {wanted}"


def _dict_construct(node: Node) -> Iterator[str]:
    type = node.output.type
    if not isinstance(type, ty.DictType) or len(node.inputs) % 2:
        yield f"keys and values in turn make a dict, not {type}"
        return
    for index, value in enumerate(node.inputs):
        wanted = type.value if index % 2 else type.key
        if not is_subtype(value.type, wanted):
            yield f"operand {index} is {value.type}, not {wanted}"


def _object(node: Node) -> Iterator[str]:
    type = node.inputs[0].type
    if not isinstance(type, (ty.ClassType, ty.InterfaceType)):
        yield f"operand 0 is {type}, not an object"


def _create_object(node: Node) -> Iterator[str]:
    if not isinstance(node.output.type, ty.ClassType):
        yield f"the result is an object, not {node.output.type}"


def _isinstance(node: Node) -> Iterator[str]:
    yield from _result_is(node, ty.BOOL)


def _cast(node: Node) -> Iterator[str]:
    source, target = node.inputs[0].type, node.output.type
    if not agrees(source, target):
        yield f"a {source} is never a {target}"


def _raise(node: Node) -> Iterator[str]:
    for index in range(len(node.inputs)):
        yield from _operand_is(node, index, ty.STR)


def _write(node: Node) -> Iterator[str]:
    yield from _operand_is(node, 0, ty.STR)


def _num_to_tensor(node: Node) -> Iterator[str]:
    if node.inputs[0].type not in (ty.INT, ty.FLOAT, ty.COMPLEX, ty.BOOL, ty.NUMBER):
        yield f"operand 0 is {node.inputs[0].type}, not a number"
    if not isinstance(node.output.type, ty.TensorType):
        yield f"the result is a tensor, not {node.output.type}"


def _enum(node: Node) -> Iterator[str]:
    if not isinstance(node.inputs[0].type, ty.EnumType):
        yield f"operand 0 is {node.inputs[0].type}, not an enum"
    if node.kind == "prim::EnumName":
        yield from _result_is(node, ty.STR)


def _guard(node: Node) -> Iterator[str]:
    if isinstance(node.inputs[0].type, (ty.ClassType, ty.FunctionType, ty.InterfaceType)):
        yield f"operand 0 is {node.inputs[0].type}; a guard compares plain values"


def _operand_is(node: Node, index: int, type: ty.Type) -> Iterator[str]:
    if node.inputs[index].type != type:
        yield f"operand {index} is {node.inputs[index].type}, not {type}"


def _result_is(node: Node, type: ty.Type) -> Iterator[str]:
    if node.output.type != type:
        yield f"the result is {node.output.type}, not {type}"


def _flows(what: str, given: Sequence[Value], taken: Sequence[Value], name: str) -> Iterator[str]:
    """Values given one by one to places that must hold them."""
    if len(given) != len(taken):
        yield f"{what} {len(given)} value(s) for {len(taken)} {name}(s)"
        return
    for index, (source, target) in enumerate(zip(given, taken, strict=True)):
        if not is_subtype(source.type, target.type):
            yield f"{what} {source.type} for {name} {index}, which is {target.type}"


CONSTANT = "prim::Constant"
_ONE = (1, 1)
_NONE = (0, 0)
_ANY = (0, ANY_NUMBER)
_NAME = {"name": "str"}
_EFFECT = Trait.EFFECT

_ROWS = (
    Prim(CONSTANT, _NONE, _ONE, optional={"value": "any", "name": "str"}, rule=_constant,
         doc="a literal, a weight (value=<Tensor>, name=…), a function (name=…), or None without a value"),
    Prim("prim::If", _ONE, _ANY, blocks=2, rule=_if, doc="the results of one of two blocks"),
    Prim("prim::Loop", (2, ANY_NUMBER), _ANY, blocks=1, rule=_loop,
         doc="(max trips, go on?, carried…): block(i, carried…) -> (go on?, carried…)"),
    Prim("prim::ListConstruct", _ANY, _ONE, rule=_list_construct, doc="a fresh list"),
    Prim("prim::ListUnpack", _ONE, _ANY, rule=_list_unpack,
         doc="the elements; fails when the list has another length"),
    Prim("prim::TupleConstruct", _ANY, _ONE, rule=_tuple_construct, doc="a tuple"),
    Prim("prim::TupleUnpack", _ONE, _ANY, rule=_tuple_unpack, doc="the elements"),
    Prim("prim::TupleIndex", (1, 2), _ONE, optional={"index": "int"}, rule=_tuple_index, doc="one element"),
    Prim("prim::TupleSlice", _ONE, _ONE, required={"beg": "int", "end": "int"}, rule=_tuple_slice,
         doc="elements from beg to end"),
    Prim("prim::DictConstruct", _ANY, _ONE, rule=_dict_construct, doc="a fresh dict: key, value, key, value, …"),
    Prim("prim::GetAttr", _ONE, _ONE, required=_NAME, rule=_object, doc="an attribute of an object"),
    Prim("prim::SetAttr", (2, 2), _NONE, required=_NAME, rule=_object, traits=_EFFECT, doc="writes an attribute"),
    Prim("prim::CallMethod", (1, ANY_NUMBER), _ANY, required=_NAME, rule=_object, traits=_EFFECT,
         doc="calls a method of the class of operand 0"),
    Prim("prim::CallFunction", _ANY, _ANY, optional=_NAME, traits=_EFFECT,
         doc="calls an entry of the function table: the attribute name, or operand 0"),
    Prim("prim::CreateObject", _NONE, _ONE, rule=_create_object, doc="an object without attributes yet"),
    Prim("prim::isinstance", _ONE, _ONE, required={"types": "types"}, rule=_isinstance, doc="a type test"),
    Prim("prim::unchecked_cast", _ONE, _ONE, rule=_cast, doc="a narrower type that control flow has proven"),
    Prim("prim::Uninitialized", _NONE, _ONE, doc="a value that is never read"),
    Prim("prim::RaiseException", (1, 2), _NONE, rule=_raise, traits=_EFFECT, doc="stops: message, class name"),
    Prim("prim::Print", _ANY, _NONE, traits=_EFFECT, doc="prints its operands"),
    Prim(WRITE, _ONE, _NONE, rule=_write, traits=_EFFECT, doc="prints a string as it is, with no end of line"),
    Prim("prim::NumToTensor", _ONE, _ONE, rule=_num_to_tensor, doc="a 0-dim tensor"),
    Prim("prim::EnumName", _ONE, _ONE, rule=_enum, doc="the name of an enum member"),
    Prim("prim::EnumValue", _ONE, _ONE, rule=_enum, doc="the value of an enum member"),
    Prim(GUARD, _ONE, _NONE, required={"kind": "str", "expect": "scalar", "source": "str"}, rule=_guard,
         traits=_EFFECT, doc="stops when the operand differs from what the trace saw"),
    Prim(GROUP, _ANY, _ANY, blocks=1, optional=_NAME, rule=_group,
         doc="one isolated block that runs as a unit; its inputs are the block's"),
    Prim(RETURN, _ANY, _NONE, doc="the end of a block; its operands are the block's results"),
)  # fmt: skip

PRIMS: dict[str, Prim] = {row.kind: row for row in _ROWS}
"""Every structural kind."""
