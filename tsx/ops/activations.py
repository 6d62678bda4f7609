"""Activation functions. Constants and branches are torch's, so that results differ by rounding only.

Sources: torch ``aten/src/ATen/native/cpu/Activation.cpp``; SELU from Klambauer et al. 2017, GELU from Hendrycks and
Gimpel 2016, Mish from Misra 2019.
"""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

import numpy as np

from tsx.ir.dims import exact_div
from tsx.ir.op import Abstract, Trait
from tsx.ir.types import TensorType
from tsx.ops.abstract import mismatch, wrap_dim
from tsx.ops.define import op
from tsx.ops.dtypes import Array, type_of
from tsx.ops.families import unary
from tsx.ops.formula import Formula
from tsx.ops.nn_rules import shape_text

IDEMPOTENT = Trait.IDEMPOTENT
INTEGERS = "bool integer"

# fmt: off
unary("aten::relu(Tensor self) -> Tensor", "max(self, 0)", refuses="bool complex", traits=IDEMPOTENT, inplace=True)
unary("aten::relu6(Tensor self) -> Tensor", "min(max(self, 0), 6)", refuses="bool complex", traits=IDEMPOTENT, inplace=True)
unary("aten::hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor", "min(max(self, min_val), max_val)", refuses="bool complex", traits=IDEMPOTENT, inplace=True)
unary("aten::threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor", "where(self <= threshold, value, self)", refuses="bool complex", inplace=True)
unary("aten::leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor", "where(self > 0, self, self * negative_slope)", refuses=INTEGERS, inplace=True)
unary("aten::rrelu(Tensor self, Scalar lower=0.125, Scalar upper=0.33333333333333331, bool training=False, Generator? generator=None) -> Tensor", {"False": "where(self >= 0, self, self * ((lower + upper) / 2))"}, select="training", refuses=INTEGERS, inplace=True)
ELU = "where(self <= 0, expm1(self * input_scale) * (alpha * scale), self * scale)"
unary("aten::elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor", ELU, refuses=INTEGERS, inplace=True)
unary("aten::selu(Tensor self) -> Tensor", "s = 1.0507009873554804934193349852946; where(self <= 0, expm1(self) * (1.6732632423543772848170429916717 * s), self * s)", refuses=INTEGERS, inplace=True)
unary("aten::celu(Tensor self, Scalar alpha=1.) -> Tensor", "where(self <= 0, expm1(self * (1 / alpha)) * alpha, self)", refuses=INTEGERS, inplace=True)
GELU = {
    "none": "self * 0.5 * (1 + erf(self * sqrt(0.5)))",
    "tanh": "0.5 * self * (1 + tanh(sqrt(2 / pi) * (self + 0.044715 * (self * self * self))))",
}
unary('aten::gelu(Tensor self, *, str approximate="none") -> Tensor', GELU, select="approximate", refuses=INTEGERS, inplace=True)
unary("aten::silu(Tensor self) -> Tensor", "self / (1 + exp(-self))", refuses=INTEGERS, inplace=True)
unary("aten::mish(Tensor self) -> Tensor", "self * tanh(softplus(self))", refuses=INTEGERS, inplace=True)
unary("aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor", "x = self * beta; where(x > threshold, self, log1p(exp(x)) / beta)", refuses=INTEGERS)
unary("aten::log_sigmoid(Tensor self) -> Tensor", "min(self, 0) - log1p(exp(-abs(self)))", refuses=INTEGERS)
unary("aten::hardsigmoid(Tensor self) -> Tensor", "min(max(self + 3, 0), 6) / 6", refuses=INTEGERS, inplace=True)
unary("aten::hardswish(Tensor self) -> Tensor", "self * min(max(self + 3, 0), 6) / 6", refuses=INTEGERS, inplace=True)
unary("aten::hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor", "where((self >= -lambd) & (self <= lambd), 0, self)", refuses=INTEGERS)
unary("aten::softshrink(Tensor self, Scalar lambd=0.5) -> Tensor", "where(self > lambd, self - lambd, where(self < -lambd, self + lambd, self * 0))", refuses=INTEGERS)
# fmt: on


# Formulas for operators that prepare their operands first.
_prelu = Formula.private("tsx::prelu(Tensor x, Tensor w) -> Tensor", "where(x > 0, x, x * w)")
_gate = Formula.private("tsx::gate(Tensor x, Tensor g) -> Tensor", "x * sigmoid(g)")


def _channelwise(weight: Array, rank: int) -> Array:
    """PReLU's weight, laid along dimension 1."""
    return weight.reshape(()) if weight.size == 1 else weight.reshape((-1,) + (1,) * (rank - 2))


def _prelu_eval(x: Array, weight: Array) -> Array:
    _prelu_infer(type_of(x), type_of(weight))
    return _prelu(x, _channelwise(weight, x.ndim) if x.ndim > 1 else weight.reshape(()))


def _prelu_infer(x: Abstract, weight: Abstract) -> Abstract:
    if not isinstance(x, TensorType) or not isinstance(weight, TensorType):
        return x if isinstance(x, TensorType) else TensorType()
    count = weight.shape and weight.shape[0]
    if weight.shape is not None and len(weight.shape) > 1:
        raise mismatch("aten::prelu", "a weight of at most 1 dimension", shape_text(weight.shape))
    if x.shape is not None and isinstance(count, int) and count != 1:
        channels = x.shape[1] if len(x.shape) > 1 else 1
        if isinstance(channels, int) and channels != count:
            raise mismatch("aten::prelu", f"one weight, or {channels}", count)
    return TensorType(x.dtype, x.shape)


op(
    "aten::prelu(Tensor self, Tensor weight) -> Tensor",
    infer=_prelu_infer,
    eval=_prelu_eval,
    doc="where(self > 0, self, self * weight), the weight along dimension 1",
)


def _glu_eval(x: Array, dim: int) -> Array:
    if x.ndim == 0 or x.shape[dim] % 2:
        raise mismatch("aten::glu", "an even size to halve", list(x.shape))
    values, gates = np.split(x, 2, axis=dim)
    return _gate(values, gates)


def _glu_infer(x: Abstract, dim: Abstract) -> Abstract:
    place = wrap_dim("aten::glu", dim, x.rank if isinstance(x, TensorType) else None)
    if not isinstance(x, TensorType) or x.shape is None or place is None:
        return TensorType(x.dtype if isinstance(x, TensorType) else None)
    if not x.shape:
        raise mismatch("aten::glu", "a tensor with a dimension", "a 0-dim tensor")
    size = x.shape[place]
    half = None if size is None else exact_div(size, 2)
    if isinstance(size, int) and half is None:
        raise mismatch("aten::glu", "an even size to halve", size)
    return TensorType(x.dtype, (*x.shape[:place], half, *x.shape[place + 1 :]))


op(
    "aten::glu(Tensor self, int dim=-1) -> Tensor",
    infer=_glu_infer,
    eval=_glu_eval,
    doc="the first half of dim times the sigmoid of the second",
)
