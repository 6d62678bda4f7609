"""Tile programs: elementwise work as flat instructions over virtual registers. Data only, for every engine.

A program loads operands (arrays or numbers, broadcast against each other), converts, computes with the primitives of
``primitives.py``, may fold dimensions away, and stores results. One lone operator and a whole fusion group look alike.

===========  =====================  ==================================================================
opcode       operands               ``value``
===========  =====================  ==================================================================
``LOAD``                            the slot: which operand of the program
``CONST``                           the number
``CAST``     a register
a primitive  one to three registers
``REDUCE``   a register             ``(kind, operands)``: the reduction's node kind and its other operands
``STORE``    a register             the result's index
===========  =====================  ==================================================================

Every instruction but STORE defines the register of its own index; its ``dtype`` is that register's. Registers are
assigned once. Programs are built with ``TileBuilder``, which never emits the same computation twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from tsx.ir.types import DType
from tsx.ops.primitives import PRIMITIVES, result_dtype
from tsx.ops.promote import Category

LOAD, CONST, CAST, REDUCE, STORE = "LOAD", "CONST", "CAST", "REDUCE", "STORE"

Constant = bool | int | float | complex
Detail = Constant | tuple[str, tuple[object, ...]] | None


@dataclass(frozen=True, slots=True)
class Instruction:
    """``%index : dtype = opcode(registers)``."""

    opcode: str
    registers: tuple[int, ...]
    dtype: DType
    value: Detail = None

    def __str__(self) -> str:
        operands = [f"%{register}" for register in self.registers]
        if self.value is not None:
            operands.append(repr(self.value))
        return f"{self.opcode} {', '.join(operands)}"


@dataclass(frozen=True, slots=True)
class TileProgram:
    """The instructions, and how many operands they load and results they store."""

    instructions: tuple[Instruction, ...]
    slots: int
    results: int

    def __str__(self) -> str:
        lines = [
            str(line) if line.opcode == STORE else f"%{index} : {line.dtype.type_name} = {line}"
            for index, line in enumerate(self.instructions)
        ]
        return "\n".join(lines)

    def to_data(self) -> list[list[object]]:
        """Plain lists, numbers and strings, for other engines' tests."""
        return [
            [line.opcode, list(line.registers), line.dtype.torch_name, line.value]
            for line in self.instructions
        ]


@dataclass(frozen=True, slots=True)
class Register:
    """What the builder knows of a value: it stands in for an operand in type promotion."""

    index: int
    dtype: DType
    category: Category


class TileBuilder:
    """Collects instructions; equal ones share a register."""

    def __init__(self) -> None:
        self._instructions: list[Instruction] = []
        self._known: dict[object, int] = {}
        self._slots = 0
        self._results = 0

    def load(self, slot: int, dtype: DType, category: Category) -> Register:
        """Operand ``slot`` of the program."""
        self._slots = max(self._slots, slot + 1)
        return self._add(LOAD, (), dtype, category, slot)

    def constant(self, value: Constant, dtype: DType) -> Register:
        """A number as ``dtype``."""
        return self._add(CONST, (), dtype, Category.NUMBER, _as_dtype(value, dtype))

    def cast(self, value: Register, dtype: DType) -> Register:
        """``value`` as ``dtype``; itself when it is that already."""
        if value.dtype is dtype:
            return value
        return self._add(CAST, (value,), dtype, value.category)

    def apply(self, primitive: str, *operands: Register) -> Register:
        """A primitive of operands of one dtype (a select's condition is bool)."""
        dtypes = [operand.dtype for operand in operands]
        if PRIMITIVES[primitive].is_identity_on(dtypes[0]):
            return operands[0]
        category = min((operand.category for operand in operands), key=_ORDER.index)
        return self._add(primitive, operands, result_dtype(primitive, dtypes), category)

    def reduce(
        self, value: Register, kind: str, operands: tuple[object, ...], dtype: DType
    ) -> Register:
        """The reduction operator ``kind`` of a register; only stores may follow."""
        return self._add(REDUCE, (value,), dtype, Category.TENSOR, (kind, operands))

    def retag(self, value: Register, category: Category) -> Register:
        """The same register as an operator's result: a number operand becomes a tensor operand."""
        return Register(value.index, value.dtype, category)

    def store(self, value: Register) -> None:
        """Makes ``value`` the next result."""
        self._instructions.append(Instruction(STORE, (value.index,), value.dtype, self._results))
        self._results += 1

    def finish(self) -> TileProgram:
        return TileProgram(tuple(self._instructions), self._slots, self._results)

    def _add(
        self,
        opcode: str,
        operands: tuple[Register, ...],
        dtype: DType,
        category: Category,
        value: Detail = None,
    ) -> Register:
        registers = tuple(operand.index for operand in operands)
        key = (opcode, registers, dtype, repr(value))  # repr tells 0.0 from -0.0, and 1 from True
        if key not in self._known:
            self._known[key] = len(self._instructions)
            self._instructions.append(Instruction(opcode, registers, dtype, value))
        return Register(self._known[key], dtype, category)


def _as_dtype(value: Constant, dtype: DType) -> Constant:
    """The Python number of the dtype's class, so that equal constants share a register."""
    if dtype is DType.BOOL:
        return bool(value)
    if dtype.is_integer:
        return value if isinstance(value, int) and not isinstance(value, bool) else int(value.real)
    return complex(value) if dtype.is_complex else float(value.real)


_ORDER = (Category.TENSOR, Category.ZERO_DIM, Category.NUMBER)
