"""The functions of ``tsx.nn.functional`` that change the resolution: pools and interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from tsx.errors import fail
from tsx.nn.calls import Size, Tensor, ints, tensor, tensors

# --- pools -------------------------------------------------------------------------------------------------------


def _max_pool(
    dims: int, input: Tensor, kernel_size: Size, stride: Size | None, padding: Size, dilation: Size, ceil_mode: bool,
    return_indices: bool,
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    steps = [] if stride is None else ints(stride, dims)
    numbers = (ints(kernel_size, dims), steps, ints(padding, dims), ints(dilation, dims), ceil_mode)
    if return_indices:
        return tensors(f"max_pool{dims}d_with_indices", input, *numbers)
    return tensor(f"max_pool{dims}d", input, *numbers)


def max_pool1d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool1d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    steps = [] if stride is None else ints(stride, 1)
    numbers = (ints(kernel_size, 1), steps, ints(padding, 1))
    return tensor("avg_pool1d", input, *numbers, ceil_mode, count_include_pad)


def _avg_pool(
    dims: int, input: Tensor, kernel_size: Size, stride: Size | None, padding: Size, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Tensor:  # fmt: skip
    numbers = (
        ints(kernel_size, dims),
        [] if stride is None else ints(stride, dims),
        ints(padding, dims),
    )
    return tensor(
        f"avg_pool{dims}d", input, *numbers, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool2d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    return _avg_pool(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    return _avg_pool(
        3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def adaptive_size(
    input: Tensor, output_size: Size | Sequence[int | None] | None, dims: int
) -> list[int]:
    """None stands for the input's own size."""
    sizes = list(output_size) if isinstance(output_size, (list, tuple)) else [output_size] * dims
    own = input.shape[-dims:]
    return [own[i] if size is None else cast("int", size) for i, size in enumerate(sizes)]


def adaptive_avg_pool1d(input: Tensor, output_size: Size) -> Tensor:
    return tensor("adaptive_avg_pool1d", input, adaptive_size(input, output_size, 1))


def adaptive_avg_pool2d(input: Tensor, output_size: Size | Sequence[int | None] | None) -> Tensor:
    return tensor("adaptive_avg_pool2d", input, adaptive_size(input, output_size, 2))


def adaptive_avg_pool3d(input: Tensor, output_size: Size | Sequence[int | None] | None) -> Tensor:
    return tensor("adaptive_avg_pool3d", input, adaptive_size(input, output_size, 3))


def _adaptive_max(
    dims: int, input: Tensor, output_size: Size | Sequence[int | None] | None, return_indices: bool
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    found = tensors(f"adaptive_max_pool{dims}d", input, adaptive_size(input, output_size, dims))
    return found if return_indices else found[0]


def adaptive_max_pool1d(
    input: Tensor, output_size: Size, return_indices: bool = False
) -> Tensor | tuple[Tensor, ...]:
    return _adaptive_max(1, input, output_size, return_indices)


def adaptive_max_pool2d(
    input: Tensor, output_size: Size | Sequence[int | None] | None, return_indices: bool = False
) -> Tensor | tuple[Tensor, ...]:
    return _adaptive_max(2, input, output_size, return_indices)


def adaptive_max_pool3d(
    input: Tensor, output_size: Size | Sequence[int | None] | None, return_indices: bool = False
) -> Tensor | tuple[Tensor, ...]:
    return _adaptive_max(3, input, output_size, return_indices)


# --- resampling --------------------------------------------------------------------------------------------------

_LINEAR = {"linear": (3, "upsample_linear1d"), "bilinear": (4, "upsample_bilinear2d"),
           "trilinear": (5, "upsample_trilinear3d"), "bicubic": (4, "upsample_bicubic2d")}  # fmt: skip
_NEAREST = {"nearest": "upsample_nearest", "nearest-exact": "_upsample_nearest_exact"}


def interpolate(
    input: Tensor, size: Size | None = None, scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest", align_corners: bool | None = None, antialias: bool = False,
) -> Tensor:  # fmt: skip
    """Resamples the dimensions after the first two to ``size``, or by ``scale_factor``."""
    dims = len(input.shape) - 2
    sizes = None if size is None else ints(size, dims)
    factors = None
    if scale_factor is not None:
        given = (
            list(scale_factor) if isinstance(scale_factor, (list, tuple)) else [scale_factor] * dims
        )
        factors = [float(cast("float", factor)) for factor in given]
    if mode in _NEAREST:
        return tensor(f"{_NEAREST[mode]}{dims}d.vec", input, sizes, factors)
    if mode == "area" and sizes is not None:
        return tensor(f"adaptive_avg_pool{dims}d", input, sizes)
    if mode not in _LINEAR or _LINEAR[mode][0] != dims + 2:
        modes = ", ".join([*_NEAREST, *_LINEAR, "area (with a size)"])
        expected = f"a mode of {modes} that fits {dims + 2} dimensions"
        raise fail("TSX1034", layer="interpolate", expected=expected, found=repr(mode))
    name = f"_{_LINEAR[mode][1]}_aa" if antialias else _LINEAR[mode][1]
    return tensor(f"{name}.vec", input, sizes, bool(align_corners), factors)
