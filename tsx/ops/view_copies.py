"""The copying twins of views (``view_copy``, ``unsafe_split``, …), made from the views' own records.

Programs that another tool has functionalised contain them.
"""

from __future__ import annotations

import re

import numpy as np

from tsx.ir.op import Op, defined
from tsx.ops import complex_views, slicing, splitting, views  # noqa: F401  (their records are read here)
from tsx.ops.checked import define
from tsx.ops.dtypes import Array

_COPIED = (
    "alias", "as_strided", "detach", "diagonal", "expand", "narrow", "permute", "select.int", "slice.Tensor",
    "split.Tensor", "split_with_sizes", "squeeze", "squeeze.dim", "squeeze.dims", "t", "transpose.int",
    "unbind.int", "unfold", "unsqueeze", "view", "view.dtype", "view_as_complex", "view_as_real",
)  # fmt: skip
_UNSAFE = ("split.Tensor", "chunk", "split_with_sizes")


def _twin(view: Op, name: str, meaning: Op) -> None:
    """Registers ``name``: the view's operands and rule, the result of ``meaning`` copied, no alias marks."""
    schema = re.sub(r"\(a( -> \*)?\)", "", view.schema.text.partition("(")[2])

    def evaluate(*operands: object) -> object:
        found = meaning.eval(*operands)
        return [_copy(part) for part in found] if isinstance(found, list) else _copy(found)

    define(f"aten::{name}({schema}", view.infer, evaluate)


def _copy(x: object) -> Array:
    return np.array(x, order="C")


for _name in _COPIED:
    _view = defined(f"aten::{_name}")
    _stem, _dot, _overload = _name.partition(".")
    # A copy needs no strides that fit: torch's view_copy gives what reshape does.
    _meaning = defined("aten::reshape") if _name == "view" else _view
    _twin(_view, f"{_stem}_copy{_dot}{_overload}", _meaning)
for _name in _UNSAFE:
    _view = defined(f"aten::{_name}")
    _twin(_view, f"unsafe_{_name}", _view)
