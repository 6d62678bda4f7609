"""Type rules on symbolic sizes, held against torch's samples: what a rule says must hold for the sample's own sizes.

Each call that the matrix sees is asked again with a symbol for every tensor size of 2 or more, with sizes unknown, and
with nothing known. A rule may say less than the value shows, never something else, and must not refuse.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

from tests.ops.matrix import Calls
from tests.ops.matrix_compare import array_of
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.dims import Dim, evaluate, sym
from tsx.ir.op import Op, Unknown
from tsx.ir.types import TensorType
from tsx.ops.dtypes import type_of

LARGEST = 100_000


@dataclass
class Bindings:
    """Symbols made so far, with the sizes they stand for."""

    sizes: dict[str, int] = field(default_factory=dict)

    def symbol(self, size: int) -> Dim:
        if size < 2:  # 1 broadcasts and 0 is empty: rules may treat them on their own
            return size
        name = f"s{len(self.sizes)}"
        self.sizes[name] = size
        return sym(name)


def symbolic(value: object, bindings: Bindings) -> object:
    if isinstance(value, np.ndarray):
        return TensorType(type_of(value).dtype, tuple(map(bindings.symbol, value.shape)))
    if isinstance(value, (list, tuple)):
        return [symbolic(item, bindings) for item in value]
    return value


def unknown_sizes(value: object) -> object:
    if isinstance(value, np.ndarray):
        return TensorType(type_of(value).dtype, (None,) * value.ndim)
    if isinstance(value, (list, tuple)):
        return [unknown_sizes(item) for item in value]
    return value


def untyped(op: Op, values: Sequence[object]) -> list[object]:
    """Nothing is known but which operands are absent."""
    pairs = zip(op.schema.arguments, values, strict=True)
    return [None if value is None else _untyped(a.type) for a, value in pairs]


def _untyped(type: ty.Type) -> object:
    inner = type.element if isinstance(type, ty.OptionalType) else type
    return TensorType() if isinstance(inner, TensorType) else Unknown(inner)


def contradiction(inferred: object, value: object, sizes: dict[str, int]) -> str:
    """What a rule says that the value is not; a list of unknown length says nothing."""
    if isinstance(inferred, Unknown):
        return ""
    if isinstance(value, torch.Tensor):
        return _tensor_contradiction(inferred, value, sizes)
    if isinstance(value, (list, tuple)) and isinstance(inferred, (list, tuple)):
        if len(inferred) != len(value):
            return f"{len(inferred)} results said, {len(value)} given"
        pairs = zip(inferred, value, strict=True)
        return next(filter(None, (contradiction(i, v, sizes) for i, v in pairs)), "")
    return ""


def _tensor_contradiction(inferred: object, value: torch.Tensor, sizes: dict[str, int]) -> str:
    if not isinstance(inferred, TensorType):
        return f"said {inferred!r:.60}, a tensor was given"
    if inferred.dtype is not None and f"torch.{inferred.dtype}" != str(value.dtype):
        return f"dtype {inferred.dtype} said, {value.dtype} given"
    if inferred.shape is None:
        return ""
    if len(inferred.shape) != value.ndim or any(
        size is not None and evaluate(size, sizes) != given
        for size, given in zip(inferred.shape, value.shape, strict=True)
    ):
        return f"{inferred} said with {sizes}, {list(value.shape)} given"
    return ""


class RuleChecker:
    """Stands in for the matrix's comparer; remembers contradictions by operator."""

    def __init__(self) -> None:
        self.dtype = ""
        self.calls = 0
        self.problems: dict[str, str] = {}

    def call(self, op: Op, operands: Sequence[object], result: object) -> None:
        tensors = [o for o in operands if isinstance(o, torch.Tensor)]
        if any(t.numel() > LARGEST or t.layout != torch.strided for t in tensors):
            return
        values = [array_of(operand, copy=False) for operand in operands]
        self.calls += 1
        bindings = Bindings()
        named = [symbolic(value, bindings) for value in values]
        for asked in (named, [unknown_sizes(v) for v in values], untyped(op, values)):
            problem = self._problem(op, asked, result, bindings.sizes)
            if problem:
                self.problems.setdefault(op.kind, f"{problem}; asked with {asked!s:.200}")

    def _problem(
        self, op: Op, asked: Sequence[object], result: object, sizes: dict[str, int]
    ) -> str:
        try:
            return contradiction(op.infer(*asked), result, sizes)
        except TsxError as error:
            return f"refused: {error.message}"


def check(names: Sequence[str], dtypes: Sequence[torch.dtype], most: int) -> RuleChecker:
    """Asks the rules about the first ``most`` samples of each OpInfo called one of ``names``, or of all."""
    checker = RuleChecker()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        for info in op_db:
            if names and info.name not in names:
                continue
            for dtype in dtypes:
                if dtype not in info.supported_dtypes("cpu"):
                    continue
                drawn = info.sample_inputs("cpu", dtype, requires_grad=False)
                for sample in itertools.islice(drawn, most):
                    with Calls(checker):
                        try:
                            info(sample.input, *sample.args, **sample.kwargs)
                        except Exception:
                            continue  # torch itself has no answer on this build
    return checker
