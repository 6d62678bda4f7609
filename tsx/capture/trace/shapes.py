"""Symbols of a trace, and what is known of a result: the rule's answer checked against what really came out."""

from __future__ import annotations

from tsx.ir import types as ty
from tsx.ir.dims import Dim, Expr, evaluate, sym
from tsx.ir.op import Abstract, Unknown


class Symbols:
    """The symbols of one run with their actual values; ``s0``, ``s1``, … in the order in which they were met."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def bind(self, name: str, value: int) -> None:
        self.values[name] = value

    def fresh(self, value: int) -> Expr:
        """A symbol for a size that no expression of the others is known for."""
        number = len(self.values)
        while f"s{number}" in self.values:
            number += 1
        name = f"s{number}"
        self.values[name] = value
        return sym(name)

    def value(self, dim: Dim | None) -> int | None:
        """What ``dim`` is in this run."""
        return None if dim is None else evaluate(dim, self.values)


def refine(
    actual: ty.TensorType, inferred: Abstract, symbols: Symbols, is_static: bool
) -> tuple[ty.TensorType, str]:
    """The type of a result, and what is wrong with the rule's answer ("" when it agrees).

    A size that the rule doesn't know is the actual one when nothing the operator saw can change (``is_static``),
    else a fresh symbol.
    """
    assert actual.shape is not None
    shape = inferred.shape if isinstance(inferred, ty.TensorType) else None
    dtype = inferred.dtype if isinstance(inferred, ty.TensorType) else None
    wrong = ""
    if dtype is not None and dtype is not actual.dtype:
        wrong = f"dtype {dtype} where {actual.dtype} came out"
    if shape is not None and len(shape) != len(actual.shape):
        wrong, shape = f"rank {len(shape)} where {len(actual.shape)} came out", None
    sizes: list[Dim | None] = []
    for index, size in enumerate(actual.shape):
        assert isinstance(size, int)
        known = shape[index] if shape is not None else None
        if known is not None and symbols.value(known) != size:
            wrong, known = f"size {known} where {size} came out", None
        if known is None:
            known = size if is_static and not wrong else symbols.fresh(size)
        sizes.append(known)
    return ty.TensorType(actual.dtype, tuple(sizes)), wrong


def held(type: ty.TensorType, rule: Abstract) -> ty.TensorType:
    """What of a result's type holds in every run: where the rule leaves dtype or rank open, a guard has to tell."""
    known = rule if isinstance(rule, ty.TensorType) else ty.TENSOR
    return ty.TensorType(
        None if known.dtype is None else type.dtype, None if known.shape is None else type.shape
    )


def is_static(abstract: Abstract) -> bool:
    """Whether an operand is the same in every run as far as types go: known scalars, tensors of known sizes."""
    if isinstance(abstract, ty.TensorType):
        return abstract.shape is not None and all(isinstance(s, int) for s in abstract.shape)
    if isinstance(abstract, (list, tuple)):
        return all(is_static(a) for a in abstract)
    return not isinstance(abstract, (Expr, Unknown))
