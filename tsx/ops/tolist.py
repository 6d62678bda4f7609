"""What Python reads off a tensor: its numbers as nested lists, and the name of a dtype.

``tsx::tolist.float2`` gives lists of lists of floats; a tensor of another rank or kind is refused when it runs: the
type of a list of a program is decided before that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.op import Abstract, Infer, Trait, Unknown
from tsx.ops.define import op
from tsx.ops.dtypes import Array, bfloat16_to_float32, dtype_of
from tsx.ops.number_rules import define

DEEPEST = 5
_KINDS = {"int": ty.INT, "float": ty.FLOAT, "bool": ty.BOOL, "complex": ty.COMPLEX}


def _to_list(kind: str, depth: int) -> Callable[[Array], Any]:
    def convert(x: Array) -> Any:
        dtype = dtype_of(x)
        found = (
            "bool" if dtype is ty.DType.BOOL
            else "int" if dtype.is_integer
            else "complex" if dtype.is_complex else "float"
        )  # fmt: skip
        if found != kind or x.ndim != depth:
            given = f"{x.ndim} dimensions of {found}s"
            raise fail("TSX4080", depth=depth, kind=kind, given=given)
        plain = bfloat16_to_float32(x) if dtype is ty.DType.BFLOAT16 else x
        return plain.tolist()

    return convert


def _rule(type: ty.Type) -> Infer:
    def rule(_: Abstract) -> Abstract:
        return Unknown(type)

    return rule


for _kind, _element in _KINDS.items():
    _type: ty.Type = _element
    for _depth in range(1, DEEPEST + 1):
        _type = ty.ListType(_type)
        op(
            f"tsx::tolist.{_kind}{_depth}(Tensor self) -> {_type}",
            infer=_rule(_type),
            eval=_to_list(_kind, _depth),
            traits=Trait.PURE | Trait.RAISES,
        )

define(
    "tsx::dtype_name(int dtype) -> str",
    lambda dtype: ty.DTYPE_BY_CODE[dtype].torch_name,
)
