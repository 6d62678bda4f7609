"""Convolutions: conv1d/2d/3d, their transposed forms and the general ``convolution``.

The output size is ``(h + 2p - d(k-1) - 1) // s + 1``; transposed it is ``(h-1)s - 2p + d(k-1) + output_padding + 1``
(torch.nn.Conv2d, torch.nn.ConvTranspose2d). An input without a batch dimension gives a result without one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import Shape, TensorType, dim_text
from tsx.ops.conv_kernels import convolve, convolve_transposed
from tsx.ops.define import op
from tsx.ops.dtypes import Array, type_of
from tsx.ops.matmul import CONTRACTION
from tsx.ops.nn_rules import (
    concrete,
    differ,
    need_rank,
    one_dtype,
    product,
    shape_text,
    tensor_of,
)
from tsx.ops.precision import narrow, need_same, widen
from tsx.ops.windows import Ints, Window, expand, known_ints, pad, window

Padding = int | Ints | str


@dataclass(frozen=True, slots=True)
class _Plan:
    """One convolution with its numbers checked. ``extra`` is padding at the end only, for "same" with an even reach."""

    window: Window
    groups: int
    extra: tuple[int, ...]
    transposed: bool = False
    output_padding: tuple[int, ...] = ()

    def sizes(self, name: str, sizes: Shape) -> tuple[Dim | None, ...]:
        """The spatial sizes of the result."""
        if not self.transposed:
            padded = [None if s is None else s + e for s, e in zip(sizes, self.extra, strict=True)]
            return self.window.output(name, padded)
        w = self.window
        rows = zip(sizes, w.stride, w.padding, w.reach, self.output_padding, strict=True)
        found = tuple(
            None if size is None else (size - 1) * stride - 2 * cut + reach + out
            for size, stride, cut, reach, out in rows
        )
        for axis, size in enumerate(found):
            if isinstance(size, int) and size < 1:
                at = axis - len(found)
                raise fail("TSX4053", op=name, window=w.reach[axis], size=size, dim=at)
        return found


def _plan(
    name: str,
    kernel: Sequence[int],
    stride: int | Ints,
    padding: Padding,
    dilation: int | Ints,
    groups: int,
    transposed: bool = False,
    output_padding: int | Ints = 0,
) -> _Plan:
    dims = len(kernel)
    if groups < 1:
        raise fail("TSX4052", op=name, what="groups", least=1, found=groups)
    if not isinstance(padding, str):
        shape = window(name, kernel, stride, padding, dilation, dims)
        out = expand(name, "output padding", output_padding, dims, 0)
        return _Plan(shape, groups, (0,) * dims, transposed, out)
    shape = window(name, kernel, stride, 0, dilation, dims)
    if padding == "valid":
        return _Plan(shape, groups, (0,) * dims)
    if padding != "same":
        raise fail("TSX4055", op=name, expected='padding "same" or "valid"', found=repr(padding))
    if any(s != 1 for s in shape.stride):
        raise fail("TSX4052", op=f'{name} with padding "same"', what="a stride of 1, so one", least=1,
                   found=list(shape.stride))  # fmt: skip
    total = [reach - 1 for reach in shape.reach]
    both = tuple(t // 2 for t in total)
    return _Plan(
        Window(shape.kernel, shape.stride, both, shape.dilation),
        groups,
        tuple(t % 2 for t in total),
    )


def _check_channels(
    name: str, x: Shape, w: Shape, b: Shape | None, groups: int, transposed: bool
) -> Dim | None:
    """The output channels; errors when input, weight, bias and groups don't fit together."""
    channels = x[1 - (len(w) - len(x))]
    inside, filters = w[1], w[0]
    expected = filters if transposed else (None if inside is None else inside * groups)
    if differ(channels, expected):
        raise fail("TSX4051", op=name, expected=expected, found=f"{channels} in {shape_text(x)}")
    divided = expected if transposed else filters
    if isinstance(divided, int) and divided % groups:
        raise fail("TSX4062", op=name, what="channels", groups=groups, found=divided)
    out = (None if inside is None else inside * groups) if transposed else filters
    if b is not None and (len(b) != 1 or differ(b[0], out)):
        raise fail(
            "TSX4060",
            op=name,
            what="a bias",
            expected=f"{dim_text(out)} elements",
            found=shape_text(b),
        )
    return out


def _infer(
    name: str,
    dims: int | None,
    input: Abstract,
    weight: Abstract,
    bias: Abstract,
    stride: Abstract,
    padding: Abstract,
    dilation: Abstract,
    groups: Abstract,
    transposed: Abstract = False,
    output_padding: Abstract = 0,
) -> TensorType:
    dtype = one_dtype(name, input, weight, bias)
    w = need_rank(name, weight, (dims + 2,) if dims else (3, 4, 5), "weight")
    if w is None:
        return TensorType(dtype)
    count = len(w) - 2
    x = need_rank(name, input, (count + 1, count + 2), "input")
    kernel = concrete(w[2:])
    pads = padding if isinstance(padding, str) else known_ints(padding)
    numbers = known_ints(stride), known_ints(dilation), known_ints(output_padding)
    if x is None or not isinstance(groups, int) or not isinstance(transposed, bool):
        return TensorType(dtype)
    plan = None
    if kernel is not None and pads is not None and None not in numbers:
        steps, apart, out = (n for n in numbers if n is not None)
        plan = _plan(name, kernel, steps, pads, apart, groups, transposed, out)
    elif groups < 1:
        raise fail("TSX4052", op=name, what="groups", least=1, found=groups)
    channels = _check_channels(name, x, w, tensor_of(bias).shape, groups, transposed)
    sizes = plan.sizes(name, x[-count:]) if plan else (None,) * count
    return TensorType(dtype, (*x[: -count - 1], channels, *sizes))


def convolution(
    name: str,
    dims: int | None,
    input: Array,
    weight: Array,
    bias: Array | None,
    stride: int | Ints,
    padding: Padding,
    dilation: int | Ints,
    groups: int,
    transposed: bool = False,
    output_padding: int | Ints = 0,
) -> Array:
    """A convolution of arrays as tensors are stored; ``name`` is what errors call it.

    ``dims`` spatial dimensions (None: as many as the weight has).
    """
    dtype = need_same(name, *(a for a in (input, weight, bias) if a is not None))
    kinds = type_of(input), type_of(weight), None if bias is None else type_of(bias)
    shape = _infer(
        name, dims, *kinds, _listed(stride), padding if isinstance(padding, str) else _listed(padding),
        _listed(dilation), groups, transposed, _listed(output_padding),
    ).shape  # fmt: skip
    sizes = concrete(shape or ())
    assert sizes is not None
    plan = _plan(
        name, weight.shape[2:], stride, padding, dilation, groups, transposed, output_padding
    )
    x, w, spatial = widen(input), widen(weight), weight.ndim - 2
    batched = x if x.ndim == weight.ndim else x[None]
    result = _run(plan, batched, w, (batched.shape[0], *sizes[-spatial - 1 :]))
    if bias is not None:
        result += widen(bias).reshape(-1, *(1,) * spatial)
    return narrow(result if x.ndim == weight.ndim else result[0], dtype)


def _run(plan: _Plan, x: Array, w: Array, shape: tuple[int, ...]) -> Array:
    if plan.transposed:
        return convolve_transposed(x, w, plan.window, shape[2:], plan.groups)
    sides = [(p, p + e) for p, e in zip(plan.window.padding, plan.extra, strict=True)]
    out = np.zeros(shape, x.dtype) if not x.size else np.empty(shape, x.dtype)
    if x.size:
        convolve(pad(x, sides), w, plan.window, shape[2:], plan.groups, out)
    return out


def _listed(value: int | Ints) -> int | list[int]:
    return value if isinstance(value, int) else list(value)


def _flops(*values: Abstract) -> int:
    """Two operations for each output element and each weight element that reaches it."""
    weight, out = tensor_of(values[1]).shape, tensor_of(values[-1]).shape
    if weight is None or out is None:
        return 0
    return 2 * product(out) * product(weight[1:])


def _transposed_flops(*values: Abstract) -> int:
    """Two operations for each input element and each weight element that it meets."""
    weight, x = tensor_of(values[1]).shape, tensor_of(values[0]).shape
    if weight is None or x is None:
        return 0
    return 2 * product(x) * product(weight[1:])


def _general_flops(*values: Abstract) -> int:
    return (_transposed_flops if values[6] is True else _flops)(*values)


def _define(schema: str, rule: Callable[..., TensorType], evaluate: Callable[..., Array],
            flops: Callable[..., int] = _flops, torch: tuple[str, ...] = ()) -> None:  # fmt: skip
    op(schema, infer=rule, eval=evaluate, traits=CONTRACTION, flops=flops, torch=torch)


def _define_forward(dims: int) -> None:
    name, ones, zeros = f"conv{dims}d", [1] * dims, [0] * dims
    tail = f"SymInt[{dims}] dilation={ones}, SymInt groups=1) -> Tensor"
    head = f"Tensor input, Tensor weight, Tensor? bias=None, SymInt[{dims}] stride={ones}"

    def rule(*operands: Abstract) -> TensorType:
        return _infer(name, dims, *operands)

    def evaluate(
        input: Array, weight: Array, bias: Array | None, stride: Ints, padding: Padding, dilation: Ints, groups: int
    ) -> Array:  # fmt: skip
        return convolution(name, dims, input, weight, bias, stride, padding, dilation, groups)

    torch = (f"torch.nn.functional.{name}",)
    _define(
        f"aten::{name}({head}, SymInt[{dims}] padding={zeros}, {tail}", rule, evaluate, torch=torch
    )
    _define(f'aten::{name}.padding({head}, str padding="valid", {tail}', rule, evaluate)


def _define_transposed(dims: int, overload: str) -> None:
    name, ones, zeros = f"conv_transpose{dims}d", [1] * dims, [0] * dims
    schema = (
        f"aten::{name}{overload}(Tensor input, Tensor weight, Tensor? bias=None, SymInt[{dims}] stride={ones}, "
        f"SymInt[{dims}] padding={zeros}, SymInt[{dims}] output_padding={zeros}, SymInt groups=1, "
        f"SymInt[{dims}] dilation={ones}) -> Tensor"
    )

    def rule(
        input: Abstract, weight: Abstract, bias: Abstract, stride: Abstract, padding: Abstract,
        output_padding: Abstract, groups: Abstract, dilation: Abstract,
    ) -> TensorType:  # fmt: skip
        return _infer(
            name, dims, input, weight, bias, stride, padding, dilation, groups, True, output_padding
        )

    def evaluate(
        input: Array, weight: Array, bias: Array | None, stride: Ints, padding: Ints, output_padding: Ints,
        groups: int, dilation: Ints,
    ) -> Array:  # fmt: skip
        return convolution(
            name, dims, input, weight, bias, stride, padding, dilation, groups, True, output_padding
        )

    _define(schema, rule, evaluate, _transposed_flops, torch=(f"torch.nn.functional.{name}",))


for _dims in (1, 2, 3):
    _define_forward(_dims)
    _define_transposed(_dims, ".input" if _dims > 1 else "")


def _infer_general(
    input: Abstract, weight: Abstract, bias: Abstract, stride: Abstract, padding: Abstract, dilation: Abstract,
    transposed: Abstract, output_padding: Abstract, groups: Abstract, *flags: Abstract,
) -> TensorType:  # fmt: skip
    # The flags (benchmark, deterministic, cudnn_enabled, allow_tf32) choose a kernel on a GPU; they mean nothing here.
    return _infer(
        "convolution", None, input, weight, bias, stride, padding, dilation, groups, transposed, output_padding
    )  # fmt: skip


def _general(
    input: Array, weight: Array, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, transposed: bool,
    output_padding: Ints, groups: int, *flags: bool,
) -> Array:  # fmt: skip
    return convolution(
        "convolution", None, input, weight, bias, stride, padding, dilation, groups, transposed,
        output_padding,
    )  # fmt: skip


_HEAD = (
    "(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, "
    "bool transposed, "
)
_FLAGS = "bool benchmark, bool deterministic, bool cudnn_enabled"
for _schema in (
    f"aten::convolution{_HEAD}SymInt[] output_padding, SymInt groups) -> Tensor",
    f"aten::_convolution.deprecated{_HEAD}int[] output_padding, SymInt groups, {_FLAGS}) -> Tensor",
    f"aten::_convolution{_HEAD}SymInt[] output_padding, SymInt groups, {_FLAGS}, bool allow_tf32) -> Tensor",
):
    _define(_schema, _infer_general, _general, _general_flops)


def _infer_mode(*operands: Abstract) -> TensorType:
    return _infer("convolution", None, *operands)


def _mode(
    input: Array, weight: Array, bias: Array | None, stride: Ints, padding: str, dilation: Ints, groups: int
) -> Array:  # fmt: skip
    return convolution("convolution", None, input, weight, bias, stride, padding, dilation, groups)


_define(
    "aten::_convolution_mode(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, str padding, "
    "SymInt[] dilation, SymInt groups) -> Tensor",
    _infer_mode,
    _mode,
)
