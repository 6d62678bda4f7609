"""Variance and standard deviation, alone or with the mean; unbiased unless a correction says otherwise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tsx.ir.op import Abstract
from tsx.ir.types import TensorType
from tsx.ops import reduce_rules as rules
from tsx.ops.checked import axes_of, define, opmath_values
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.promote import real_of
from tsx.ops.reductions import REDUCTION, summed
from tsx.ops.view_rules import tensor


def variance(x: Array, dim: Any, correction: float, keepdim: bool) -> tuple[Array, Array]:
    """(variance, mean) in the dtype torch computes in: the mean first, then the squares around it."""
    axes = axes_of("var", dim, x.ndim)
    values = opmath_values(x)
    count = math.prod(values.shape[a] for a in axes)
    mean = summed(values, axes, True) / values.dtype.type(count)
    gap = values - mean
    squares = gap.real * gap.real + gap.imag * gap.imag if values.dtype.kind == "c" else gap * gap
    total = summed(squares, axes, True)
    spread = np.asarray(total / total.dtype.type(max(count - correction, 0)))
    if keepdim:
        return spread, np.asarray(mean)
    return np.squeeze(spread, axes), np.squeeze(np.asarray(mean), axes)


def _define_moments(name: str, *, is_root: bool, with_mean: bool) -> None:
    def finish(x: Array, dim: Any, correction: float, keepdim: bool) -> Any:
        kind = rules.need_float(name, dtype_of(x))
        assert kind is not None
        spread, mean = variance(x, dim, correction, keepdim)
        if is_root:
            spread = np.sqrt(spread)
        result = cast(np.asarray(spread), real_of(kind))
        return (result, cast(mean, kind)) if with_mean else result

    def whole(x: Array, unbiased: bool) -> Any:
        return finish(x, None, int(unbiased), False)

    def along(x: Array, dim: Any, unbiased: bool, keepdim: bool) -> Any:
        return finish(x, dim, int(unbiased), keepdim)

    def corrected(x: Array, dim: Any, correction: float | None, keepdim: bool) -> Any:
        return finish(x, dim, 1 if correction is None else correction, keepdim)

    def rule(self: Abstract, dim: Abstract, keepdim: Abstract) -> Abstract:
        spread = rules.spread(name, self, dim, keepdim)
        mean = TensorType(tensor(self).dtype, spread.shape)
        return (spread, mean) if with_mean else spread

    def whole_rule(self: Abstract, unbiased: Abstract = True) -> Abstract:
        return rule(self, None, False)

    def along_rule(
        self: Abstract, dim: Abstract, unbiased: Abstract = True, keepdim: Abstract = False
    ) -> Abstract:
        return rule(self, dim, keepdim)

    tail = "-> (Tensor, Tensor)" if with_mean else "-> Tensor"
    define(f"aten::{name}(Tensor self, bool unbiased=True) {tail}", whole_rule, whole, REDUCTION)
    define(f"aten::{name}.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) {tail}",
           along_rule, along, REDUCTION)  # fmt: skip
    define(f"aten::{name}.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None,"
           f" bool keepdim=False) {tail}", along_rule, corrected, REDUCTION)  # fmt: skip


_define_moments("var", is_root=False, with_mean=False)
_define_moments("std", is_root=True, with_mean=False)
_define_moments("var_mean", is_root=False, with_mean=True)
_define_moments("std_mean", is_root=True, with_mean=True)
