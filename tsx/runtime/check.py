"""Checks our own lowering before it runs, so that the VM may trust it: indices, targets, stack depth, slots.

Takes a program, raises TSX9001 on the first thing wrong. The graph verifier is the boundary to what others made; a
program that fails here is a bug of ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from tsx.errors import TsxError, fail
from tsx.ir.op import lookup
from tsx.runtime.opcodes import Opcode
from tsx.runtime.program import Function, Instruction, Program


def check(program: Program) -> None:
    """Every function of ``program``, and that its entries exist."""
    for name, index in [*program.entries.items(), *program.methods.items()]:
        if not 0 <= index < len(program.functions):
            raise fail(
                "TSX9001", detail=f"entry {name} is function {index} of {len(program.functions)}"
            )
    for operator in program.operators:
        op = lookup(operator.kind)
        if op is None:
            raise fail(
                "TSX9001", detail=f"the operator table has {operator.kind}, which nobody defined"
            )
        if not op.schema.is_vararg and len(op.schema.arguments) != operator.operands:
            raise fail(
                "TSX9001",
                detail=f"{operator.kind} takes {len(op.schema.arguments)} operands, not {operator.operands}",
            )
    for function in program.functions:
        _check_function(program, function)


def stack_depth(program: Program, function: Function) -> int:
    """The most values ``function`` has on the stack at once."""
    return max(_depths(program, function), default=0)


def _check_function(program: Program, function: Function) -> None:
    limits = {
        "slot": function.slots,
        "constant": len(program.constants),
        "operator": len(program.operators),
        "function": len(program.functions),
        "tile": len(program.tiles),
        "name": len(program.names),
        "type": len(program.types),
        "guard": len(program.guards),
        "target": len(function.code),
    }
    if len(function.origins) != len(function.code):
        raise _bug(function, 0, "an origin for each instruction")
    for place, instruction in enumerate(function.code):
        if len(instruction.operands) != len(instruction.opcode.operands):
            raise _bug(function, place, f"{len(instruction.opcode.operands)} operands")
        for kind, operand in zip(instruction.opcode.operands, instruction.operands, strict=True):
            if operand < 0 or (kind in limits and operand >= limits[kind]):
                raise _bug(function, place, f"a {kind} below {limits.get(kind, 'the limit')}")
    if stack_depth(program, function) != function.depth:
        raise _bug(function, 0, f"a depth of {function.depth}")
    _check_slots(function)


def _depths(program: Program, function: Function) -> list[int]:
    """The stack depth before each instruction, and the deepest after any; every path must agree."""
    before: list[int | None] = [None] * (len(function.code) + 1)
    before[0] = 0
    seen = [0]
    for place, instruction in enumerate(function.code):
        depth = before[place]
        if depth is None:
            raise _bug(function, place, "a way to reach it")
        opcode = instruction.opcode
        left = depth - program.count(function, instruction, opcode.picture.pops)
        if left < 0 or (opcode is Opcode.RET and left):
            raise _bug(function, place, f"a stack that fits, found {depth} values")
        after = left + program.count(function, instruction, opcode.picture.pushes)
        if opcode.is_jump:
            taken = opcode.taken or opcode.picture
            landing = left + program.count(function, instruction, taken.pushes)
            _meet(function, before, instruction.operands[0], landing)
        if not opcode.ends:
            _meet(function, before, place + 1, after)
        seen.append(after)
    if before[-1] is not None:
        raise _bug(function, len(function.code) - 1, "a RET at the end")
    return seen


def _meet(function: Function, before: list[int | None], place: int, depth: int) -> None:
    known = before[place]
    if known is None:
        before[place] = depth
    elif known != depth:
        raise _bug(function, place, f"one stack depth on all paths, found {known} and {depth}")


def _check_slots(function: Function) -> None:
    """Every slot that is read was written on all paths and not emptied since: a forward flow to a fixed point."""
    every = (1 << function.slots) - 1
    full = [every] * (
        len(function.code) + 1
    )  # the slots that certainly hold a value before each instruction
    full[0] = (1 << function.inputs) - 1
    changed = True
    while changed:
        changed = False
        for place, instruction in enumerate(function.code):
            after = _filled(instruction, full[place])
            successors = [] if instruction.opcode.ends else [place + 1]
            if instruction.opcode.is_jump:
                successors.append(instruction.operands[0])
            for successor in successors:
                if full[successor] & ~after:
                    full[successor] &= after
                    changed = True
    for place, instruction in enumerate(function.code):
        reads = instruction.opcode in (Opcode.LOAD, Opcode.MOVE)
        if reads and not full[place] >> instruction.operands[0] & 1:
            raise _bug(function, place, "a slot that holds a value")


def _filled(instruction: Instruction, slots: int) -> int:
    match instruction.opcode:
        case Opcode.STORE:
            return slots | 1 << instruction.operands[0]
        case Opcode.MOVE | Opcode.FREE:
            return slots & ~(1 << instruction.operands[0])
        case _:
            return slots


def _bug(function: Function, place: int, expected: str) -> TsxError:
    text: Sequence[object] = ()
    if 0 <= place < len(function.code):
        instruction = function.code[place]
        text = (instruction.opcode.name, *instruction.operands)
    shown = " ".join(map(str, text))
    return fail(
        "TSX9001",
        detail=f"bad lowering of {function.name} at {place} ({shown}): expected {expected}",
    )
