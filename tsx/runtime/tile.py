"""Fusion groups at run time: a group's block becomes a tile program, which NumPy runs instruction by instruction.

Takes a ``tsx::group``; gives its steps as data (``tile_of``) and a function over VM values (``TileRunner``). A program
is made once for each signature of operands (dtypes, 0-dim or not), so a group runs whatever dtypes reach it. Each step
rounds as its operator does alone: fused is equal to unfused, bit for bit. A contraction runs ahead of its program, and
a step that has no formula runs by its operator's own meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tsx.ir.graph import Attribute, Node, Value
from tsx.ir.op import Op, Trait, lookup, unknown_op
from tsx.ir.types import TensorType, Type
from tsx.ops.dtypes import dtype_of
from tsx.ops.formula import Formula, number_dtype
from tsx.ops.interpret import Runner, compile_tile
from tsx.ops.promote import Category
from tsx.ops.tile import Constant, Register, TileBuilder, TileProgram
from tsx.runtime import values

MAX_PROGRAMS = 64  # signatures kept for one group


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant inside a group."""

    value: Attribute
    type: Type

    def fresh(self) -> values.Value:
        """The value; a list is made anew each time. (Groups hold no constants but scalars and lists of them.)"""
        return list(self.value) if isinstance(self.value, tuple) else self.value


Operand = int | Literal
"""A register: the group's operands come first, then the result of each step; or a constant."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operator of a group."""

    kind: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """An entry of the tile table: the steps of a fusion group. ``label`` is its name, for people."""

    label: str
    operands: int
    steps: tuple[Step, ...]
    outputs: tuple[Operand, ...]

    @property
    def results(self) -> int:
        return len(self.outputs)


def tile_of(group: Node) -> Tile:
    """The steps of a group's block. An operator that nobody defined is an ``OperatorError``."""
    (block,) = group.blocks
    names: dict[Value, Operand] = {value: place for place, value in enumerate(block.inputs)}
    steps: list[Step] = []
    for node in block.nodes:
        if node.kind == "prim::Constant":
            names[node.output] = Literal(node.attributes.get("value"), node.output.type)
            continue
        if lookup(node.kind) is None:
            raise unknown_op(node.kind, node.origin.span or "")
        names[node.output] = len(block.inputs) + len(steps)
        steps.append(Step(node.kind, tuple(names[value] for value in node.inputs)))
    outputs = tuple(names[value] for value in block.outputs)
    label = str(group.attributes.get("name") or "_".join(_base(step.kind) for step in steps))
    return Tile(label, len(block.inputs), tuple(steps), outputs)


def _base(kind: str) -> str:
    return kind.partition("::")[2].partition(".")[0]


class TileRunner:
    """A group as a function of its operands: one value for one result, else a tuple."""

    def __init__(self, tile: Tile) -> None:
        self.tile = tile
        self._ops = [_op(step.kind) for step in tile.steps]
        first = next(
            (i for i, op in enumerate(self._ops) if _formula(op) is not None), len(self._ops)
        )
        self._fused = range(first, len(self._ops))  # the steps that a tile program can hold
        self._fusible = all(_is_fusible(op) for op in self._ops[first:])
        self._by_value = set(self._part_of_program())
        self._runners: dict[object, Runner] = {}

    def __call__(self, *operands: values.Value) -> values.Value:
        registers: list[values.Value] = list(operands)
        for index in range(self._fused.start):
            registers.append(self._evaluate(index, registers))
        runner = self._runner(registers) if self._fusible and self._fused else None
        if runner is not None:
            results = runner(registers)
        else:
            for index in self._fused:
                registers.append(self._evaluate(index, registers))
            results = tuple(_read(output, registers) for output in self.tile.outputs)
        return results[0] if len(results) == 1 else results

    def program(self, registers: Sequence[values.Value]) -> TileProgram:
        """The tile program for operands like these, contractions' results included."""
        return _Lowering(self.tile, self._ops, self._fused.start, registers).program()

    def _evaluate(self, index: int, registers: Sequence[values.Value]) -> values.Value:
        operands = self.tile.steps[index].operands
        return self._ops[index].eval(*(_read(operand, registers) for operand in operands))

    def _runner(self, registers: Sequence[values.Value]) -> Runner | None:
        signature = tuple(_signature(v, i in self._by_value) for i, v in enumerate(registers))
        runner = self._runners.get(signature)
        if runner is None:
            if len(self._runners) >= MAX_PROGRAMS:
                self._runners.clear()
            runner = self._runners[signature] = compile_tile(self.program(registers))
        return runner

    def _part_of_program(self) -> Iterator[int]:
        """The operands whose values a program depends on: those that a formula bakes in or a reduction reads."""
        for index in self._fused:
            op, formula = self._ops[index], _formula(self._ops[index])
            for argument, operand in zip(
                op.schema.arguments, self.tile.steps[index].operands, strict=True
            ):
                if isinstance(operand, int) and (formula is None or formula.bakes(argument.name)):
                    yield operand


class _Lowering:
    """Builds the tile program for one signature: registers stand for tensors, numbers stay numbers."""

    def __init__(
        self, tile: Tile, ops: Sequence[Op], first: int, given: Sequence[values.Value]
    ) -> None:
        self.tile = tile
        self.ops = ops
        self.first = first
        self.given = given
        self.builder = TileBuilder()
        self.results: list[Register] = []

    def program(self) -> TileProgram:
        for index in range(self.first, len(self.ops)):
            op, step = self.ops[index], self.tile.steps[index]
            formula = _formula(op)
            if formula is not None:
                names = [argument.name for argument in op.schema.arguments]
                operands = [
                    self.operand(o, formula.bakes(name))
                    for o, name in zip(step.operands, names, strict=True)
                ]
                self.results.append(formula.emit(self.builder, operands))
            else:
                self.results.append(self.reduction(op, step))
        for output in self.tile.outputs:
            register = self.operand(output, False)
            assert isinstance(register, Register)
            self.builder.store(register)
        return self.builder.finish()

    def operand(self, operand: Operand, baked: bool) -> Register | Constant | str | None:
        """A tensor or number as a register; what is part of the program (``baked``) as itself."""
        if isinstance(operand, Literal):
            value = operand.value
            if value is None or isinstance(value, str) or baked:
                assert value is None or isinstance(value, (bool, int, float, complex, str))
                return value
            assert isinstance(value, (bool, int, float, complex))
            return self.builder.constant(value, number_dtype(value))
        if operand >= len(self.given):
            return self.results[operand - len(self.given)]
        value = self.given[operand]
        if isinstance(value, np.ndarray):
            category = Category.TENSOR if value.ndim else Category.ZERO_DIM
            return self.builder.load(operand, dtype_of(value), category)
        if value is None or isinstance(value, str) or baked:
            return value  # type: ignore[no-any-return]  # one of the three, as the test says
        return self.builder.load(operand, number_dtype(value), Category.NUMBER)

    def reduction(self, op: Op, step: Step) -> Register:
        """The last step, which folds dimensions of a register away."""
        source = self.operand(step.operands[0], False)
        assert isinstance(source, Register)
        rest = tuple(_read(operand, self.given) for operand in step.operands[1:])
        inferred = op.infer(TensorType(source.dtype), *rest)
        assert isinstance(inferred, TensorType)
        assert inferred.dtype is not None
        return self.builder.reduce(source, op.kind, rest, inferred.dtype)


def _read(operand: Operand, registers: Sequence[values.Value]) -> values.Value:
    return operand.fresh() if isinstance(operand, Literal) else registers[operand]


def _signature(value: values.Value, by_value: bool) -> object:
    """What a program depends on: a tensor's dtype and whether it is 0-dim, a number's type or its value."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.ndim > 0
    is_number = isinstance(value, (bool, int, float, complex))
    return type(value), None if is_number and not by_value else repr(value)


def _op(kind: str) -> Op:
    op = lookup(kind)
    assert op is not None, f"{kind} was there when the program was lowered"
    return op


def _formula(op: Op) -> Formula | None:
    return op.formula if isinstance(op.formula, Formula) else None


def _is_fusible(op: Op) -> bool:
    """Whether a tile program can hold it: a formula, or a reduction of one tensor."""
    others = op.schema.arguments[1:]
    has_more = any(_holds_tensors(argument.type) for argument in others)
    return _formula(op) is not None or (op.has(Trait.REDUCTION) and not has_more)


def _holds_tensors(type: Type) -> bool:
    """Whether values of ``type`` are tensors or hold them."""
    return isinstance(type, TensorType) or any(map(_holds_tensors, type.children()))
