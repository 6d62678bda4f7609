"""NumPy's result types for the C++ engine: engine/gen/numpy_types.inc, asked of ``tsx/ops/numpy_types.py``.

A table for each way in which ufuncs answer, over the element types of programs and Python's numbers. It states its
version of NumPy; another version's answers are not compared with it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tsx.errors import TsxError
from tsx.ir.types import DType
from tsx.ops.dtypes import to_numpy
from tsx.ops.numpy_types import compute_dtype, takes_any_int

TABLE = Path(__file__).resolve().parent.parent / "engine/gen/numpy_types.inc"
TYPES = [d for d in DType if not d.is_quantized and d is not DType.COMPLEX32]
NUMBERS = [int, float, complex]
REFUSED, NO_TYPE = 255, 254  # NumPy's TypeError; an element type that programs don't have
# Not ufuncs, and with rules of their own: of the first operand, and of both.
REDUCTIONS = ("sum", "prod", "mean", "var", "std", "median", "quantile", "norm")
PAIRS = ("percentile",)


def _answers(function: str, count: int) -> tuple[int, ...]:
    operands = [*map(to_numpy, TYPES), *NUMBERS]
    found = []
    for types in itertools.product(operands, repeat=count):
        if function.endswith("=") and isinstance(types[0], type):
            found.append(REFUSED)  # a number is not written into, and NumPy 2.4 crashes when asked
            continue
        try:
            found.append(compute_dtype(function, list(types)).code)
        except TsxError as error:
            found.append(NO_TYPE if error.code == "TSX4004" else REFUSED)
    return tuple(found)


def _arity() -> dict[str, int]:
    ufuncs = {name: f.nin for name, f in vars(np).items() if isinstance(f, np.ufunc)}
    own = {**dict.fromkeys(REDUCTIONS, 1), **dict.fromkeys(PAIRS, 2)}
    return {**{name: n for name, n in ufuncs.items() if n <= 2}, **own}


def _row(name: str, count: int, number: Callable[[tuple[int, ...]], int]) -> str:
    """``{name, operands, table, table of name=, takes any int}``."""
    taken = 0 if name in REDUCTIONS else count  # 0: of the first operand, however many there are
    is_ufunc = isinstance(getattr(np, name, None), np.ufunc)
    plain = number(_answers(name, count))
    written = number(_answers(f"{name}=", count)) if is_ufunc else plain
    return f'    {{"{name}", {taken}, {plain}, {written}, {str(takes_any_int(name)).lower()}}},'


def table() -> str:
    """engine/gen/numpy_types.inc; what stands there, where another NumPy is in use."""
    version = ".".join(np.__version__.split(".")[:2])
    if TABLE.exists():
        there = TABLE.read_text(encoding="utf-8")
        stated = re.search(r"// Of NumPy (\S+)", there)
        if stated and stated[1] != version:
            return there
    tables: dict[tuple[int, ...], int] = {}

    def number(answers: tuple[int, ...]) -> int:
        return tables.setdefault(answers, len(tables))

    names = [_row(name, count, number) for name, count in sorted(_arity().items())]
    starts = [0, *itertools.accumulate(map(len, tables))]
    lines = [
        "// Generated from tsx/ops/numpy_types.py by `make generate` (tools/engine_numpy_types.py).",
        f"// Of NumPy {version}",
        f"constexpr DType kTypes[] = {{{', '.join(f'DType{{{d.code}}}' for d in TYPES)}}};",
        "constexpr Function kFunctions[] = {",
        *names,
        "};",
        f"constexpr std::uint16_t kStarts[] = {{{', '.join(map(str, starts[:-1]))}}};",
        "constexpr std::uint8_t kAnswers[] = {",
    ]
    for answers in tables:
        width = len(TYPES) + len(NUMBERS)
        rows = [answers[i : i + width] for i in range(0, len(answers), width)]
        lines += [f"    {', '.join(map(str, row))}," for row in rows]
    return "\n".join([*lines, "};"]) + "\n"
