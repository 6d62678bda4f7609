"""The instruction table: one row an instruction; everything else about instructions derives from it.

The enum, the encoding, the disassembler, the depth checker, the dispatch of the VM and ``docs/opcodes.md`` read this
table. Operators are not instructions: ``CALL`` takes an index into the program's operator table, so a new operator
never touches this file. A *stack picture* ``a b -> c`` names what an instruction pops and pushes, top last;
``values:count`` stands for as many values as the operand ``count`` says (for an operator, function or tile program: as
many as its entry in the program's table says).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

OPERAND_KINDS = {
    "slot": "a place for one value in the frame",
    "constant": "an entry of the program's constants",
    "operator": "an entry of the program's operator table: kind, operands, results",
    "function": "a function of the program",
    "tile": "a tile program (a fusion group)",
    "name": "an attribute or method name",
    "type": "an entry of the program's types",
    "guard": "an entry of the program's guards: kind, expected value, source line",
    "target": "the index of an instruction in the same function",
    "count": "a number of values",
    "index": "a number",
}


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a stack picture: a value, or ``name:operand``, as many values as that operand says."""

    name: str
    operand: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What an instruction pops and what it pushes, each with the top of the stack last."""

    pops: tuple[Term, ...]
    pushes: tuple[Term, ...]

    @staticmethod
    def parse(text: str) -> Picture:
        before, _, after = text.partition("->")
        return Picture(_terms(before), _terms(after))

    def __str__(self) -> str:
        sides = (
            " ".join(t.name + ("…" if t.operand else "") for t in side)
            for side in (self.pops, self.pushes)
        )
        return " → ".join(side or "·" for side in sides)


def _terms(text: str) -> tuple[Term, ...]:
    return tuple(Term(*word.split(":")) for word in text.split())


class Opcode(Enum):
    """Operands, stack picture, what it does and, for a jump, the picture when it is taken."""

    # Slots and constants
    LOAD = ("slot", "-> value", "Pushes the value of a slot.")
    MOVE = ("slot", "-> value", "Pushes the value of a slot and empties the slot: its last use.")
    STORE = ("slot", "value ->", "Pops a value into a slot.")
    FREE = ("slot", "->", "Empties a slot whose value is not used on this path.")
    LOADC = ("constant", "-> value", "Pushes a constant; a list is a fresh copy each time.")
    DROP = ("", "value ->", "Pops a value that nobody uses.")
    UNINITIALIZED = (
        "",
        "-> nothing",
        "Pushes the value of a path that is never taken; it may be moved, not used.",
    )
    # Calls and control
    CALL = ("operator", "operands:operator -> results:operator", "Calls an operator.")
    CALLF = (
        "function",
        "operands:function -> results:function",
        "Calls a function or method in a frame of its own.",
    )
    TILE = ("tile", "operands:tile -> results:tile", "Runs a fusion group's tile program.")
    RET = ("", "results:function ->", "Leaves the frame; its results stay for the caller.")
    JMP = ("target", "->", "Jumps.")
    JF = ("target", "condition ->", "Jumps if the condition is False.")
    LOOP = (
        "target count",
        "trip limit condition carried:count -> trip+1 limit trip carried:count",
        "Starts the next turn while trip < limit and the condition holds, else jumps behind the loop.",
        "trip limit condition carried:count -> carried:count",
    )
    GUARD = (
        "guard",
        "value ->",
        "Stops with the source line unless the value is what it was at capture.",
    )
    RAISE = ("", "message kind ->", "Stops with the exception that the model raises.")
    PRINT = ("count", "values:count ->", "Prints the values on one line.")
    WRITE = ("", "text ->", "Prints a string as it is, with no end of line.")
    # Containers
    LIST = ("count", "values:count -> list", "Makes a list.")
    TUPLE = ("count", "values:count -> tuple", "Makes a tuple.")
    DICT = ("count", "pairs:count -> dict", "Makes a dict of keys and values that alternate.")
    UNPACK = (
        "count",
        "sequence -> values:count",
        "Pushes the elements of a list or tuple of exactly this length.",
    )
    INDEX = ("", "tuple index -> value", "Takes one element of a tuple.")
    SLICE = ("", "tuple begin end -> tuple", "Takes the elements of a tuple from begin up to end.")
    # Objects and types
    GET_ATTR = ("name", "object -> value", "Reads an attribute.")
    SET_ATTR = ("name", "object value ->", "Writes an attribute.")
    CREATE = ("type", "-> object", "Makes an object with no attributes yet.")
    CALLM = ("name count index", "object operands:count -> results:index",
             "Calls a method by name: the object's class decides which (interfaces).")  # fmt: skip
    ISINSTANCE = ("type", "value -> bool", "Whether the value has one of the types.")
    TENSOR = (
        "",
        "number -> tensor",
        "Makes a 0-dim tensor of a number (int64, float64, complex128 or bool).",
    )
    ENUM_NAME = ("", "member -> str", "The name of an enum member.")
    ENUM_VALUE = ("", "member -> value", "The value of an enum member.")
    # Typed scalars: what an operator names as its `scalar_op`; ints are int64 and stop on overflow
    ADD_I = ("", "a b -> sum", "a + b of ints.")
    SUB_I = ("", "a b -> difference", "a - b of ints.")
    MUL_I = ("", "a b -> product", "a * b of ints.")
    FLOORDIV_I = ("", "a b -> quotient", "a // b of ints, rounded down; stops when b is 0.")
    MOD_I = ("", "a b -> rest", "a % b of ints, with the sign of b; stops when b is 0.")
    NEG_I = ("", "a -> negative", "-a of an int.")
    EQ_I = ("", "a b -> bool", "a == b of ints.")
    NE_I = ("", "a b -> bool", "a != b of ints.")
    LT_I = ("", "a b -> bool", "a < b of ints.")
    LE_I = ("", "a b -> bool", "a <= b of ints.")
    GT_I = ("", "a b -> bool", "a > b of ints.")
    GE_I = ("", "a b -> bool", "a >= b of ints.")
    ADD_F = ("", "a b -> sum", "a + b of floats.")
    SUB_F = ("", "a b -> difference", "a - b of floats.")
    MUL_F = ("", "a b -> product", "a * b of floats.")
    DIV_F = ("", "a b -> quotient", "a / b of floats; by zero it is inf or nan, as in IEEE 754.")
    NEG_F = ("", "a -> negative", "-a of a float.")
    EQ_F = ("", "a b -> bool", "a == b of floats.")
    NE_F = ("", "a b -> bool", "a != b of floats.")
    LT_F = ("", "a b -> bool", "a < b of floats.")
    LE_F = ("", "a b -> bool", "a <= b of floats.")
    GT_F = ("", "a b -> bool", "a > b of floats.")
    GE_F = ("", "a b -> bool", "a >= b of floats.")
    NOT_B = ("", "a -> bool", "not a.")

    def __init__(self, operands: str, picture: str, doc: str, taken: str = "") -> None:
        self.code = len(self.__class__.__members__)  # its number: the place in this table
        self.operands = tuple(operands.split())
        self.picture = Picture.parse(picture)
        self.taken = (
            Picture.parse(taken) if taken else None
        )  # the picture of the jump, when it is another
        self.doc = doc

    @property
    def is_jump(self) -> bool:
        return "target" in self.operands

    @property
    def ends(self) -> bool:
        """Whether the next instruction is never reached from this one (RAISE: laid out as if it were)."""
        return self in (Opcode.RET, Opcode.JMP)

    @property
    def is_scalar(self) -> bool:
        """Whether it is typed scalar arithmetic, which operators name in their record."""
        return self.name[-2:] in ("_I", "_F", "_B")


OPCODES = tuple(Opcode)
OPCODE_BY_NAME = {opcode.name: opcode for opcode in OPCODES}
