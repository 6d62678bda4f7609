"""Losses over classes: nll_loss and cross_entropy_loss, with class weights, an ignored index and label smoothing.

The input has its classes in dimension 1 (0 without a batch). The mean is weighted by the classes' weights
(torch.nn.functional.cross_entropy).
"""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.losses import check_reduction
from tsx.ops.nn_rules import differ, one_dtype, shape_text, tensor_of
from tsx.ops.precision import narrow, need_float, widen, widen_optional
from tsx.ops.softmax import log_softmax


def _class_dim(shape: Shape) -> int:
    return 0 if len(shape) == 1 else 1


def _check(name: str, x: Shape, target: TensorType, weight: Abstract) -> Shape:
    """The shape of the losses of all elements; errors when target or weights don't fit the input."""
    if not x:
        raise fail(
            "TSX4055", op=name, expected="an input of 1 or more dimensions", found="a scalar"
        )
    dim = _class_dim(x)
    rest = x[:dim] + x[dim + 1 :]
    found = target.shape
    if found is not None and (len(found) != len(rest) or any(map(differ, found, rest))):
        raise fail(
            "TSX4055",
            op=name,
            expected=f"a target of sizes {shape_text(rest)}",
            found=shape_text(found),
        )
    weights = tensor_of(weight).shape
    if weights is not None and (len(weights) != 1 or differ(weights[0], x[dim])):
        raise fail(
            "TSX4060",
            op=name,
            what="class weights",
            expected=shape_text(x[dim : dim + 1]),
            found=shape_text(weights),
        )
    return rest


def _infer_nll(
    name: str, self: Abstract, target: Abstract, weight: Abstract, reduction: Abstract
) -> TensorType:
    check_reduction(name, reduction)
    dtype, x = one_dtype(name, self, weight), tensor_of(self).shape
    if x is None:
        return TensorType(dtype, () if reduction in (1, 2) else None)
    rest = _check(name, x, tensor_of(target), weight)
    if not isinstance(reduction, int):
        return TensorType(dtype)
    return TensorType(dtype, rest if reduction == 0 else ())


def _picked(
    name: str, x: Array, target: Array, weight: Array | None, ignored: int
) -> tuple[Array, Array]:
    """Minus the input at each target, weighted, and the weight of each element; both 0 where it is ignored."""
    if target.dtype.kind not in "iu":
        raise fail("TSX4056", op=f"{name} (target)", expected="integer", found=dtype_of(target))
    dim = _class_dim(x.shape)
    kept = target != ignored
    used = target[kept]
    if used.size and (used.min() < 0 or used.max() >= x.shape[dim]):
        bad = int(used.min()) if used.min() < 0 else int(used.max())
        raise fail("TSX4057", op=f"{name} (target)", last=x.shape[dim] - 1, found=bad)
    if not used.size:  # there may be no class that stands in for the ignored one
        return np.zeros(target.shape, x.dtype), np.zeros(target.shape, x.dtype)
    index = np.where(kept, target, 0).astype(np.int64)
    values = np.take_along_axis(x, np.expand_dims(index, dim), axis=dim).squeeze(dim)
    scale = np.ones(index.shape, x.dtype) if weight is None else weight[index]
    scale = np.where(kept, scale, x.dtype.type(0))
    return np.where(kept, -values * scale, x.dtype.type(0)), scale


def _finish(losses: Array, scale: Array, reduction: int) -> tuple[Array, Array]:
    """The reduced losses, and the total weight that torch gives beside them (0 for a batch that isn't reduced)."""
    total = np.asarray(scale.sum(dtype=losses.dtype))
    if reduction == 0:
        return losses, np.zeros_like(total) if losses.ndim else total
    summed = np.asarray(losses.sum(dtype=losses.dtype))
    return np.asarray(summed / total) if reduction == 1 else summed, total


def _nll(
    name: str, self: Array, target: Array, weight: Array | None, reduction: int, ignored: int
) -> tuple[Array, Array]:
    need_float(name, self)
    _infer_nll(
        name, type_of(self), type_of(target), None if weight is None else type_of(weight), reduction
    )
    losses, scale = _picked(name, widen(self), target, widen_optional(weight), ignored)
    value, total = _finish(losses, scale, reduction)
    return narrow(value, dtype_of(self)), narrow(total, dtype_of(self))


def _define_nll(name: str) -> None:
    def rule(
        self: Abstract, target: Abstract, weight: Abstract, reduction: Abstract, ignored: Abstract
    ) -> TensorType:
        return _infer_nll(name, self, target, weight, reduction)

    def evaluate(
        self: Array, target: Array, weight: Array | None, reduction: int, ignored: int
    ) -> Array:
        return _nll(name, self, target, weight, reduction, ignored)[0]

    op(
        f"aten::{name}(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, "
        "SymInt ignore_index=-100) -> Tensor",
        infer=rule,
        eval=evaluate,
    )


for _name in ("nll_loss", "nll_loss2d", "nll_loss_nd"):
    _define_nll(_name)


def _infer_forward(
    self: Abstract, target: Abstract, weight: Abstract, reduction: Abstract, ignored: Abstract
) -> tuple[TensorType, TensorType]:
    first = _infer_nll("nll_loss", self, target, weight, reduction)
    return first, TensorType(first.dtype, ())


def _forward(
    self: Array, target: Array, weight: Array | None, reduction: int, ignored: int
) -> tuple[Array, Array]:
    return _nll("nll_loss", self, target, weight, reduction, ignored)


for _name in ("nll_loss_forward", "nll_loss2d_forward"):
    op(
        f"aten::{_name}(Tensor self, Tensor target, Tensor? weight, int reduction, SymInt ignore_index) "
        "-> (Tensor output, Tensor total_weight)",
        infer=_infer_forward,
        eval=_forward,
    )


# --- cross entropy -----------------------------------------------------------------------------------------------


def _is_distribution(x: Abstract, target: Abstract) -> bool | None:
    """Whether targets are a share for each class, and not class numbers: they are floats."""
    dtype: DType | None = tensor_of(target).dtype
    return None if dtype is None else dtype.is_float


def _infer_cross_entropy(
    self: Abstract, target: Abstract, weight: Abstract, reduction: Abstract, ignored: Abstract, smoothing: Abstract
) -> TensorType:  # fmt: skip
    name = "cross_entropy_loss"
    if isinstance(smoothing, (int, float)) and not 0 <= smoothing <= 1:
        raise fail("TSX4055", op=name, expected="label_smoothing from 0 to 1", found=smoothing)
    kind = _is_distribution(self, target)
    if kind is False:
        return _infer_nll(name, self, target, weight, reduction)
    check_reduction(name, reduction)
    x, found = tensor_of(self).shape, tensor_of(target).shape
    if (
        kind
        and x is not None
        and found is not None
        and (len(x) != len(found) or any(map(differ, x, found)))
    ):
        raise fail(
            "TSX4055",
            op=name,
            expected=f"a target of sizes {shape_text(x)}",
            found=shape_text(found),
        )
    dtype = one_dtype(name, self, weight)
    if not isinstance(reduction, int) or (reduction == 0 and (x is None or kind is None)):
        return TensorType(dtype)
    shape: Shape = () if x is None else x[: _class_dim(x)] + x[_class_dim(x) + 1 :]
    return TensorType(dtype, shape if reduction == 0 else ())


def _of_distribution(
    logs: Array, target: Array, weight: Array | None, reduction: int, smoothing: float
) -> Array:
    dim = _class_dim(logs.shape)
    classes = logs.shape[dim]
    if smoothing:
        target = target * logs.dtype.type(1 - smoothing) + logs.dtype.type(smoothing / classes)
    weighted = logs * target if weight is None else logs * target * _per_class(weight, logs)
    losses = np.asarray(-weighted.sum(axis=dim, dtype=logs.dtype))
    if reduction == 0:
        return losses
    total = np.asarray(losses.sum(dtype=logs.dtype))
    return total if reduction == 2 else np.asarray(total / logs.dtype.type(max(losses.size, 1)))


def _per_class(weight: Array, like: Array) -> Array:
    return weight.reshape(-1, *(1,) * (like.ndim - 1 - _class_dim(like.shape)))


def _of_classes(
    logs: Array, target: Array, weight: Array | None, reduction: int, ignored: int, smoothing: float
) -> Array:  # fmt: skip
    """The nll of the targets, mixed with the mean over all classes by ``smoothing``."""
    losses, scale = _picked("cross_entropy_loss", logs, target, weight, ignored)
    plain, total = _finish(losses, scale, reduction)
    if not smoothing:
        return plain
    dim, kind = _class_dim(logs.shape), logs.dtype.type
    spread = -(logs if weight is None else logs * _per_class(weight, logs)).sum(
        axis=dim, dtype=logs.dtype
    )
    spread = np.where(target == ignored, kind(0), spread)
    if reduction:
        summed = np.asarray(spread.sum(dtype=logs.dtype))
        spread = np.asarray(summed / total) if reduction == 1 else summed
    return np.asarray(plain * kind(1 - smoothing) + spread * kind(smoothing / logs.shape[dim]))


def _cross_entropy(
    self: Array, target: Array, weight: Array | None, reduction: int, ignored: int, smoothing: float
) -> Array:  # fmt: skip
    need_float("cross_entropy_loss", self)
    kind = None if weight is None else type_of(weight)
    _infer_cross_entropy(type_of(self), type_of(target), kind, reduction, ignored, smoothing)
    x, scale = widen(self), widen_optional(weight)
    logs = log_softmax(x, _class_dim(self.shape))
    if dtype_of(target).is_float:
        result = _of_distribution(logs, widen(target), scale, reduction, smoothing)
    else:
        result = _of_classes(logs, target, scale, reduction, ignored, smoothing)
    return narrow(result, dtype_of(self))


op(
    "aten::cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, "
    "SymInt ignore_index=-100, float label_smoothing=0.) -> Tensor",
    infer=_infer_cross_entropy,
    eval=_cross_entropy,
    torch=("torch.nn.functional.cross_entropy",),
)
