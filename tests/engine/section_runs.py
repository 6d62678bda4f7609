"""What a fuzz campaign kept and both readers take, run: on both runtimes, and optimised at level 3.

``python -m tests.engine.section_runs FOLDER …`` prints where results or error codes differ. Left out are methods that
draw random numbers, whose inputs are structured or of a kind that nothing is made of here, and composites (a section
of the fuzz targets has no bodies). An optimised program may lose lines that fail and give nothing.
"""

from __future__ import annotations

import contextlib
import copy
import io
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import tsx
from tests.engine.compare import difference
from tests.engine.sections import archive_of_section
from tsx.api import Module
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.module import Method
from tsx.ir.op import Trait, lookup
from tsx.ops.dtypes import Array, cast, to_numpy
from tsx.runtime.limits import Limits

LIMITS = Limits(fuel=200_000, bytes=64 << 20, calls=64, seconds=8)
_LARGEST = 4096  # elements of a tensor
_PLAIN: dict[ty.Type, Any] = {
    ty.INT: 2, ty.NUMBER: 2, ty.FLOAT: 1.5, ty.BOOL: True, ty.STR: "tsx", ty.COMPLEX: 1 + 2j, ty.NONE: None,
}  # fmt: skip


class Unmade(Exception):
    """There is no value of a type."""


def made(type: ty.Type) -> Any:
    """A value of the type; tensors are small where their sizes are open."""
    match type:
        case ty.TensorType():
            return _tensor(type)
        case ty.OptionalType(element):
            return made(element)
        case ty.ListType(element):
            return [made(element), made(element)]
        case ty.TupleType(elements):
            return tuple(map(made, elements))
    if type not in _PLAIN:
        raise Unmade
    return _PLAIN[type]


def _tensor(type: ty.TensorType) -> Array:
    shape = (2, 3) if type.shape is None else type.shape
    sizes = [size if isinstance(size, int) else 2 + i % 2 for i, size in enumerate(shape)]
    if np.prod(sizes, initial=1.0) > _LARGEST:
        raise Unmade
    dtype = type.dtype or ty.DType.FLOAT32
    numbers = np.random.default_rng(7).standard_normal(sizes)
    if dtype.is_float:
        return cast(np.asarray(numbers), dtype)
    return np.asarray(np.abs(numbers) * 1.5, to_numpy(dtype))


def differences(section: bytes) -> Iterator[str]:
    """Where runs of the methods of a section differ; nothing where a reader refuses it."""
    archive = archive_of_section(section)
    try:
        ours = tsx.load(archive, engine="numpy", limits=LIMITS)
        theirs = tsx.load(archive, engine="native", limits=LIMITS)
        optimised = tsx.optimize(ours, level=3)
    except TsxError as error:
        if error.code.startswith("TSX8"):
            yield f"{error.code} {error.message}"
        return
    for name, method in ours.ir.methods.items():
        try:
            operands = _operands(method)
        except Unmade:
            continue
        expected, found, later = (
            outcome(m, name, operands) for m in (ours, theirs, optimised)
        )  # fmt: skip
        if told := _difference(found, expected):
            yield f"{name}, the engine: {told}"
        if isinstance(expected, list) and (told := _difference(later, expected)):
            yield f"{name}, optimised: {told}"


def _operands(method: Method) -> tuple[Any, ...]:
    ops = [lookup(node.kind) for node in method.graph.all_nodes()]
    is_left_out = any(op is not None and (op.has(Trait.RANDOM) or op.body) for op in ops)
    if is_left_out or any(parameter.spec.kind != "leaf" for parameter in method.parameters):
        raise Unmade
    inputs = method.graph.inputs[-len(method.parameters) :] if method.parameters else []
    return tuple(made(value.type) for value in inputs)


def outcome(module: Module, method: str, operands: tuple[Any, ...]) -> list[Any] | str:
    """The result in a list, or the code of the error."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return [module.run(method, copy.deepcopy(operands))]
    except TsxError as error:
        return error.code


def _difference(found: list[Any] | str, expected: list[Any] | str) -> str:
    if isinstance(found, str) or isinstance(expected, str):
        return "" if found == expected else f"{expected!r:.80} expected, got {found!r:.80}"
    return difference(found, expected, "result", sums=True)


def main() -> int:
    warnings.simplefilter("ignore")  # what the programs warn of is no difference
    paths = [path for folder in sys.argv[1:] for path in sorted(Path(folder).iterdir())]
    count = 0
    for path in paths:
        for line in differences(path.read_bytes()):
            count += 1
            print(f"{path}: {line}", flush=True)
    print(f"{len(paths)} sections, {count} differences")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
