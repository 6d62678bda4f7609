"""Tile programs in NumPy, instruction by instruction over whole arrays: their definition.

``compile_tile(program)`` resolves each instruction to a function once; the result takes the operands by slot and gives
the results. Every result is a fresh array of the operands' broadcast shape, never a NumPy scalar or a view.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsx.ir.op import lookup, unknown_op
from tsx.ir.types import DType
from tsx.ops.dtypes import Array, cast, to_numpy
from tsx.ops.primitives import PRIMITIVES
from tsx.ops.tile import CAST, CONST, LOAD, REDUCE, STORE, Instruction, TileProgram

Runner = Callable[[Sequence[object]], tuple[Array, ...]]
_Step = tuple[Callable[..., Any], tuple[int, ...]]


def compile_tile(program: TileProgram) -> Runner:
    """A function from operands (arrays or Python numbers, by slot) to the results of ``program``."""
    constants = {
        index: np.asarray(line.value, to_numpy(line.dtype))
        for index, line in enumerate(program.instructions)
        if line.opcode == CONST
    }
    loads = [
        (index, line.value, line.dtype)
        for index, line in enumerate(program.instructions)
        if line.opcode == LOAD
    ]
    steps = [
        (index, *_resolve(line))
        for index, line in enumerate(program.instructions)
        if line.opcode not in (LOAD, CONST, STORE)
    ]
    stores = [line.registers[0] for line in program.instructions if line.opcode == STORE]
    borrowed = {index for index, _, _ in loads} | set(constants)
    reduces = any(line.opcode == REDUCE for line in program.instructions)
    count = len(program.instructions)

    def run(operands: Sequence[object]) -> tuple[Array, ...]:
        registers: list[Any] = [None] * count
        for index, constant in constants.items():
            registers[index] = constant
        for index, slot, dtype in loads:
            assert isinstance(slot, int)
            registers[index] = _load(operands[slot], dtype)
        shape = None if reduces else _space([registers[index] for index, _, _ in loads])
        for index, function, sources in steps:
            registers[index] = function(*(registers[source] for source in sources))
        return tuple(_stored(registers[index], shape, index in borrowed) for index in stores)

    return run


def _resolve(line: Instruction) -> _Step:
    if line.opcode == CAST:
        dtype = line.dtype
        return (lambda value: cast(np.asarray(value), dtype)), line.registers
    if line.opcode == REDUCE:
        assert isinstance(line.value, tuple)
        kind, operands = line.value
        op = lookup(kind)
        if op is None:
            raise unknown_op(kind)
        evaluate = op.eval
        return (lambda value: evaluate(np.asarray(value), *operands)), line.registers
    return PRIMITIVES[line.opcode].function, line.registers


def _load(operand: object, dtype: DType) -> Array:
    if isinstance(operand, np.ndarray):
        return operand
    return np.asarray(operand, to_numpy(dtype))


def _space(loaded: Sequence[Array]) -> tuple[int, ...]:
    """The iteration space: what all loaded operands broadcast to."""
    if len(loaded) == 1:
        return loaded[0].shape
    return np.broadcast_shapes(*(array.shape for array in loaded))


def _stored(value: Any, shape: tuple[int, ...] | None, borrowed: bool) -> Array:
    array = np.asarray(value)
    if shape is not None and array.shape != shape:
        return np.array(np.broadcast_to(array, shape))
    return array.copy(order="K") if borrowed else array
