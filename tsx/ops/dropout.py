"""Dropout: the identity when not training, zeros at p = 1. Anything else draws random numbers and is refused."""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Evaluate, Infer, Trait
from tsx.ir.types import DType, TensorType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of
from tsx.ops.nn_rules import tensor_of
from tsx.ops.precision import narrow, widen


def _check(name: str, p: Abstract, train: Abstract) -> None:
    if isinstance(p, (int, float)) and not 0 <= p <= 1:
        raise fail("TSX4055", op=name, expected="a probability from 0 to 1", found=p)
    if train is True and p not in (0, 1):
        raise fail("TSX4058", op=f"{name} with train=True")


def _rule(name: str) -> Infer:
    def rule(input: Abstract, p: Abstract, train: Abstract) -> Abstract:
        _check(name, p, train)
        return tensor_of(input)

    return rule


def _evaluate(name: str) -> Evaluate:
    def evaluate(input: Array, p: float, train: bool) -> Array:
        _check(name, p, train)
        in_place = name.endswith("_")
        if not train or p == 0:
            # torch gives the input itself; the schema has no alias mark, so here it is a copy.
            return input if in_place else input.copy()
        zeros = narrow(widen(input) * 0, dtype_of(input))  # everything is dropped
        if in_place:
            input[...] = zeros
            return input
        return zeros

    return evaluate


for _name in ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"):
    op(
        f"aten::{_name}(Tensor input, float p, bool train) -> Tensor",
        infer=_rule(_name),
        eval=_evaluate(_name),
        torch=(f"torch.nn.functional.{_name}",),
    )
    op(
        f"aten::{_name}_(Tensor(a!) self, float p, bool train) -> Tensor(a!)",
        infer=_rule(_name + "_"),
        eval=_evaluate(_name + "_"),
        traits=Trait.INPLACE,
    )


def _infer_native(input: Abstract, p: Abstract, train: Abstract) -> tuple[TensorType, TensorType]:
    _check("native_dropout", p, train)
    tensor = tensor_of(input)
    return tensor, TensorType(DType.BOOL, tensor.shape)


def _native(input: Array, p: float, train: bool | None) -> tuple[Array, Array]:
    """With the mask of what is kept: everything, or nothing."""
    _check("native_dropout", p, train)
    kept = not train or p == 0
    result = input.copy() if kept else narrow(widen(input) * 0, dtype_of(input))
    return result, np.full(input.shape, kept)


op(
    "aten::native_dropout(Tensor input, float p, bool? train) -> (Tensor, Tensor)",
    infer=_infer_native,
    eval=_native,
)
