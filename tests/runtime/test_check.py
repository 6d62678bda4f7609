"""Every check of our own lowering is hit by a program that breaks just that."""

from __future__ import annotations

from dataclasses import replace

import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import InternalError
from tsx.ir.location import NOWHERE
from tsx.runtime.check import check, stack_depth
from tsx.runtime.opcodes import Opcode
from tsx.runtime.program import Function, Instruction, Operator, Program

_RELU = Operator("aten::relu", 1, 1)


def program(
    *rows: tuple[object, ...], inputs: int = 1, outputs: int = 1, slots: int = 2
) -> Program:
    code = tuple(Instruction(row[0], tuple(row[1:])) for row in rows)
    names = tuple(f"s{i}" for i in range(slots))
    function = Function("f", inputs, outputs, 0, code, (NOWHERE,) * len(code), names)
    made = Program((function,), {"f": 0}, operators=(_RELU,))
    try:
        depth = stack_depth(made, function)
    except (InternalError, IndexError):
        depth = 0
    return replace(made, functions=(replace(function, depth=depth),))


LOAD, MOVE, STORE, JF, JMP, RET, CALL = (
    Opcode.LOAD, Opcode.MOVE, Opcode.STORE, Opcode.JF, Opcode.JMP, Opcode.RET, Opcode.CALL,
)  # fmt: skip
GOOD = ((LOAD, 0), (CALL, 0), (RET,))


def test_a_good_program_passes() -> None:
    check(program(*GOOD))


BROKEN = {
    "slot out of range": ((LOAD, 2), (RET,)),
    "operator out of range": ((LOAD, 0), (CALL, 1), (RET,)),
    "constant out of range": ((Opcode.LOADC, 0), (RET,)),
    "function out of range": ((LOAD, 0), (Opcode.CALLF, 1), (RET,)),
    "tile out of range": ((LOAD, 0), (Opcode.TILE, 0), (RET,)),
    "name out of range": ((LOAD, 0), (Opcode.GET_ATTR, 0), (RET,)),
    "type out of range": ((LOAD, 0), (Opcode.ISINSTANCE, 0), (RET,)),
    "guard out of range": ((LOAD, 0), (LOAD, 0), (Opcode.GUARD, 0), (RET,)),
    "target out of range": ((LOAD, 0), (JMP, 9), (RET,)),
    "negative operand": ((LOAD, -1), (RET,)),
    "too few operands": ((LOAD,), (RET,)),
    "too many operands": ((LOAD, 0, 0), (RET,)),
    "pops from an empty stack": ((STORE, 1), (LOAD, 0), (RET,)),
    "leaves a value behind": ((LOAD, 0), (LOAD, 0), (RET,)),
    "returns nothing": ((RET,),),
    "runs off the end": ((LOAD, 0),),
    "no instructions": (),
    "unreachable": ((LOAD, 0), (RET,), (LOAD, 0), (RET,)),
    "depths disagree": ((LOAD, 0), (JF, 3), (LOAD, 0), (LOAD, 0), (RET,)),
    "reads a slot that nothing wrote": ((LOAD, 1), (RET,)),
    "reads a slot that was moved": ((MOVE, 0), (LOAD, 0), (Opcode.DROP,), (RET,)),
    "reads a slot that was freed": ((Opcode.FREE, 0), (LOAD, 0), (RET,)),
    "writes on one path only": (
        (LOAD, 0), (JF, 4), (LOAD, 0), (STORE, 1), (LOAD, 1), (RET,),
    ),
    "frees on one path only": (
        (LOAD, 0), (JF, 3), (Opcode.FREE, 0), (LOAD, 0), (RET,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_program_is_refused(name: str) -> None:
    with pytest.raises(InternalError, match="TSX9001"):
        check(program(*BROKEN[name]))


def test_a_slot_lost_in_a_loop_is_found() -> None:
    rows = ((LOAD, 0), (JF, 4), (MOVE, 0), (JMP, 1), (LOAD, 0), (RET,))
    with pytest.raises(InternalError):
        check(program(*rows))


def test_an_entry_must_be_a_function() -> None:
    with pytest.raises(InternalError, match="entry g"):
        check(replace(program(*GOOD), entries={"g": 3}))


def test_an_operator_must_exist() -> None:
    with pytest.raises(InternalError, match="aten::nope"):
        check(replace(program(*GOOD), operators=(Operator("aten::nope", 1, 1),)))


def test_an_operator_takes_what_its_schema_says() -> None:
    with pytest.raises(InternalError, match="takes 1 operands"):
        check(replace(program(*GOOD), operators=(Operator("aten::relu", 2, 1),)))


def test_the_depth_must_be_right() -> None:
    good = program(*GOOD)
    wrong = replace(good.functions[0], depth=7)
    with pytest.raises(InternalError, match="depth"):
        check(replace(good, functions=(wrong,)))


def test_each_instruction_has_an_origin() -> None:
    good = program(*GOOD)
    wrong = replace(good.functions[0], origins=(NOWHERE,))
    with pytest.raises(InternalError, match="origin"):
        check(replace(good, functions=(wrong,)))
