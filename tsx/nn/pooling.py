"""Pool layers and Upsample."""

from __future__ import annotations

from collections.abc import Sequence

from tsx.nn import functional as F
from tsx.nn.calls import Size, Tensor, ints, tensor, tensors
from tsx.nn.module import Module
from tsx.nn.resizing import adaptive_size


class _MaxPool(Module):
    _dims: int

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
        return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Tensor | tuple[Tensor, ...]:
        pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[self._dims - 1]
        numbers = (self.kernel_size, self.stride, self.padding, self.dilation)
        return pool(input, *numbers, self.ceil_mode, self.return_indices)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    _dims = 1


class MaxPool2d(_MaxPool):
    _dims = 2


class MaxPool3d(_MaxPool):
    _dims = 3


class AvgPool1d(Module):
    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = tuple(ints(kernel_size, 1))
        self.stride = self.kernel_size if stride is None else tuple(ints(stride, 1))
        self.padding = tuple(ints(padding, 1))
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        numbers = (self.kernel_size, self.stride, self.padding)
        return F.avg_pool1d(input, *numbers, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AvgPool(Module):
    _dims: int

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        pool = F.avg_pool2d if self._dims == 2 else F.avg_pool3d
        numbers = (self.kernel_size, self.stride, self.padding)
        return pool(input, *numbers, self.ceil_mode, self.count_include_pad, self.divisor_override)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    _dims = 2


class AvgPool3d(_AvgPool):
    _dims = 3


OutputSize = Size | Sequence[int | None] | None


class _AdaptiveAvgPool(Module):
    _dims: int

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        kind = f"adaptive_avg_pool{self._dims}d"
        return tensor(kind, input, adaptive_size(input, self.output_size, self._dims))

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    _dims = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    _dims = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    _dims = 3


class _AdaptiveMaxPool(Module):
    _dims: int

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input: Tensor) -> Tensor | tuple[Tensor, ...]:
        kind = f"adaptive_max_pool{self._dims}d"
        found = tensors(kind, input, adaptive_size(input, self.output_size, self._dims))
        return found if self.return_indices else found[0]

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    _dims = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    _dims = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    _dims = 3


class Upsample(Module):
    """Resamples to ``size`` or by ``scale_factor``; see ``functional.interpolate``."""

    def __init__(
        self, size: Size | None = None, scale_factor: float | Sequence[float] | None = None, mode: str = "nearest",
        align_corners: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.size, self.mode, self.align_corners = size, mode, align_corners
        if isinstance(scale_factor, (list, tuple)):
            self.scale_factor: float | tuple[float, ...] | None = tuple(map(float, scale_factor))
        else:
            self.scale_factor = float(scale_factor) if isinstance(scale_factor, (int, float)) else None  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        return F.interpolate(input, self.size, self.scale_factor, self.mode, self.align_corners)

    def extra_repr(self) -> str:
        what = (
            f"size={self.size}"
            if self.scale_factor is None
            else f"scale_factor={self.scale_factor}"
        )
        return f"{what}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    def __init__(
        self, size: Size | None = None, scale_factor: float | Sequence[float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    def __init__(
        self, size: Size | None = None, scale_factor: float | Sequence[float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
