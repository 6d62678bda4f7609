"""torch's own samples run through our operators: the machinery of ``test_matrix_torch.py`` and ``matrix_report.py``.

Each sample of torch's ``op_db`` is run by torch under two modes. One sees the Python-level call, one the dispatcher's
calls below it; every call whose operator is registered is evaluated by our record on the same operands, and compared:
values within torch's tolerances for the dtype, the type rule against the value, in-place forms against torch's.
"""

from __future__ import annotations

import collections
import itertools
import math
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.opinfo.core import OpInfo
from torch.utils._python_dispatch import TorchDispatchMode

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.capture.torch.names import candidates, kind_of
from tsx.capture.torch.tensors import plain
from tsx.capture.trace.match import choose
from tsx.errors import TsxError
from tsx.ir.op import Op, Trait, lookup
from tsx.ir.types import DType, TensorType
from tsx.ops.call import evaluate
from tsx.ops.dtypes import Array, bfloat16_to_float32, dtype_of, type_of

DTYPES = (torch.float32, torch.float64, torch.int64, torch.bool)
SAMPLES = int(
    os.environ.get("TSX_SAMPLES", "12")
)  # at most, for one OpInfo and dtype, spread over all that torch has
DRAWN = max(80, SAMPLES)  # torch generates samples lazily; what lies beyond is not looked at
LARGEST = 200_000  # elements of an operand; a few samples of torch's are benchmarks
VARIANTS = 2  # of each kind and dtype: in-place form, strided operands, special values
PROCESSES = 2

_UNSPECIFIED = ("aten::empty", "aten::new_empty", "aten::_unsafe_view_empty")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One comparison; ``problem`` is empty when it holds."""

    kind: str
    dtype: str
    problem: str = ""


class Comparer:
    """Compares calls, and remembers the outcomes."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self._variants: collections.Counter[tuple[str, str, str]] = collections.Counter()
        self.dtype = ""

    def call(self, op: Op, operands: Sequence[object], result: object) -> None:
        """Our ``op`` on ``operands`` (torch values from before the call) against torch's ``result``."""
        if op.has(Trait.RANDOM) or op.kind.startswith(_UNSPECIFIED) or _is_large(operands):
            return
        arrays = [array_of(operand, copy=op.schema.mutates) for operand in operands]
        self._record(op.kind, problem_of(op, arrays, result))
        if not op.has(Trait.VIEW) and op.has(Trait.PURE) and self._wanted(op.kind, "strided"):
            self._record(op.kind, problem_of(op, [_strided(a) for a in arrays], result))
        if not op.schema.mutates:
            self._inplace(op, operands)

    def _record(self, kind: str, problem: str) -> None:
        self.outcomes.append(Outcome(kind, self.dtype, problem))

    def _wanted(self, kind: str, variant: str) -> bool:
        self._variants[kind, variant, self.dtype] += 1
        return self._variants[kind, variant, self.dtype] <= VARIANTS

    def _inplace(self, op: Op, operands: Sequence[object]) -> None:
        """The in-place form on a copy of self, where torch takes it as well."""
        overload = f".{op.schema.overload}" if op.schema.overload else ""
        other = lookup(f"{op.schema.name}_{overload}")
        if other is None or not isinstance(operands[0], torch.Tensor):
            return
        if not self._wanted(other.kind, "inplace"):
            return
        packet = getattr(torch.ops.aten, other.schema.base)
        function = getattr(packet, other.schema.overload or "default")
        target = operands[0].clone()
        arrays = [array_of(operand, copy=True) for operand in operands]
        try:
            result = function(target, *operands[1:])
        except (RuntimeError, TypeError):
            return  # torch doesn't write this result into self
        problem = problem_of(other, arrays, result)
        if not problem and isinstance(arrays[0], np.ndarray) and not op.has(Trait.VIEW):
            problem = difference(arrays[0], target, "self afterwards")
        self._record(other.kind, problem)


class _Calls(TorchFunctionMode):
    """Python-level calls, outermost first."""

    def __init__(self, comparer: Comparer) -> None:
        super().__init__()
        self.comparer = comparer

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if "out" in kwargs:
            return func(*args, **kwargs)
        found = _chosen(candidates(func), args, kwargs)
        with _Dispatches(self.comparer):
            result = func(*args, **kwargs)
        if found is not None and _answers(found[0], result):
            self.comparer.call(*found, result)
        return result


def _answers(op: Op, result: object) -> bool:
    """Whether the Python function gives all that the operator does (``torch.unique`` leaves out what nobody asked)."""
    many = len(op.schema.results) > 1
    given = len(result) if many and isinstance(result, tuple) else 1
    return not op.schema.mutates and given == len(op.schema.results)


class _Dispatches(TorchDispatchMode):
    """The dispatcher's calls below autograd."""

    def __init__(self, comparer: Comparer) -> None:
        super().__init__()
        self.comparer = comparer

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        op = lookup(kind_of(func))
        found = None if op is None else _chosen([op], args, kwargs)
        before = None
        if found is not None and found[0].schema.mutates:
            before = [o.clone() if isinstance(o, torch.Tensor) else o for o in found[1]]
        result = func(*args, **kwargs)
        if found is not None:
            self.comparer.call(found[0], before or found[1], result)
        return result


def _chosen(ops: Sequence[Op], args: Any, kwargs: Any) -> tuple[Op, list[object]] | None:
    return choose(ops, plain(args), plain(kwargs), lambda obj: isinstance(obj, torch.Tensor))


# --- one call ----------------------------------------------------------------------------------------------------


def problem_of(op: Op, arrays: Sequence[object], expected: object) -> str:
    """What is wrong with our answer, or nothing."""
    abstract = [abstract_of(operand) for operand in arrays]
    try:
        inferred = op.infer(*abstract)
        value = evaluate(op, arrays)
    except TsxError as error:
        return f"refused: {error.message}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return difference(value, expected, "result") or contradiction(inferred, value)


def difference(value: object, expected: object, what: str) -> str:
    """How our value differs from torch's; dtypes and sizes count."""
    if isinstance(expected, (list, tuple)):
        if not isinstance(value, (list, tuple)) or len(value) != len(expected):
            return f"{what}: expected {len(expected)} values, got {value!r:.60}"
        pairs = enumerate(zip(value, expected, strict=True))
        return next(filter(None, (difference(v, e, f"{what} {i}") for i, (v, e) in pairs)), "")
    if not isinstance(expected, torch.Tensor):
        return "" if value == expected or value != value else f"{what}: {expected} != {value}"
    if not isinstance(value, np.ndarray):
        return f"{what} is a {type(value).__name__}, not an array"
    want = array_of(expected, copy=False)
    assert isinstance(want, np.ndarray)
    if dtype_of(value) is not dtype_of(want):
        return f"{what}: dtype {dtype_of(want)} expected, got {dtype_of(value)}"
    if value.shape != want.shape:
        return f"{what}: shape {want.shape} expected, got {value.shape}"
    try:
        torch.testing.assert_close(_tensor(value), _tensor(want), equal_nan=True)
    except AssertionError as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        return f"{what}: {' '.join(lines[:3])}"
    return ""


def contradiction(inferred: object, value: object) -> str:
    """Where the type rule says something that the value is not."""
    if isinstance(inferred, (list, tuple)) and isinstance(value, (list, tuple)):
        pairs = zip(inferred, value, strict=False)
        return next(filter(None, itertools.starmap(contradiction, pairs)), "")
    if not isinstance(inferred, TensorType) or not isinstance(value, np.ndarray):
        return ""
    found = type_of(value)
    assert found.shape is not None
    if inferred.dtype not in (None, found.dtype):
        return f"rule: dtype {inferred.dtype}, value {found.dtype}"
    if inferred.shape is not None and (
        len(inferred.shape) != len(found.shape)
        or any(r not in (None, s) for r, s in zip(inferred.shape, found.shape, strict=True))
    ):
        return f"rule: shape {inferred.shape}, value {found.shape}"
    return ""


def array_of(value: object, copy: bool) -> object:
    """A torch value as ours; tensors keep their strides unless copied."""
    if isinstance(value, torch.Tensor):
        plain_tensor = value.detach().resolve_conj().resolve_neg()
        if value.dtype is torch.bfloat16:
            plain_tensor = plain_tensor.view(torch.uint16)
        array = plain_tensor.numpy()
        return array.copy(order="K") if copy else array
    if isinstance(value, (list, tuple)):
        return type(value)(array_of(item, copy) for item in value)
    return value


def abstract_of(value: object) -> object:
    if isinstance(value, np.ndarray):
        return type_of(value)
    if isinstance(value, (list, tuple)):
        return [abstract_of(item) for item in value]
    return value


def _tensor(array: Array) -> torch.Tensor:
    if dtype_of(array) is DType.BFLOAT16:
        return torch.from_numpy(bfloat16_to_float32(array)).bfloat16()
    return torch.from_numpy(np.ascontiguousarray(array).reshape(array.shape))


def _strided(value: object) -> object:
    """The same values with gaps between them."""
    if isinstance(value, (list, tuple)):
        return [_strided(item) for item in value]
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return value
    wide = np.zeros((*value.shape[:-1], value.shape[-1] * 2), value.dtype)
    wide[..., ::2] = value
    return wide[..., ::2]


def _is_large(operands: Iterable[object]) -> bool:
    tensors = (o for o in operands if isinstance(o, torch.Tensor))
    return any(t.numel() > LARGEST or t.layout != torch.strided or t.is_quantized for t in tensors)


# --- all samples -------------------------------------------------------------------------------------------------


def samples(info: OpInfo, dtype: torch.dtype) -> Iterator[Any]:
    """Up to SAMPLES samples of ``info``, spread over the first DRAWN."""
    if dtype not in info.supported_dtypes("cpu"):
        return
    drawn = list(itertools.islice(info.sample_inputs("cpu", dtype, requires_grad=False), DRAWN))
    step = max(1, math.ceil(len(drawn) / SAMPLES))
    yield from drawn[::step]


def run_info(index: int) -> list[Outcome]:
    """All comparisons of one OpInfo."""
    torch.set_num_threads(1)
    info, comparer = op_db[index], Comparer()
    torch.manual_seed(0)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        for dtype in DTYPES:
            comparer.dtype = str(dtype).removeprefix("torch.")
            for sample in samples(info, dtype):
                with _Calls(comparer):
                    try:
                        info(sample.input, *sample.args, **sample.kwargs)
                    except Exception:
                        continue  # torch itself has no answer on this build
    return comparer.outcomes


def run_all(names: Sequence[str] = ()) -> list[Outcome]:
    """Every comparison; ``names`` limits it to some OpInfos."""
    indices = [i for i, info in enumerate(op_db) if not names or info.name in names]
    with ProcessPoolExecutor(PROCESSES) as pool:
        found = pool.map(run_info, indices, chunksize=8)
        return list(itertools.chain.from_iterable(found))
