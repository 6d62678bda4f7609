"""torch's own samples run through our operators, on both runtimes: the machinery of ``test_matrix_torch.py``.

Each sample of torch's ``op_db`` is run by torch under two modes. One sees the Python-level call, one the dispatcher's
calls below it; every call whose operator is registered is answered by our record's definition in NumPy and by the C++
engine, from the same operands, and both are compared with torch: values (``matrix_compare``), the type rule against the
value, in-place forms against torch's, and the call on operands of other layouts and values (``matrix_variants``).
"""

from __future__ import annotations

import collections
import itertools
import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.opinfo.core import OpInfo
from torch.utils._python_dispatch import TorchDispatchMode

import tsx.ops  # noqa: F401  (fills the registry)
from tests.ops import matrix_engine, matrix_variants
from tests.ops.matrix_compare import (
    DEFAULT,
    Tolerance,
    abstract_of,
    array_of,
    contradiction,
    difference,
    is_nearer,
    tolerance_of,
)
from tests.ops.matrix_count import Counts
from tsx.capture.torch.names import candidates, kind_of
from tsx.capture.torch.tensors import plain
from tsx.capture.trace.match import choose
from tsx.errors import TsxError
from tsx.ir.op import Op, Trait, lookup
from tsx.ops.call import evaluate

DTYPES = (
    torch.float32,
    torch.float64,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.uint8,
    torch.bool,
    torch.complex64,
)
RUNTIMES: dict[str, Callable[[Op, Sequence[object]], object]] = {
    "numpy": evaluate,
    "engine": matrix_engine.evaluate,
}
# At most, for one OpInfo and dtype, spread over all that torch has; TSX_SAMPLES is for every dtype.
SAMPLES = int(os.environ.get("TSX_SAMPLES", "12"))
SAMPLES_OF_OTHERS = int(os.environ.get("TSX_SAMPLES", "4"))  # than float32
DRAWN = max(80, SAMPLES)  # torch generates samples lazily; what lies beyond is not looked at
LARGEST = 200_000  # elements of an operand; a few samples of torch's are benchmarks
VARIANTS = 2  # calls of each kind and dtype that are tried in place, and in each variant
PROCESSES = 2

Found = tuple[Op, list[object]]
"""An operator and its operands."""

UNSPECIFIED = ("aten::empty", "aten::new_empty", "aten::_unsafe_view_empty")


class Recorder:
    """Is told of every call of an operator that torch makes."""

    def call(self, op: Op, operands: Sequence[object], result: object) -> None:
        """``op`` on ``operands`` (torch values from before the call) gave ``result``."""

    def refused(self, op: Op, operands: Sequence[object], error: Exception) -> None:
        """torch raised ``error``."""


class Comparer(Recorder):
    """Compares calls, and counts the outcomes."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.dtype = ""
        self.tolerance = DEFAULT
        self._variants: collections.Counter[tuple[str, str, str]] = collections.Counter()

    def call(self, op: Op, operands: Sequence[object], result: object) -> None:
        """Our ``op`` on ``operands`` (torch values from before the call) against torch's ``result``."""
        if not is_compared(op, operands):
            return
        self.compare(op, operands, result)
        if op.has(Trait.PURE):
            self._layouts(op, operands, result)
            self._values(op, operands)
        if not op.schema.mutates:
            self._inplace(op, operands)

    def compare(
        self, op: Op, operands: Sequence[object], result: object, variant: str = "", *,
        change: Callable[[object], object] = lambda operand: operand,
        afterwards: torch.Tensor | None = None,
    ) -> None:  # fmt: skip
        """One call on each runtime; ``afterwards``: what the first operand must then hold."""
        for runtime in RUNTIMES:
            arrays = [change(array_of(operand, copy=op.schema.mutates)) for operand in operands]
            problem = problem_of(op, arrays, result, runtime, self.tolerance)
            if not problem and afterwards is not None and isinstance(arrays[0], np.ndarray):
                problem = difference(arrays[0], afterwards, "self afterwards", self.tolerance)
            told = f"{variant}: {problem}" if variant and problem else problem
            is_nearer = bool(problem) and self._is_nearer(op, operands, result, runtime)
            self.counts.add(op.kind, self.dtype, runtime, told, is_nearer)

    def _is_nearer(self, op: Op, operands: Sequence[object], result: object, runtime: str) -> bool:
        """In half precision: whether a runtime's answer is as near to that of float64 as torch's."""
        if self.dtype not in ("float16", "bfloat16"):
            return False
        try:
            exact = torchs_answer(op, matrix_variants.in_float64(operands))
            arrays = [array_of(operand, copy=True) for operand in operands]
            return is_nearer(RUNTIMES[runtime](op, arrays), result, exact)
        except (RuntimeError, TypeError, ValueError, TsxError):
            return False

    def _wanted(self, kind: str, variant: str) -> bool:
        self._variants[kind, variant, self.dtype] += 1
        return self._variants[kind, variant, self.dtype] <= VARIANTS

    def _layouts(self, op: Op, operands: Sequence[object], result: object) -> None:
        if matrix_variants.depends_on_layout(op):
            return
        for name, layout in matrix_variants.LAYOUTS.items():
            if self._wanted(op.kind, name):
                change = _changing(layout)
                self.compare(op, operands, result, name, change=change)

    def _values(self, op: Op, operands: Sequence[object]) -> None:
        for name, change in matrix_variants.VALUES.items():
            changed = change(operands)
            if not matrix_variants.is_changed(operands, changed):
                continue
            if self._wanted(op.kind, name):
                try:
                    result = torchs_answer(op, changed)
                    again = torchs_answer(op, matrix_variants.contiguous(changed))
                except (RuntimeError, TypeError, ValueError, IndexError):
                    continue  # torch refuses these; what it refuses is matrix_errors' business
                # Some of torch's kernels read an expanded operand as if it were row-major.
                if not difference(array_of(result, copy=False), again, name):
                    self.compare(op, changed, result, name)

    def _inplace(self, op: Op, operands: Sequence[object]) -> None:
        """The in-place form on a copy of self, where torch takes it as well."""
        overload = f".{op.schema.overload}" if op.schema.overload else ""
        other = lookup(f"{op.schema.name}_{overload}")
        if other is None or not isinstance(operands[0], torch.Tensor):
            return
        if not self._wanted(other.kind, "inplace"):
            return
        target = operands[0].clone()
        try:
            result = torchs_answer(other, [target, *operands[1:]])
        except (RuntimeError, TypeError):
            return  # torch doesn't write this result into self
        afterwards = None if op.has(Trait.VIEW) else target
        self.compare(other, operands, result, afterwards=afterwards)


def _changing(layout: Callable[[Any], Any]) -> Callable[[object], object]:
    return lambda operand: matrix_variants.in_layout(layout, operand)


def is_compared(op: Op, operands: Sequence[object]) -> bool:
    """Whether torch's answer is the only right one, and cheap enough."""
    if op.has(Trait.RANDOM) or op.kind.startswith(UNSPECIFIED):
        return False
    sizes = [o.numel() for o in operands if isinstance(o, torch.Tensor)]
    return is_strided(operands) and max(sizes, default=0) <= LARGEST


def torchs_answer(op: Op, operands: Sequence[object]) -> Any:
    """What torch's operator gives."""
    given = list(operands)
    named = {a.name: given.pop() for a in reversed(op.schema.arguments) if a.keyword_only}
    packet = getattr(torch.ops.aten, op.schema.base)
    return getattr(packet, op.schema.overload or "default")(*given, **named)


def problem_of(
    op: Op, arrays: Sequence[object], expected: object, runtime: str, tolerance: Tolerance
) -> str:
    """What is wrong with a runtime's answer, or nothing. The type rule is held against the definition's."""
    try:
        abstract = [abstract_of(operand) for operand in arrays]
        inferred = op.infer(*abstract) if runtime == "numpy" else None
        value = RUNTIMES[runtime](op, arrays)
    except TsxError as error:
        return f"refused: {error.message}"
    except Exception as error:  # what no user may see is what is looked for
        return f"{type(error).__name__}: {error}"
    return difference(value, expected, "result", tolerance) or contradiction(inferred, value)


# --- what torch calls --------------------------------------------------------------------------------------------


class Calls(TorchFunctionMode):
    """Python-level calls, outermost first."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if "out" in kwargs:
            return func(*args, **kwargs)
        found = chosen(candidates(func), args, kwargs)
        with _Dispatches(self.recorder):
            result = _told(self.recorder, found, lambda: func(*args, **kwargs))
        if found is not None and _answers(found[0], result):
            self.recorder.call(*found, result)
        return result


def _answers(op: Op, result: object) -> bool:
    """Whether the Python function gives all that the operator does (``torch.unique`` leaves out what nobody asked)."""
    many = len(op.schema.results) > 1
    given = len(result) if many and isinstance(result, tuple) else 1
    return not op.schema.mutates and given == len(op.schema.results)


class _Dispatches(TorchDispatchMode):
    """The dispatcher's calls below autograd."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        op = lookup(kind_of(func))
        found = None if op is None else chosen([op], args, kwargs)
        before = None
        if found is not None and found[0].schema.mutates:
            before = [o.clone() if isinstance(o, torch.Tensor) else o for o in found[1]]
        result = _told(self.recorder, found, lambda: func(*args, **kwargs))
        if found is not None:
            self.recorder.call(found[0], before or found[1], result)
        return result


def _told(recorder: Recorder, found: Found | None, run: Callable[[], Any]) -> Any:
    """What ``run`` gives; when it raises, the recorder learns of it first."""
    try:
        return run()
    except Exception as error:
        if found is not None:
            recorder.refused(*found, error)
        raise


def chosen(ops: Sequence[Op], args: Any, kwargs: Any) -> Found | None:
    """The operator among ``ops`` that takes these arguments, and its operands."""
    return choose(ops, plain(args), plain(kwargs), lambda obj: isinstance(obj, torch.Tensor))


def is_strided(operands: Iterable[object]) -> bool:
    """Whether there are arrays of all tensors: NumPy's have 64 dimensions at most."""
    tensors = [o for o in operands if isinstance(o, torch.Tensor)]
    return all(t.layout == torch.strided and not t.is_quantized and t.dim() <= 64 for t in tensors)


# --- all samples -------------------------------------------------------------------------------------------------


def samples(info: OpInfo, dtype: torch.dtype, most: int = 0) -> Iterator[Any]:
    """Up to ``most`` samples of ``info``, spread over the first DRAWN; the same ones each time."""
    if dtype not in info.supported_dtypes("cpu"):
        return
    torch.manual_seed(0)
    drawn = list(itertools.islice(info.sample_inputs("cpu", dtype, requires_grad=False), DRAWN))
    most = most or (SAMPLES if dtype is torch.float32 else SAMPLES_OF_OTHERS)
    yield from drawn[:: max(1, math.ceil(len(drawn) / most))]


def run_info(index: int) -> Counts:
    """All comparisons of one OpInfo."""
    torch.set_num_threads(1)
    info, comparer = op_db[index], Comparer()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        for dtype in DTYPES:
            comparer.dtype = str(dtype).removeprefix("torch.")
            comparer.tolerance = tolerance_of(info, dtype)
            for sample in samples(info, dtype):
                with Calls(comparer):
                    try:
                        info(sample.input, *sample.args, **sample.kwargs)
                    except Exception:
                        continue  # torch itself has no answer on this build
    return comparer.counts


def run_all(names: Sequence[str] = ()) -> Counts:
    """Every comparison; ``names`` limits it to some OpInfos."""
    indices = [i for i, info in enumerate(op_db) if not names or info.name in names]
    total = Counts()
    with ProcessPoolExecutor(PROCESSES) as pool:
        for counts in pool.map(run_info, indices, chunksize=4):
            total.merge(counts)
    return total
