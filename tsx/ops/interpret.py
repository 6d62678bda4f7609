"""Tile programs in NumPy, instruction by instruction over whole arrays: their definition.

``compile_tile(program)`` resolves each instruction to a function once; the result takes the operands by slot and gives
the results. Every result is a fresh array of the operands' broadcast shape, never a NumPy scalar or a view.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsx.ir.op import lookup, unknown_op
from tsx.ops.dtypes import Array, cast, to_numpy
from tsx.ops.primitives import PRIMITIVES
from tsx.ops.tile import CAST, CONST, LOAD, REDUCE, STORE, Instruction, TileProgram

Runner = Callable[[Sequence[object]], tuple[Array, ...]]
_Step = tuple[int, Callable[..., Any], tuple[int, ...], tuple[int, ...]]
"""The register it defines, its function, the registers it reads, and those of them that nobody reads again."""


def compile_tile(program: TileProgram) -> Runner:
    """A function from operands (arrays or Python numbers, by slot) to the results of ``program``.

    A register's array dies at its last use, so a long program holds as many as the operators one by one would.
    """
    lines = program.instructions
    start: list[Any] = [
        # An int that the dtype can't hold wraps, as torch's does.
        np.asarray(line.value).astype(to_numpy(line.dtype)) if line.opcode == CONST else None
        for line in lines
    ]
    loads = [
        (index, line.value, to_numpy(line.dtype))
        for index, line in enumerate(lines)
        if line.opcode == LOAD and isinstance(line.value, int)
    ]
    stores = [line.registers[0] for line in lines if line.opcode == STORE]
    steps = [step for step in _steps(lines, frozenset(stores)) if not _fold(step, start)]
    borrowed = {index for index, line in enumerate(lines) if line.opcode == LOAD}
    borrowed |= {index for index, constant in enumerate(start) if constant is not None}
    reduces = any(line.opcode == REDUCE for line in lines)

    def run(operands: Sequence[Any]) -> tuple[Array, ...]:
        registers = start.copy()
        for index, slot, dtype in loads:
            operand = operands[slot]
            is_array = isinstance(operand, np.ndarray)
            registers[index] = operand if is_array else np.asarray(operand, dtype)
        shape = None if reduces else _space([registers[index].shape for index, _, _ in loads])
        for index, function, sources, dead in steps:
            if len(sources) == 1:
                registers[index] = function(registers[sources[0]])
            elif len(sources) == 2:
                registers[index] = function(registers[sources[0]], registers[sources[1]])
            else:
                registers[index] = function(*[registers[source] for source in sources])
            for register in dead:
                registers[register] = None
        return tuple([_stored(registers[index], shape, index in borrowed) for index in stores])

    return run


def _steps(lines: Sequence[Instruction], stored: frozenset[int]) -> list[_Step]:
    """What computes, in order."""
    last: dict[int, int] = {}
    for index, line in enumerate(lines):
        last.update(dict.fromkeys(line.registers, index))
    steps: list[_Step] = []
    for index, line in enumerate(lines):
        if line.opcode not in (LOAD, CONST, STORE):
            dead = {r for r in line.registers if last[r] == index and r not in stored}
            steps.append((index, _resolve(line), line.registers, tuple(sorted(dead))))
    return steps


def _fold(step: _Step, known: list[Any]) -> bool:
    """Whether a step has only constants to read; then its value is put into ``known``, once and for all."""
    index, function, sources, _ = step
    if any(known[source] is None for source in sources):
        return False
    known[index] = np.asarray(function(*[known[source] for source in sources]))
    return True


def _resolve(line: Instruction) -> Callable[..., Any]:
    if line.opcode == CAST:
        dtype = line.dtype
        return lambda value: cast(np.asarray(value), dtype)
    if line.opcode == REDUCE:
        assert isinstance(line.value, tuple)
        kind, operands = line.value
        op = lookup(kind)
        if op is None:
            raise unknown_op(kind)
        evaluate = op.eval
        return lambda value: evaluate(np.asarray(value), *operands)
    return PRIMITIVES[line.opcode].function


def _space(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The iteration space: what all loaded operands broadcast to."""
    first = shapes[0]
    for shape in shapes:
        if shape != first:
            return np.broadcast_shapes(*shapes)
    return first


def _stored(value: Any, shape: tuple[int, ...] | None, borrowed: bool) -> Array:
    array = np.asarray(value)
    if shape is not None and array.shape != shape:
        return np.array(np.broadcast_to(array, shape))
    return array.copy(order="K") if borrowed else array
