"""engine/gen/opcodes.inc: the instruction table of the engine, made from tsx/runtime/opcodes.py."""

from __future__ import annotations

from tsx.runtime.opcodes import OPCODES, Picture


def opcodes() -> str:
    """A row for each instruction, in the order of their numbers."""
    lines = [
        "// Generated from tsx/runtime/opcodes.py by `make generate`.",
        "// TSX_OPCODE(name, operand kinds, pops, pushes, pushes of the jump where they differ)",
    ]
    for opcode in OPCODES:
        taken = _counts(opcode.taken, False) if opcode.taken else ""
        fields = [
            " ".join(opcode.operands),
            _counts(opcode.picture, True),
            _counts(opcode.picture, False),
            taken,
        ]
        lines.append(f"TSX_OPCODE({opcode.name}, {', '.join(map(_quoted, fields))})")
    return "\n".join(lines) + "\n"


def _counts(picture: Picture, pops: bool) -> str:
    """One side of a picture as how many values: a number, then the operands that say how many more."""
    side = picture.pops if pops else picture.pushes
    fixed = sum(not term.operand for term in side)
    return " ".join([str(fixed), *(term.operand for term in side if term.operand)])


def _quoted(text: str) -> str:
    return f'"{text}"'
