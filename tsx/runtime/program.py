"""Program: a module lowered for the stack VM: functions of instructions, and the tables they index.

A program is made at load and never saved (design 4.11). It is immutable, so threads share it; it holds no arrays, only
the names of weights. The same graphs give the same program, byte for byte (``encode``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from tsx.ir.graph import Attribute
from tsx.ir.location import Origin
from tsx.ir.types import Type
from tsx.runtime.opcodes import OPCODES, Opcode, Term
from tsx.runtime.tile import Tile


@dataclass(frozen=True, slots=True)
class Instruction:
    opcode: Opcode
    operands: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Constant:
    """An entry of the constant pool: the attribute of a ``prim::Constant`` (weights by name) and its type."""

    value: Attribute
    type: Type


@dataclass(frozen=True, slots=True)
class Operator:
    """An entry of the operator table. One with a variable number of operands has an entry for each number."""

    kind: str
    operands: int
    results: int


@dataclass(frozen=True, slots=True)
class Guard:
    """An entry of the guard table, from ``tsx::guard[kind, expect, source]``."""

    kind: str
    expect: Attribute
    source: str


@dataclass(frozen=True, slots=True)
class Function:
    """Code with its frame: inputs arrive in the slots ``0 … inputs-1``; ``RET`` leaves ``outputs`` values.

    ``depth`` is the most values it has on the stack at once. ``origins`` has one entry an instruction, ``slot_names``
    one a slot.
    """

    name: str
    inputs: int
    outputs: int
    depth: int
    code: tuple[Instruction, ...]
    origins: tuple[Origin, ...] = field(repr=False)
    slot_names: tuple[str, ...] = field(repr=False)

    @property
    def slots(self) -> int:
        return len(self.slot_names)


@dataclass(frozen=True, slots=True)
class Program:
    """Functions (entry points first) and tables. ``methods`` maps (class, method) to functions for dynamic calls."""

    functions: tuple[Function, ...]
    entries: dict[str, int]
    constants: tuple[Constant, ...] = ()
    operators: tuple[Operator, ...] = ()
    names: tuple[str, ...] = ()
    types: tuple[Type, ...] = ()
    guards: tuple[Guard, ...] = ()
    tiles: tuple[Tile, ...] = ()
    methods: dict[tuple[str, str], int] = field(default_factory=dict)

    def count(self, function: Function, instruction: Instruction, terms: tuple[Term, ...]) -> int:
        """How many values one side of a stack picture means for ``instruction`` in ``function``."""
        return sum(self._term(function, instruction, term, terms) for term in terms)

    def _term(
        self, function: Function, instruction: Instruction, term: Term, side: tuple[Term, ...]
    ) -> int:
        if not term.operand:
            return 1
        opcode = instruction.opcode
        if opcode is Opcode.RET:
            return function.outputs
        index = instruction.operands[opcode.operands.index(term.operand)]
        pops = side is opcode.picture.pops
        match term.operand:
            case "operator":
                row = self.operators[index]
                return row.operands if pops else row.results
            case "tile":
                tile = self.tiles[index]
                return tile.operands if pops else tile.results
            case "function":
                callee = self.functions[index]
                return callee.inputs if pops else callee.outputs
            case _:
                return index


def encode(function: Function) -> bytes:
    """The code as bytes: for each instruction its number (one byte) and its operands (four bytes, little-endian)."""
    parts = (
        struct.pack(f"<B{len(i.operands)}I", i.opcode.code, *i.operands) for i in function.code
    )
    return b"".join(parts)


def decode(code: bytes) -> Iterator[Instruction]:
    """The instructions that ``encode`` wrote."""
    at = 0
    while at < len(code):
        opcode = OPCODES[code[at]]
        count = len(opcode.operands)
        yield Instruction(opcode, struct.unpack_from(f"<{count}I", code, at + 1))
        at += 1 + 4 * count
