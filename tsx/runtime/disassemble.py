"""The program as text: ``LOAD x · LOADC 1 · CALL aten::add.Scalar · RET``.

The same program gives the same text; golden tests hold it, and hold both runtimes to it. Weights, operators, names
and guards show as themselves, slots by the value's name or ``$`` and their number, jump targets as instruction numbers.
"""

from __future__ import annotations

from tsx.ir.graph import Attribute, WeightRef
from tsx.runtime.program import Function, Instruction, Program
from tsx.runtime.tile import Operand as TileOperand
from tsx.runtime.tile import Tile


def disassemble(program: Program, *, lines: bool = False) -> str:
    """All functions; ``lines`` adds the source line of each instruction."""
    parts = [disassemble_function(program, f, lines=lines) for f in program.functions]
    return "\n\n".join([*parts, *map(tile_text, program.tiles)]) + "\n"


def disassemble_function(program: Program, function: Function, *, lines: bool = False) -> str:
    """One function: a heading with its frame, and a line for each instruction."""
    names = [slot_name(function, slot) for slot in range(function.inputs)]
    counts = f"outputs {function.outputs}, slots {function.slots}, stack {function.depth}"
    rows = [f"function {function.name}({', '.join(names)})  # {counts}"]
    width = len(str(len(function.code) - 1))
    for place, instruction in enumerate(function.code):
        text = f"  {place:>{width}}  {instruction_text(program, function, instruction)}"
        span = function.origins[place].span
        rows.append(f"{text:<48}  # {span}" if lines and span else text)
    return "\n".join(rows)


def tile_text(tile: Tile) -> str:
    """A group: its steps over registers ``%n``, the operands first."""
    rows = [f"tile {tile.label}({', '.join(f'%{n}' for n in range(tile.operands))})"]
    for place, step in enumerate(tile.steps, tile.operands):
        rows.append(f"  %{place} = {step.kind}({', '.join(map(_tile_operand, step.operands))})")
    rows.append(f"  return {', '.join(map(_tile_operand, tile.outputs))}")
    return "\n".join(rows)


def _tile_operand(operand: TileOperand) -> str:
    return f"%{operand}" if isinstance(operand, int) else constant_text(operand.value)


def instruction_text(program: Program, function: Function, instruction: Instruction) -> str:
    """One instruction with its operands as people read them: ``CALL aten::mul.Tensor``."""
    words = [instruction.opcode.name]
    for kind, operand in zip(instruction.opcode.operands, instruction.operands, strict=True):
        words.append(_operand_text(program, function, kind, operand))
    return " ".join(words)


def slot_name(function: Function, slot: int) -> str:
    return function.slot_names[slot] or f"${slot}"


def constant_text(value: Attribute) -> str:
    """A constant as the graph text spells it, short enough for a line."""
    if isinstance(value, WeightRef):
        return f"<{value.name}>"
    if isinstance(value, tuple):
        return f"[{', '.join(constant_text(v) for v in value)}]"
    if isinstance(value, str):
        return '"' + value.encode("unicode_escape").decode().replace('"', '\\"') + '"'
    return repr(value)


def _operand_text(program: Program, function: Function, kind: str, operand: int) -> str:
    match kind:
        case "slot":
            return slot_name(function, operand)
        case "constant":
            return constant_text(program.constants[operand].value)
        case "operator":
            return program.operators[operand].kind
        case "function":
            return program.functions[operand].name
        case "tile":
            return program.tiles[operand].label
        case "name":
            return program.names[operand]
        case "type":
            return str(program.types[operand])
        case "guard":
            guard = program.guards[operand]
            return f"{guard.kind} {constant_text(guard.expect)} {constant_text(guard.source)}"
        case _:
            return str(operand)
