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
    full_at: dict[
        int, frozenset[int]
    ] = {}  # the slots that certainly hold a value at each jump target
    while _flow(function, full_at):
        pass


def _flow(function: Function, full_at: dict[int, frozenset[int]]) -> bool:
    """One turn over the code; True when a jump back brought fewer slots than the turn had assumed."""
    full = set(range(function.inputs))
    falls_through, again = True, False
    targets = {i.operands[0] for i in function.code if i.opcode.is_jump}
    for place, instruction in enumerate(function.code):
        if place in targets:
            known = full_at.get(place)
            arriving = known if not falls_through else full if known is None else full & known
            assert arriving is not None, "the depth check refuses what nothing reaches"
            full_at[place] = frozenset(arriving)
            full = set(arriving)
        _step(function, place, instruction, full)
        if instruction.opcode.is_jump:
            target = instruction.operands[0]
            fewer = full_at.get(target, full) & full
            again |= target <= place and fewer != full_at[target]
            full_at[target] = frozenset(fewer)
        falls_through = not instruction.opcode.ends
    return again


def _step(function: Function, place: int, instruction: Instruction, full: set[int]) -> None:
    """What ``instruction`` does to the slots that hold a value."""
    match instruction.opcode:
        case Opcode.STORE:
            full.add(instruction.operands[0])
        case Opcode.FREE:
            full.discard(instruction.operands[0])
        case Opcode.LOAD | Opcode.MOVE:
            if instruction.operands[0] not in full:
                raise _bug(function, place, "a slot that holds a value")
            if instruction.opcode is Opcode.MOVE:
                full.discard(instruction.operands[0])


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
