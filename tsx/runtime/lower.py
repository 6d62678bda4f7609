"""Lowering: a verified graph becomes a program for the stack VM. Small, one way, deterministic (design 4.11).

Takes a module (or one graph), gives a ``Program``. A value used once, directly below, stays on the stack; every other
value has a slot of its own. Constants are pushed where they are used. Never changes the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import replace

from tsx.ir.graph import Attribute, Block, Graph, Node, Value
from tsx.ir.location import Origin
from tsx.ir.module import Module
from tsx.ir.op import lookup, unknown_op
from tsx.ir.types import (
    ANY,
    INT,
    STR,
    AtomType,
    EnumType,
    FunctionType,
    InterfaceType,
    OptionalType,
    Type,
    UnionType,
)  # fmt: skip
from tsx.runtime.check import stack_depth
from tsx.runtime.liveness import Emitted, Item, Label, kill_dead
from tsx.runtime.opcodes import OPCODE_BY_NAME, Opcode
from tsx.runtime.program import Function, Guard, Instruction, Program
from tsx.runtime.tables import Tables

_Task = Iterator["_Task"]  # a step of emission: it yields the steps to be done before it goes on

# Structural kinds that are their operands and one instruction.
_PLAIN = {
    "prim::Uninitialized": Opcode.UNINITIALIZED,
    "prim::EnumName": Opcode.ENUM_NAME,
    "prim::EnumValue": Opcode.ENUM_VALUE,
    "prim::NumToTensor": Opcode.TENSOR,
    "tsx::write": Opcode.WRITE,
}
_COUNTED = {
    "prim::ListConstruct": Opcode.LIST,
    "prim::TupleConstruct": Opcode.TUPLE,
    "prim::DictConstruct": Opcode.DICT,
    "prim::Print": Opcode.PRINT,
}
_NAMED = {"prim::GetAttr": Opcode.GET_ATTR, "prim::SetAttr": Opcode.SET_ATTR}


def lower(graph: Graph, module: Module | None = None, *, bodies: bool = False) -> Program:
    """The program whose one entry is ``graph``, with what it calls (see ``lower_module``)."""
    return _lower(Tables(module, bodies), {graph.name: graph})


def lower_module(module: Module, *, bodies: bool = False, absent: Container[str] = ()) -> Program:
    """The program whose entries are the methods of ``module``.

    ``bodies``: composite operators run their bodies (``CALLF``) instead of the runtime's own answer. An operator or
    function that does not exist is an ``OperatorError`` or ``RunError`` with the line that calls it, unless it is in
    ``absent``: such a program can be shown, and not run.
    """
    entries = {name: method.graph for name, method in module.methods.items()}
    return _lower(Tables(module, bodies, absent), entries)


def _lower(tables: Tables, graphs: dict[str, Graph]) -> Program:
    entries = {name: tables.function(name, graph) for name, graph in graphs.items()}
    functions: list[Function] = []
    while len(functions) < len(tables.functions):
        functions.append(_Emitter(tables, *tables.functions[len(functions)]).function())
    program = tables.program(functions, entries)
    deep = (replace(f, depth=stack_depth(program, f)) for f in program.functions)
    return replace(program, functions=tuple(deep))


class _Emitter:
    """Emits one function. A value is in its slot, or on the stack when its node is ``inline``."""

    def __init__(self, tables: Tables, name: str, graph: Graph) -> None:
        self.tables = tables
        self.name = name
        self.graph = graph
        self.inline = inline_nodes(graph)
        self.slots: dict[Value, int] = {}
        self.items: list[Item] = []

    def function(self) -> Function:
        for value in self.graph.inputs:
            self._slot(value)
        _run(self._block(self.graph.block))
        self._emit(Opcode.RET, origin=self.graph.block.return_node.origin)
        holds_memory = [_holds_memory(value.type) for value in self.slots]
        instructions, origins = _place(kill_dead(self.items, holds_memory))
        return Function(
            self.name, len(self.graph.inputs), len(self.graph.outputs), 0,
            instructions, origins, tuple(value.name for value in self.slots),
        )  # fmt: skip

    def _slot(self, value: Value) -> int:
        return self.slots.setdefault(value, len(self.slots))

    def _emit(
        self, opcode: Opcode, *operands: int, origin: Origin, target: Label | None = None
    ) -> None:
        self.items.append(Emitted(opcode, operands, origin, target))

    def _block(self, block: Block) -> _Task:
        """The nodes of a block, with its outputs on the stack."""
        for node in block.nodes:
            if node not in self.inline and node.kind != "prim::Constant":
                yield self._node(node)
                self._store(node.outputs, node.origin)
        yield self._operands(block.return_node)

    def _store(self, values: list[Value], origin: Origin) -> None:
        """Pops ``values`` into their slots; those that nobody uses are dropped by liveness."""
        for value in reversed(values):
            self._emit(Opcode.STORE, self._slot(value), origin=origin)

    def _operands(self, node: Node) -> _Task:
        for value in node.inputs:
            if not isinstance(value.type, FunctionType):  # it names a function and is no value
                yield self._operand(value, node)

    def _operand(self, value: Value, user: Node) -> _Task:
        if value.node is not None and value.node in self.inline:
            yield self._node(value.node)
        elif value.node is not None and value.node.kind == "prim::Constant":
            self._constant(value.node.attributes.get("value"), value.type, user)
        else:
            self._emit(Opcode.LOAD, self.slots[value], origin=user.origin)

    def _constant(self, value: Attribute, type: Type, user: Node) -> None:
        self._emit(Opcode.LOADC, self.tables.constant(value, type), origin=user.origin)

    def _node(self, node: Node) -> _Task:
        """The node's operands and instruction: leaves its outputs on the stack."""
        if node.kind == "prim::Loop":
            self._constant(0, INT, node)
        yield self._operands(node)
        if node.kind == "prim::If":
            yield self._if(node)
        elif node.kind == "prim::Loop":
            yield self._loop(node)
        elif node.kind in _SPECIAL:
            _SPECIAL[node.kind](self, node)
        elif node.kind in _PLAIN:
            self._emit(_PLAIN[node.kind], origin=node.origin)
        elif node.kind in _COUNTED:
            self._emit(_COUNTED[node.kind], len(node.inputs), origin=node.origin)
        elif node.kind in _NAMED:
            name = self.tables.name(str(node.attributes["name"]))
            self._emit(_NAMED[node.kind], name, origin=node.origin)
        else:
            self._call(node)

    def _call(self, node: Node) -> None:
        op = lookup(node.kind)
        if op is None and node.kind not in self.tables.absent:
            raise unknown_op(node.kind, node.origin.span or "")
        if op is not None and op.scalar_op:
            self._emit(OPCODE_BY_NAME[op.scalar_op], origin=node.origin)
        elif op is not None and op.body and self.tables.bodies:
            self._emit(Opcode.CALLF, self.tables.body(op), origin=node.origin)
        else:
            index = self.tables.operator(node.kind, len(node.inputs), len(node.outputs))
            self._emit(Opcode.CALL, index, origin=node.origin)

    def _if(self, node: Node) -> _Task:
        otherwise, end = Label(), Label()
        then_block, else_block = node.blocks
        self._emit(Opcode.JF, origin=node.origin, target=otherwise)
        yield self._block(then_block)
        if else_block.outputs or any(True for _ in else_block.nodes):
            self._emit(Opcode.JMP, origin=node.origin, target=end)
        self.items.append(otherwise)
        yield self._block(else_block)
        self.items.append(end)

    def _loop(self, node: Node) -> _Task:
        turn, end = Label(), Label()
        (body,) = node.blocks
        self.items.append(turn)
        self._emit(Opcode.LOOP, len(node.outputs), origin=node.origin, target=end)
        self._store(body.inputs, node.origin)
        yield self._block(body)
        self._emit(Opcode.JMP, origin=node.origin, target=turn)
        self.items.append(end)

    def _unpack(self, node: Node) -> None:
        self._emit(Opcode.UNPACK, len(node.outputs), origin=node.origin)

    def _tuple_index(self, node: Node) -> None:
        if "index" in node.attributes:
            self._constant(node.attributes["index"], INT, node)
        self._emit(Opcode.INDEX, origin=node.origin)

    def _tuple_slice(self, node: Node) -> None:
        self._constant(node.attributes["beg"], INT, node)
        self._constant(node.attributes["end"], INT, node)
        self._emit(Opcode.SLICE, origin=node.origin)

    def _call_function(self, node: Node) -> None:
        callee = next((v.type.name for v in node.inputs if isinstance(v.type, FunctionType)), "")
        name = str(node.attributes.get("name") or callee)
        index = self.tables.called_function(name, node.origin.span)
        self._emit(Opcode.CALLF, index, origin=node.origin)

    def _call_method(self, node: Node) -> None:
        name = str(node.attributes["name"])
        receiver = node.inputs[0].type
        if isinstance(receiver, InterfaceType):
            self.tables.implementations(name)
            counts = len(node.inputs) - 1, len(node.outputs)
            self._emit(Opcode.CALLM, self.tables.name(name), *counts, origin=node.origin)
        else:
            index = self.tables.called_method(str(receiver), name, node.origin.span)
            self._emit(Opcode.CALLF, index, origin=node.origin)

    def _create(self, node: Node) -> None:
        self._emit(Opcode.CREATE, self.tables.type(node.output.type), origin=node.origin)

    def _isinstance(self, node: Node) -> None:
        types = node.attributes["types"]
        members = tuple(t for t in types if isinstance(t, Type)) if isinstance(types, tuple) else ()
        self._emit(Opcode.ISINSTANCE, self.tables.type(UnionType(members)), origin=node.origin)

    def _guard(self, node: Node) -> None:
        facts = node.attributes
        guard = Guard(str(facts["kind"]), facts.get("expect"), str(facts.get("source", "")))
        self._emit(Opcode.GUARD, self.tables.guard(guard), origin=node.origin)

    def _raise(self, node: Node) -> None:
        if len(node.inputs) == 1:
            self._constant("", STR, node)
        self._emit(Opcode.RAISE, origin=node.origin)

    def _group(self, node: Node) -> None:
        self._emit(Opcode.TILE, self.tables.tile(node), origin=node.origin)

    def _nothing(self, node: Node) -> None:
        """The operand itself is the result."""


_SPECIAL: dict[str, Callable[[_Emitter, Node], None]] = {
    "prim::ListUnpack": _Emitter._unpack,
    "prim::TupleUnpack": _Emitter._unpack,
    "prim::TupleIndex": _Emitter._tuple_index,
    "prim::TupleSlice": _Emitter._tuple_slice,
    "prim::CallFunction": _Emitter._call_function,
    "prim::CallMethod": _Emitter._call_method,
    "prim::CreateObject": _Emitter._create,
    "prim::isinstance": _Emitter._isinstance,
    "prim::RaiseException": _Emitter._raise,
    "prim::unchecked_cast": _Emitter._nothing,
    "tsx::guard": _Emitter._guard,
    "tsx::group": _Emitter._group,
}


def _holds_memory(type: Type) -> bool:
    """Whether freeing a value of this type early may matter: numbers and strings are small."""
    if isinstance(type, OptionalType):
        return _holds_memory(type.element)
    return type == ANY or not isinstance(type, AtomType | EnumType)


def inline_nodes(graph: Graph) -> set[Node]:
    """Nodes whose one output is used once, by the next node, in operand order: it needs no slot.

    Each node's operands are scanned from the last to the first, while they are the nodes right above it (constants do
    not count), so emitting them as operands keeps the order of the nodes. As ``can_emit_inline`` in PyTorch's
    ``torch/csrc/jit/runtime/interpreter/can_emit_inline.h``.
    """
    inline: set[Node] = set()
    blocks = [graph.block]
    while blocks:
        block = blocks.pop()
        for node in (block.return_node, *reversed(list(block.nodes))):
            blocks.extend(node.blocks if node.kind != "tsx::group" else ())
            if node not in inline:
                _scan_operands(node, inline)
    return inline


def _scan_operands(node: Node, inline: set[Node]) -> None:
    above = _previous(node)
    work = list(node.inputs)
    while work:
        value = work.pop()
        if above is not None and value.node is above and len(value.uses) == 1 == len(above.outputs):
            inline.add(above)
            work.extend(above.inputs)
            above = _previous(above)


def _previous(node: Node) -> Node | None:
    before = node.prev
    while before is not None and before.kind == "prim::Constant":
        before = before.prev
    return before


def _run(task: _Task) -> None:
    """Runs a step and the steps it yields, depth first, on a stack of our own: nesting has no limit."""
    stack = [task]
    while stack:
        for part in stack[-1]:
            stack.append(part)
            break
        else:
            stack.pop()


def _place(items: list[Item]) -> tuple[tuple[Instruction, ...], tuple[Origin, ...]]:
    """Labels become indices."""
    places: dict[Label, int] = {}
    emitted: list[Emitted] = []
    for item in items:
        if isinstance(item, Label):
            places[item] = len(emitted)
        else:
            emitted.append(item)
    code = tuple(
        Instruction(e.opcode, (places[e.target], *e.operands) if e.target else e.operands)
        for e in emitted
    )
    return code, tuple(e.origin for e in emitted)
